#!/usr/bin/env bash
# fetch-linux.sh OUT: Debian's kernel for virtual machines, unpacked from its package and not installed. What is downloaded
# is what the machine's own package sources have as the newest; OUT is kept until it is removed.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/need.sh apt-get=apt dpkg-deb=dpkg

out=$(realpath -m "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
if [ -z "$package" ]; then
    echo "cairn: no package 'linux-image-cloud-amd64' is known: this needs Debian's package lists (apt-get update)" >&2
    exit 1
fi
apt-get -o APT::Sandbox::User=root download "$package" >&2
dpkg-deb -x "$package"_*.deb .
mkdir -p "$(dirname "$out")"
cp boot/vmlinuz-* "$out"
