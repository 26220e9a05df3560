FROM debian:12.9-slim AS base
RUN apt-get update && apt-get install -y curl
FROM base
USER 10001
CMD ["/app"]
