FROM debian:12.9-slim
ONBUILD RUN apt-get update
ONBUILD RUN ["/bin/sh", "-c", "apt-get install -y curl"]
USER 10001
CMD ["/app"]
