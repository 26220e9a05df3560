FROM debian:12.9-slim
RUN apt-get update && apt-get install -y curl && find /srv -type f | xargs rm -f && ls /var/lib/apt/lists
USER 10001
CMD ["/app"]
