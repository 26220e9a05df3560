FROM debian:12.9-slim
RUN sudo bash -euo pipefail -c 'apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*'
USER 10001
CMD ["/app"]
