# syntax=docker/dockerfile:1
ARG GO_VERSION=1.23.4

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS build
WORKDIR /src
COPY . .
RUN go build -o /out/app ./cmd/app

FROM debian:12.9-slim@sha256:9b7a2e1f4c6d8e0b3a5f7c9d1e2b4a6f8c0d2e4f6a8b0c1d3e5f7a9b1c3d5e7f
RUN apt-get update \
    # certificates of the company
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/app /app
USER 10001:10001
ENTRYPOINT ["/app"]
CMD ["--serve"]
