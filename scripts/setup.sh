#!/usr/bin/env bash
# Installs what building, running and testing Cairn needs and what is not there yet (Debian, Ubuntu and their kin); on
# another system it says in words what to install.
set -euo pipefail

# PACKAGE|WHERE IT SHOWS|IN WORDS. What is looked for is the thing itself, not the package: a tool of one's own building
# counts. A name without a slash is a command, otherwise it is a file's pattern.
NEEDS=(
    "gcc|gcc|GCC"
    "libc6-dev|/usr/include/stdlib.h|the C library's headers, for the tests that run on this machine"
    "binutils|objcopy|GNU binutils"
    "make|make|GNU make"
    "nasm|nasm|NASM"
    "grub-common|grub-mkrescue|GRUB's grub-mkrescue and grub-file"
    "grub-pc-bin|/usr/lib/grub/i386-pc/multiboot2.mod|GRUB's modules for BIOS (i386-pc)"
    "grub-efi-amd64-bin|/usr/lib/grub/x86_64-efi/multiboot2.mod|GRUB's modules for UEFI (x86_64-efi)"
    "xorriso|xorriso|xorriso"
    "mtools|mformat|mtools"
    "qemu-system-x86|qemu-system-x86_64|QEMU for x86_64"
    "qemu-system-gui|/usr/lib/*/qemu/ui-gtk.so|QEMU's window (GTK)"
    "ovmf|/usr/share/[oO][vV][mM][fF]/OVMF*.fd|OVMF, the UEFI firmware for QEMU"
    "python3|python3|Python 3.9 or later"
    "libxkbcommon0|/usr/lib/*/libxkbcommon.so.0|libxkbcommon, for the tests of keyboard layouts"
    "xkb-data|/usr/share/X11/xkb/symbols/us|the X keyboard layouts (xkeyboard-config), for the same"
    "libx11-data|/usr/share/X11/locale/en_US.UTF-8/Compose|X11's compose table, for the same"
    "gdb|gdb|GDB"
    "spin|spin|SPIN, for make check"
    "clang-format|clang-format|clang-format, for make fmt and make check"
    "clang|clang|Clang with libFuzzer, for make fuzz"
    "git|git|git"
)

is_there() {
    case $1 in
        */*) compgen -G "$1" >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

packages=() words=()
for need in "${NEEDS[@]}"; do
    IFS='|' read -r package shows text <<<"$need"
    is_there "$shows" && continue
    packages+=("$package")
    words+=("$text")
done

if ((${#packages[@]} == 0)); then
    echo "setup: everything is there, nothing to do"
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "setup: this system has no apt-get; please install:" >&2
    printf '    %s\n' "${words[@]}" >&2
    exit 1
fi

as_root=()
if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || {
        echo "setup: installing needs root, and there is no sudo; as root: apt-get install ${packages[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi

echo "setup: installing ${packages[*]}"
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${packages[@]}" \
    >/dev/null
echo "setup: done"
