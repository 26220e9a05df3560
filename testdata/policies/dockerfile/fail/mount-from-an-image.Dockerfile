FROM debian:12.9-slim
RUN --mount=type=bind,from=ghcr.io/shop/tool,target=/tool /tool/run
USER 10001
CMD ["/app"]
