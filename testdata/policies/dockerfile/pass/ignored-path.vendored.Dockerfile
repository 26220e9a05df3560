FROM debian
CMD ["/app"]
