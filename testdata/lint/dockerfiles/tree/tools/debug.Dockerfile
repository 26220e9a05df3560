FROM debian:12.9-slim
RUM apt-get update
USER root
