FROM debian:12.9-slim AS base
CMD ["/one"]
FROM base
ENTRYPOINT ["/two"]
USER 10001
CMD ["/app"]
HEALTHCHECK CMD ["/check"]
