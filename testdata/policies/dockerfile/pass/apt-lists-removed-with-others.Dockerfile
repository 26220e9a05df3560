FROM debian:12.9-slim
RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/{apt,dpkg,cache,log}/ /tmp/*
USER 10001
CMD ["/app"]
