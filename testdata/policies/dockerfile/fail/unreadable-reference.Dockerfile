FROM Debian:12
USER 10001
CMD ["/app"]
