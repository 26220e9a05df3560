ARG TAG=latest
FROM debian:${TAG}
USER 10001
CMD ["/app"]
