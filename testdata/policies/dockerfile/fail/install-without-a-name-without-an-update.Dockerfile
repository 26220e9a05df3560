FROM debian:12.9-slim
RUN echo curl | xargs apt-get install -y
USER 10001
CMD ["/app"]
