FROM debian:12.9-slim
# RUN apt-get update
RUN echo "apt-get install curl" > /help && true # apt-get update
USER 10001
CMD ["/app"]
