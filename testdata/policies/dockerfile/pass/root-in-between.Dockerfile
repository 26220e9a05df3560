FROM debian:12.9-slim
USER root
RUN true
USER 10001
CMD ["/app"]
