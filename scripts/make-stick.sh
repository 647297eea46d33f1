#!/usr/bin/env bash
# make-stick.sh STICK [ISO]: makes a stick that boots Cairn and has a partition for files. All that is on STICK is lost.
#
# STICK is a disk, like /dev/sdX, or a file: one that is not there becomes an image of SIZE. ISO is build/cairn.iso, unless
# another one is named. The partition is the last one. On Cairn: mount -t ext2 /dev/sda5 /mnt
#
#   SIZE=256M       of a new file
#   FORMAT=ext2     or vfat, which other systems read as well
set -euo pipefail

LEAST=$((2 << 20)) # bytes beside the image

fail() {
    echo "make-stick.sh: $1" >&2
    exit 1
}

stick=${1:-} iso=${2:-build/cairn.iso}
format=${FORMAT:-ext2}
PATH=$PATH:/sbin:/usr/sbin
[[ -n $stick ]] || fail "say where to: make-stick.sh /dev/sdX, or the name of a file"
[[ -f $iso ]] || fail "$iso is not there: 'make' makes it"
[[ $format == ext2 || $format == vfat ]] || fail "FORMAT is '$format'; it may be ext2 or vfat"
for tool in sfdisk mke2fs mkfs.fat; do
    command -v "$tool" >/dev/null || fail "'$tool' is missing: run ./scripts/setup.sh"
done
# Runs a tool, and shows what it printed only if it failed.
quiet() {
    local said
    said=$("$@" 2>&1) || fail "$1: $said"
}

made=
if [[ -b $stick ]]; then
    ! grep -q "^$stick" /proc/mounts || fail "$stick is mounted: unmount its partitions first"
    room=$(blockdev --getsize64 "$stick")
else
    if [[ ! -e $stick ]]; then
        truncate -s "${SIZE:-256M}" "$stick"
        made=$stick
    fi
    room=$(stat -L -c %s "$stick")
fi
if ((room < $(stat -L -c %s "$iso") + LEAST)); then
    [[ -z $made ]] || rm "$made"
    fail "$stick has no room for a partition beside the image"
fi

dd if="$iso" of="$stick" bs=1M conv=notrunc,fsync status=none
if [[ $format == ext2 ]]; then type=linux; else type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7; fi
quiet sfdisk --quiet --append --wipe never --no-reread "$stick" <<<"size=+, type=$type, name=Files"

# The new partition is the last one of the table.
read -r start size < <(sfdisk --dump "$stick" 2>/dev/null | tr -d ', ' | sed -n 's/.*start=\([0-9]*\)size=\([0-9]*\).*/\1 \2/p' |
    sort -n | tail -1)
if [[ $format == ext2 ]]; then
    quiet mke2fs -q -F -t ext2 -L Files -E "offset=$((start * 512))" "$stick" $((size / 2))k
else
    quiet mkfs.fat -n FILES --offset "$start" "$stick" $((size / 2))
fi
sync
echo "$stick: boots Cairn; files are in its last partition ($format, $((size / 2048)) MiB)"
