FROM debian:12.9-slim
FROM 0
USER 10001
CMD ["/app"]
