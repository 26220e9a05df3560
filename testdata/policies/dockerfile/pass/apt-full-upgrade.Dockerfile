FROM debian:12.9-slim
RUN apt-get update && apt-get full-upgrade -y curl && rm -rf /var/lib/apt/lists/*
USER 10001
CMD ["/app"]
