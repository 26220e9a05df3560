FROM debian:12.9-slim
RUN apt update && apt install -y curl && apt -q distclean
USER 10001
CMD ["/app"]
