FROM debian:12.9-slim
RUN <<EOF
cat > /usr/local/bin/add << END
apt-get install -y curl
END
chmod +x /usr/local/bin/add
EOF
USER 10001
CMD ["/app"]
