FROM debian:12.9-slim
COPY a.deb b.deb /
RUN apt-get install -y /a.deb && cd / && apt install -y ./b.deb ../c.deb
USER 10001
CMD ["/app"]
