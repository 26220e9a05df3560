FROM debian:12.9-slim
RUN apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -y -o Dpkg::Use-Pty=0 install curl && rm -rf /var/lib/apt/lists/*
USER 10001
CMD ["/app"]
