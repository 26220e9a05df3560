FROM debian:12.9-slim
RUN apt update; apt install -y curl; rm -r /var/lib/apt/lists
USER 10001
CMD ["/app"]
