FROM debian:12.9-slim
ENV A=1
ENV B=2
COPY a /a
COPY b /b
USER 10001
CMD ["/app"]
