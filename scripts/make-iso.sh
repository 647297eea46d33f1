#!/usr/bin/env bash
# Makes the hybrid image: make-iso.sh GRUB-MKRESCUE OUT FOLDER MODULES.
#
# The same files give the same bytes, at any time and in any folder. So every date in the image is SOURCE_DATE_EPOCH (the year
# 2000 when it is not set), the volume's UUID is such a date, too, and the serial number of the FAT file system that UEFI
# reads is 0: mformat, which grub-mkrescue calls, would draw one.
set -euo pipefail

mkrescue=$1 out=$2 folder=$3 modules=$4
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-946684800}
date=$(TZ=UTC0 printf '%(%Y%m%d%H%M%S)T00' "$SOURCE_DATE_EPOCH")

tools=$(mktemp -d)
trap 'rm -r "$tools"' EXIT
printf '#!/bin/sh\nexec "%s" -N 0 "$@"\n' "$(command -v mformat)" >"$tools/mformat"
chmod +x "$tools/mformat"

PATH=$tools:$PATH "$mkrescue" --compress=xz --install-modules="$modules" --fonts= --themes= --locales= \
    --modification-date="$date" --set_all_file_dates "$date" -o "$out" "$folder"
