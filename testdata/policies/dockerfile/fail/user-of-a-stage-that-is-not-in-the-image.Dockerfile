FROM golang:1.23.4 AS build
USER app
FROM debian:12.9-slim
COPY --from=build /app /app
CMD ["/app"]
