FROM debian:12.9-slim AS build
RUN apt update
FROM debian:12.9-slim
USER 10001
CMD ["/app"]
