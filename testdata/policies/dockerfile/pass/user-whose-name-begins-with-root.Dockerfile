FROM debian:12.9-slim
USER rootless
CMD ["/app"]
