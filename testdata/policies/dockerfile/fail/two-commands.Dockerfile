FROM debian:12.9-slim
CMD ["/one"]
USER app
CMD ["/two"]
