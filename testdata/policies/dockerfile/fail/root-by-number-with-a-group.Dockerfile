FROM debian:12.9-slim
USER 0:10001
CMD ["/app"]
