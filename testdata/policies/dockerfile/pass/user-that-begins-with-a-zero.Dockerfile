FROM debian:12.9-slim
USER 0x
CMD ["/app"]
