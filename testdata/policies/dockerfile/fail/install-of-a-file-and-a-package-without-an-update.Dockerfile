FROM debian:12.9-slim
COPY a.deb /
RUN apt-get install -y /a.deb curl
USER 10001
CMD ["/app"]
