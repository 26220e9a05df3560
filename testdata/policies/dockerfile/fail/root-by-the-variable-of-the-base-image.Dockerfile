FROM debian:12.9-slim
ENV APP_UID=0
USER $APP_UID
CMD ["/app"]
