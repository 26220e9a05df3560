FROM debian:12.9-slim
RUN cat packages | xargs -n 10 apt-get install -y
USER 10001
CMD ["/app"]
