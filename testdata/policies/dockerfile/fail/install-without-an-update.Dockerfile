FROM debian:12.9-slim
RUN apt-get install -y curl
USER 10001
CMD ["/app"]
