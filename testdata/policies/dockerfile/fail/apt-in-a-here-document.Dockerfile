FROM debian:12.9-slim
RUN <<EOF
apt-get update
apt-get install -y curl
EOF
USER 10001
CMD ["/app"]
