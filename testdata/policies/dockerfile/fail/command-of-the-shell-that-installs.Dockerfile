FROM debian:12.9-slim
RUN command -p apt-get install -y vim && command -- apt-get install -y curl
USER 10001
CMD ["/app"]
