FROM debian:12.9-slim
RUN command -v apt-get install || command -pV apt-get update
USER 10001
CMD ["/app"]
