FROM debian:12.9-slim
RUN bash -ex <<'EOF'
apt-get install -y \
  curl
EOF
USER 10001
CMD ["/app"]
