FROM debian:12.9-slim
RUN timeout 5m apt-get install -y curl
USER 10001
CMD ["/app"]
