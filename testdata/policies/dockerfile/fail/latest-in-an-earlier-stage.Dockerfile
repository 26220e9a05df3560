FROM golang:latest AS build
FROM debian:12.9-slim
COPY --from=build /app /app
USER 10001
CMD ["/app"]
