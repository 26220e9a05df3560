# syntax=docker/dockerfile:1
# check=error=true
FROM --platform=$BUILDPLATFORM golang:1.23.4 AS build
FROM scratch
COPY --from=build /app /app
USER 10001
CMD ["/app"]
