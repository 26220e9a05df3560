FROM debian:12.9-slim
RUN apt-get update && apt-get install -y curl && ls /var/lib/apt/lists && rm -rf *
USER 10001
CMD ["/app"]
