#!/usr/bin/env bash
# Installs what is missing to build, run and test Cairn: on Debian, Ubuntu, Fedora, Arch and systems derived from them, and
# on macOS with Homebrew. On another system it says in words what to install.
#
#   OS_RELEASE    the file that tells which Linux this is (/etc/os-release)
#
# It has to run under the bash 3.2 of macOS, where an empty array counts as unset: hence ${array[@]+...}.
set -euo pipefail

# Which row of package names is this system's: debian, fedora, arch, brew; nothing when it is none of them.
find_system() {
    local file=${OS_RELEASE:-/etc/os-release} names=
    if [[ $(uname) == Darwin ]]; then
        names=brew
    elif [[ -r $file ]]; then
        # shellcheck source=/dev/null
        names=$(. "$file" && echo "${ID:-} ${ID_LIKE:-}")
    fi
    case " $names " in
        *" debian "* | *" ubuntu "*) echo debian ;;
        *" fedora "*) echo fedora ;;
        *" arch "*) echo arch ;;
        *" brew "*) echo brew ;;
    esac
}

# The tools, and how to find out whether each is there. The script looks for the tool itself, not for its package, so a tool
# that was built by hand counts. It is there if one of the places in the second column is: a name without a slash is a
# command, any other one a pattern for files. Then come the names of the package on the four systems; "-" if it is not
# needed, comes with another one, or does not exist. On macOS the kernel is built with a cross compiler, and the tests do
# not run.
#
# THE TOOL | ITS PLACES | DEBIAN | FEDORA | ARCH | BREW
NEEDS="
GCC|gcc|gcc|gcc|gcc|-
GCC for x86_64-elf|x86_64-elf-gcc|-|-|-|x86_64-elf-gcc
the C library's headers, for the tests that run on this machine|/usr/include/stdlib.h|libc6-dev|glibc-devel|glibc|-
GNU binutils|objcopy|binutils|binutils|binutils|-
GNU binutils for x86_64-elf|x86_64-elf-objcopy|-|-|-|x86_64-elf-binutils
GNU make|make|make|make|make|make
NASM|nasm|nasm|nasm|nasm|nasm
GRUB's grub-mkrescue and grub-file|grub-mkrescue|grub-common|-|grub|-
GRUB's grub2-mkrescue and grub2-file|grub2-mkrescue|-|grub2-tools-extra|-|-
GRUB for BIOS, with its tools (i386-pc)|i686-elf-grub-mkrescue|-|-|-|i686-elf-grub
GRUB for UEFI, with its tools (x86_64-efi)|x86_64-elf-grub-mkrescue|-|-|-|x86_64-elf-grub
GRUB's modules for BIOS (i386-pc)|/usr/lib/grub/i386-pc/multiboot2.mod|grub-pc-bin|grub2-pc-modules|-|-
GRUB's modules for UEFI (x86_64-efi)|/usr/lib/grub/x86_64-efi/multiboot2.mod|grub-efi-amd64-bin|grub2-efi-x64-modules|-|-
xorriso|xorriso|xorriso|xorriso|libisoburn|xorriso
mtools|mformat|mtools|mtools|mtools|mtools
QEMU for x86_64|qemu-system-x86_64|qemu-system-x86|qemu-system-x86|qemu-system-x86|qemu
QEMU's window (GTK)|/usr/lib/*/qemu/ui-gtk.so /usr/lib*/qemu/ui-gtk.so|qemu-system-gui|qemu-ui-gtk|qemu-ui-gtk|-
OVMF, the UEFI firmware for QEMU|/usr/share/[oO][vV][mM][fF]/OVMF*.fd /usr/share/edk2*/*/OVMF*.fd|ovmf|edk2-ovmf|edk2-ovmf|-
Python 3.9 or later|python3|python3|python3|python|python3
libxkbcommon, for the tests of keyboard layouts|/usr/lib/*/libxkbcommon.so.0 /usr/lib*/libxkbcommon.so.0|libxkbcommon0|libxkbcommon|libxkbcommon|-
the X keyboard layouts (xkeyboard-config), for the same|/usr/share/X11/xkb/symbols/us|xkb-data|xkeyboard-config|xkeyboard-config|-
X11's compose table, for the same|/usr/share/X11/locale/en_US.UTF-8/Compose|libx11-data|libX11-common|libx11|-
GDB|gdb|gdb|gdb|gdb|-
SPIN, for make check|spin|spin|-|-|-
clang-format, for make fmt and make check|clang-format|clang-format|clang-tools-extra|clang|clang-format
clang-tidy, for make check|clang-tidy|clang-tidy|clang-tools-extra|clang|-
Cppcheck, for make check|cppcheck|cppcheck|cppcheck|cppcheck|-
ShellCheck, for make check|shellcheck|shellcheck|ShellCheck|shellcheck|-
Clang with libFuzzer, for make fuzz and make LLVM=1|clang|clang|clang|clang|-
LLD, for make LLVM=1|ld.lld|lld|lld|lld|-
llvm-objcopy, for the same|llvm-objcopy|llvm|llvm|llvm|-
gcovr, for make coverage|gcovr|gcovr|gcovr|gcovr|-
Bochs, for make matrix|bochs|bochs|bochs|-|-
Bochs's displays, for the same|/usr/lib/*/bochs/plugins/libbx_x_gui.so|bochs-x|-|-|-
Bochs's BIOS, for the same|/usr/share/bochs/BIOS-bochs-latest|bochsbios|-|-|-
Bochs's VGA BIOS, for the same|/usr/share/vgabios/vgabios.bin|vgabios|-|-|-
definitions of locales, for a test of the build|/usr/share/i18n/locales/en_US|locales|glibc-locale-source|-|-
busybox, static, the programs on the image|/bin/busybox|busybox-static|busybox|busybox|-
musl, for the tests of user mode|musl-gcc|musl-tools|musl-gcc|musl|-
mke2fs, for the tests of disks|mke2fs /sbin/mke2fs|e2fsprogs|e2fsprogs|e2fsprogs|-
e2fsck, static, which mends disks on Cairn|/sbin/e2fsck.static|e2fsck-static|-|-|-
fsck.fat, for the same|fsck.fat /sbin/fsck.fat|dosfstools|dosfstools|dosfstools|dosfstools
fakeroot, for disks of Debian's packages|fakeroot|fakeroot|-|-|-
sfdisk, for the same|sfdisk /sbin/sfdisk|fdisk|util-linux|util-linux|-
git|git|git|git|git|git
"

