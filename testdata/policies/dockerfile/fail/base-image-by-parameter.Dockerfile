FROM cgr.dev/chainguard/static:1.0.0
CMD ["/app"]
