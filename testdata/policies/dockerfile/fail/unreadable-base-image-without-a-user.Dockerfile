FROM Debian:nonroot
CMD ["/app"]
