FROM golang:1.23.4 AS build
USER root
RUN go build
FROM debian:12.9-slim
COPY --from=build /app /app
USER 10001
CMD ["/app"]
