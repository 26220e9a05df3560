FROM debian:12.9-slim
ARG USER_ID=10001
USER ${USER_ID}
CMD ["/app"]
