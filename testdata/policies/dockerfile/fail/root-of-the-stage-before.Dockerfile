FROM debian:12.9-slim AS base
USER root
FROM base
CMD ["/app"]
