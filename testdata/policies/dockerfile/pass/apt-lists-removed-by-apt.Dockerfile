FROM debian:12.9-slim
RUN apt-get update && apt-get install -y curl && apt-get dist-clean
USER 10001
CMD ["/app"]
