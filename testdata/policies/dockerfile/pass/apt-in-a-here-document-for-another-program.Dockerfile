FROM debian:12.9-slim
RUN <<EOF
#!/usr/bin/env python3
import os
apt-get install -y curl
EOF
USER 10001
CMD ["/app"]
