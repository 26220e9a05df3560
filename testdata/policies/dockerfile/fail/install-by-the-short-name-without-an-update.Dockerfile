FROM debian:12.9-slim
RUN cd / && sudo -E apt -y install curl
USER 10001
CMD ["/app"]