# is_there PLACES: unquoted, so that the patterns become the files that there are.
is_there() {
    local place
    for place in $1; do
        case $place in
            */*) [[ -e $place ]] && return 0 ;;
            *) command -v "$place" >/dev/null && return 0 ;;
        esac
    done
    return 1
}

system=$(find_system)
packages=() words=()
while IFS='|' read -r text shows debian fedora arch brew; do
    [[ -n $text ]] || continue
    case $system in
        debian) package=$debian ;;
        fedora) package=$fedora ;;
        arch) package=$arch ;;
        brew) package=$brew ;;
        *) package=$debian ;; # only to know what is needed at all
    esac
    [[ $package == - ]] && continue
    is_there "$shows" && continue
    packages+=("$package")
    words+=("$text")
done <<<"$NEEDS"

if ((${#packages[@]} == 0)); then
    echo "setup: everything is there, nothing to do"
    exit 0
fi

case $system in
    debian) installer=apt-get install="apt-get install ${packages[*]}" ;;
    fedora) installer=dnf install="dnf install ${packages[*]}" ;;
    arch) installer=pacman install="pacman -S ${packages[*]}" ;;
    brew) installer=brew install="brew install ${packages[*]}" ;;
    *) installer="a package manager that this script knows" install= ;;
esac

if ! command -v "$installer" >/dev/null; then
    echo "setup: this system has no $installer; please install:" >&2
    printf '    %s\n' "${words[@]}" >&2
    exit 1
fi

as_root=()
if [[ $system != brew && $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || {
        echo "setup: installing needs root, and there is no sudo; as root: $install" >&2
        exit 1
    }
    as_root=(sudo)
fi

run() {
    ${as_root[@]+"${as_root[@]}"} "$@"
}

echo "setup: installing ${packages[*]}"
case $system in
    debian)
        run apt-get -qq update
        run env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${packages[@]}" >/dev/null
        ;;
    fedora) run dnf -q -y install "${packages[@]}" ;;
    arch) run pacman -S --needed --noconfirm "${packages[@]}" ;;
    brew) brew install "${packages[@]}" ;;
esac
echo "setup: done"
