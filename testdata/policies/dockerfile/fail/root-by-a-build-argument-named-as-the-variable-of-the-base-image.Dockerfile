FROM debian:12.9-slim
ARG APP_UID=0
USER ${APP_UID}
CMD ["/app"]
