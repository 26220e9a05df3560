FROM debian:12.9-slim AS base
USER app
FROM base AS next
RUN true
FROM next
CMD ["/app"]
