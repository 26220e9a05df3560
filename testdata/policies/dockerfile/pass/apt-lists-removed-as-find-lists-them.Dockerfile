FROM debian:12.9-slim
RUN apt-get update && apt-get install -y curl && find /var/lib/apt/lists -type f -print0 | xargs -0 rm -f
USER 10001
CMD ["/app"]
