FROM golang@sha256:9b7a2e1f4c6d8e0b3a5f7c9d1e2b4a6f8c0d2e4f6a8b0c1d3e5f7a9b1c3d5e7f AS build
FROM debian:12.9-slim
USER 10001
CMD ["/app"]
