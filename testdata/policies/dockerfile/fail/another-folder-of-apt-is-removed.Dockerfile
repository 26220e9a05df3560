FROM debian:12.9-slim
RUN apt-get update && apt-get install -y curl && rm -rf /var/cache/apt/archives /var/lib/apt/extended_states
USER 10001
CMD ["/app"]
