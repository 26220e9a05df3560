FROM debian:12.9-slim
USER 000
CMD ["/app"]
