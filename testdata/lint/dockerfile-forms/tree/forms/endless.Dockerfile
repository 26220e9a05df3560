FROM debian:1
USER 1
RUN <<EOF
apt-get update
