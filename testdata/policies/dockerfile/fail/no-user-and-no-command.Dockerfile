FROM debian:12.9-slim
COPY app /app
