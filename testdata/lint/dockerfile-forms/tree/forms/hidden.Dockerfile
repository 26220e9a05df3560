FROM debian:1
ONBUILD RUN apt-get install -y curl
RUN sudo sh -c "apt-get install -y curl"
USER 1
