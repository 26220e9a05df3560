FROM Debian:1 AS a
FROM golang AS b
FROM golang:latest AS c
FROM debian:12.9-slim
RUN apt-get update
RUN apt-get install -y curl
CMD one
CMD two
