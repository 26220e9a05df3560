FROM golang:1.23.4 AS build
RUN apt-get update && apt-get install -y git
FROM debian:12.9-slim
COPY --from=build /app /app
USER 10001
CMD ["/app"]
