FROM debian:12.9-slim
RUN env DEBIAN_FRONTEND=noninteractive apt-get install -y curl
USER 10001
CMD ["/app"]
