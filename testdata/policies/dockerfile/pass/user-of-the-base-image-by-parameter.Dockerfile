FROM debian:12.9-slim
USER ${RUN_AS}
CMD ["/app"]
