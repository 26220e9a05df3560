FROM debian:12.9-slim
USER root
CMD ["/app"]
