FROM golang:1.23.4 AS build
FROM debian:12.9-slim
RUN --mount=type=bind,from=build,target=/src cp /src/app /app
COPY --from=0 /x /x
USER 10001
CMD ["/app"]
