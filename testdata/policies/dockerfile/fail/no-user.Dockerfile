FROM debian:12.9-slim
CMD ["/app"]
