FROM debian:12.9-slim AS one
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/*
FROM one
RUN true
USER 10001
CMD ["/app"]
