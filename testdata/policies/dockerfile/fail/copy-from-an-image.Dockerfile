FROM debian:12.9-slim
COPY --from=ghcr.io/shop/tool:latest /tool /tool
USER 10001
CMD ["/app"]
