FROM debian:12.9-slim AS Base
USER app
FROM base
CMD ["/app"]
