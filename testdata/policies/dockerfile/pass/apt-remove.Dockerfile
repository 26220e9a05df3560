FROM debian:12.9-slim
RUN apt-get purge -y curl
USER 10001
CMD ["/app"]
