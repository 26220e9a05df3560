FROM debian:12.9-slim
USER 10001
CMD ["/app"]
