FROM app
USER app
FROM debian:12.9-slim AS app
USER 10001
CMD ["/app"]
