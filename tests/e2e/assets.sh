#!/usr/bin/env bash
# Finds or builds the control plane that the end-to-end suite runs against: etcd, kube-apiserver,
# kube-controller-manager and kubectl. Prints the folder that holds them (two, joined by `:`, where the
# controller-manager had to be built beside KUBEBUILDER_ASSETS); everything else is said on standard error.
#
#   tests/e2e/assets.sh          the newest version that is pinned under tests/e2e/kubernetes
#   tests/e2e/assets.sh 1.34     another one
#   KUBEBUILDER_ASSETS=<folder>  what is there already; envtest's archives have no kube-controller-manager
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
say() { echo "e2e assets: $*" >&2; }
fail() {
    say "$*"
    exit 1
}
pinned() { ls "$here/kubernetes" | sort -V | tr '\n' ' '; }

minor=${1:-}
folders=
wanted=(etcd kube-apiserver kube-controller-manager kubectl)
if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    folders=$(cd "$KUBEBUILDER_ASSETS" && pwd) || fail "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS is no folder"
    for tool in etcd kube-apiserver kubectl; do
        [ -x "$folders/$tool" ] || fail "there is no \`$tool\` in KUBEBUILDER_ASSETS=$folders"
    done
    there=$("$folders/kube-apiserver" --version | sed -E 's/^Kubernetes v([0-9]+\.[0-9]+)\..*/\1/')
    [ "${minor:-$there}" = "$there" ] ||
        fail "KUBEBUILDER_ASSETS=$folders is Kubernetes $there, and $minor was asked for: unset one of them"
    if [ -x "$folders/kube-controller-manager" ]; then
        say "using Kubernetes $there in $folders"
        echo "$folders"
        exit 0
    fi
    [ -d "$here/kubernetes/$there" ] ||
        fail "there is no \`kube-controller-manager\` in $folders, and Kubernetes $there cannot be built here (pinned: $(pinned))"
    say "using Kubernetes $there in $folders; \`kube-controller-manager\` is not there"
    minor=$there
    wanted=(kube-controller-manager)
    folders=$folders:
fi

minor=${minor:-$(pinned | tr ' ' '\n' | grep . | tail -n 1)}
module=$here/kubernetes/$minor
[ -f "$module/go.mod" ] || fail "Kubernetes $minor is not pinned here, only: $(pinned)"
command -v go >/dev/null || fail "a Go toolchain is needed to build Kubernetes $minor (or set KUBEBUILDER_ASSETS)"
command -v flock >/dev/null || fail "\`flock\` (util-linux) is needed, so that two runs do not build the same"
version=$(sed -nE 's/^require k8s.io\/kubernetes (v[0-9.]+)$/\1/p' "$module/go.mod")
[ -n "$version" ] || fail "$module/go.mod does not say which k8s.io/kubernetes it requires"

# The same sources built by the same compiler in the same way are the same binaries. Count the recipe up when it changes.
hash=$({
    echo "recipe 1"
    cat "$module/go.mod" "$module/go.sum" "$here/etcd/go.mod" "$here/etcd/go.sum" "$here/etcd/main.go"
    cd "$module" && go version
} | sha256sum | cut -c 1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kpolicy/e2e
target=$cache/$version-$hash
[ ${#wanted[@]} -gt 1 ] || target=$target-${wanted[0]}
if [ ! -d "$target" ]; then
    mkdir -p "$cache"
    exec 9>"$target.lock"
    flock -n 9 || {
        say "waiting for another run that builds $version"
        flock 9
    }
fi
# Whoever waited finds it done.
if [ ! -d "$target" ]; then
    say "building ${wanted[*]} $version from their Go modules into $target, once; minutes the first time"
    started=$SECONDS
    # What a killed run left behind: nobody else builds this, as we hold the lock.
    rm -rf "$target".building.*
    building=$(mktemp -d "$target.building.XXXXXX")
    trap 'rm -rf "$building"' EXIT
    package=k8s.io/component-base/version
    stamp="-X $package.gitVersion=$version -X $package.gitMajor=${minor%%.*} -X $package.gitMinor=${minor#*.}"
    for tool in "${wanted[@]}"; do
        case $tool in
        etcd) from=$here/etcd what=. flags="-s -w" ;;
        *) from=$module what=k8s.io/kubernetes/cmd/$tool flags="-s -w $stamp" ;;
        esac
        (cd "$from" && CGO_ENABLED=0 GOWORK=off GOFLAGS= go build -mod=readonly -trimpath -buildvcs=false \
            -ldflags "$flags" -o "$building/$tool" "$what") || fail "cannot build \`$tool\`"
        say "$tool is built ($((SECONDS - started)) s)"
    done
    chmod 755 "$building"
    mv -T "$building" "$target"
    trap - EXIT
fi
say "Kubernetes $version in $target"
echo "$folders$target"
