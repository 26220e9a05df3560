# syntax=mirror.example.com/docker/dockerfile:1.7-labs
# escape=x
FROM debian:1
USER 1
