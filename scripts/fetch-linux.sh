#!/usr/bin/env bash
# fetch-linux.sh OUT: Debian's kernel for virtual machines, unpacked from its package and not installed, and beside it, in
# modules/, the drivers of a virtio disk as 0, 1 ... in the order in which they are to be loaded. What is downloaded is what
# the machine's own package sources have as the newest; OUT is kept until it is removed.
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
modules=$(dirname "$out")/modules
mkdir -p "$modules"
number=0
for module in virtio/virtio_ring virtio/virtio virtio/virtio_pci_legacy_dev virtio/virtio_pci_modern_dev virtio/virtio_pci block/virtio_blk; do
    cp lib/modules/*/kernel/drivers/$module.ko "$modules/$number"
    number=$((number + 1))
done
