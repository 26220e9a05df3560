from debian:12.9-slim
run apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
user app
cmd ["/app"]
