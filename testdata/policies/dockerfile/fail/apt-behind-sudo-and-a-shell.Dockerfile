FROM debian:12.9-slim
RUN sudo -E sh -c 'apt-get install -y curl'
USER 10001
CMD ["/app"]
