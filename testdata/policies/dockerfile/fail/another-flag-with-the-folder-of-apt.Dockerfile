FROM debian:12.9-slim
RUN --security=target=/var/lib/apt apt-get update && apt-get install -y curl
USER 10001
CMD ["/app"]
