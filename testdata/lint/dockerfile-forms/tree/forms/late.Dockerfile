FROM debian:1 AS one
ARG TAG=1
FROM nginx:${TAG}
USER 1
