FROM debian:12.9-slim
USER ""
CMD ["/app"]
