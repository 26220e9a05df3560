FROM debian:12.9-slim
USER app
RUN true
USER root
CMD ["/app"]
