FROM debian:12.9-slim
RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*
USER 10001
CMD ["/app"]
