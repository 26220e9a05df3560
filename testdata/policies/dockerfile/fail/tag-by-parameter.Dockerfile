FROM debian:stable
USER 10001
CMD ["/app"]
