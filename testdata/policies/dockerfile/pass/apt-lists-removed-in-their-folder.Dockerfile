FROM debian:12.9-slim
RUN apt-get update && apt-get install -y curl && cd /var/lib/apt && rm -rf lists/*
USER 10001
CMD ["/app"]
