FROM debian:12.9-slim
ENV APP_UID=1654
USER $APP_UID
CMD ["/app"]
