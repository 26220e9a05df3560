FROM debian:12.9-slim
USER root:app
CMD ["/app"]
