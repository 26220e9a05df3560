FROM debian:12.9-slim
ARG WHO=root
USER ${WHO}
CMD ["/app"]
