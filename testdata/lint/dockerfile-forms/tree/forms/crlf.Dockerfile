# escape=`
FROM debian:1
RUN apt-get update `
  && apt-get install -y curl
USER 1
