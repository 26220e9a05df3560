FROM debian:12.9-slim
RUN apk update && apt-get install -y curl
USER 10001
CMD ["/app"]
