FROM debian:12.9-slim
RUN <<EOF
set -e
apt-get update && \
  apt-get install -y curl
EOF
USER 10001
CMD ["/app"]
