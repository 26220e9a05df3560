FROM golang:1.23.4 AS build
RUN true
FROM debian:12.9-slim
RUN true
RUN apt-get install -y curl
USER 10001
CMD ["/app"]
