FROM debian:12.9-slim
ENTRYPOINT ["/one"]
entrypoint ["/two"]
USER app
