FROM debian:12.9-slim
RUN apt-get install -y a && apt-get install -y b
USER 10001
CMD ["/app"]
