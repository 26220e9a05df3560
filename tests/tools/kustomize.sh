#!/usr/bin/env bash
# Builds the kustomize that the rendering suites judge against, once, from its Go module at a pinned version.
set -euo pipefail
version=v5.5.0
bin="$(cd "$(dirname "$0")/../.." && pwd)/target/tools"
if [ -x "$bin/kustomize" ] && [ "$(cat "$bin/kustomize.version" 2>/dev/null)" = "$version" ]; then
    exit 0
fi
command -v go >/dev/null || { echo "a Go toolchain is needed to build kustomize $version" >&2; exit 1; }
echo "building kustomize $version (once)" >&2
mkdir -p "$bin"
GOBIN="$bin" GOFLAGS=-mod=mod go install "sigs.k8s.io/kustomize/kustomize/v5@$version"
echo "$version" >"$bin/kustomize.version"
