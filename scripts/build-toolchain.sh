#!/usr/bin/env bash
# build-toolchain.sh PLACE: builds a cross toolchain (x86_64-elf: binutils, and GCC for C only) from the sources that Debian
# packages, and installs it below PLACE. That takes about a quarter of an hour on two cores. To use it:
#
#   make CROSS=PLACE/bin/x86_64-elf-
#
#   JOBS=2      how many compilers run at a time
#   SOURCES     where the packages binutils-source and gcc-VERSION-source have put their archives (/usr/src)
#
# Needs the packages binutils-source, gcc-12-source, libgmp-dev, libmpfr-dev, libmpc-dev, flex, bison, and a GCC with G++.
set -euo pipefail

TARGET=x86_64-elf
SOURCES=${SOURCES:-/usr/src}
JOBS=${JOBS:-2}

(($# == 1)) || {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 1
}
cd "$(dirname "$0")/.."
scripts/need.sh g++=g++ flex=flex bison=bison xz=xz-utils make=make

# archive PATTERN PACKAGE: the one file that fits; the newest where there are several.
archive() {
    local found
    found=$(compgen -G "$SOURCES/$1" | sort -V | tail -n 1) || true
    [[ -n $found ]] || {
        echo "build-toolchain: no $SOURCES/$1: install the package '$2'" >&2
        return 1
    }
    echo "$found"
}

binutils=$(archive 'binutils/binutils-*.tar.xz' binutils-source)
gcc=$(archive 'gcc-1*/gcc-1*.tar.xz' gcc-12-source)
for header in gmp mpfr mpc; do
    echo "#include <$header.h>" | g++ -E -x c++ - >/dev/null 2>&1 || {
        echo "build-toolchain: no <$header.h>: install the package 'lib$header-dev'" >&2
        exit 1
    }
done

mkdir -p "$1"
place=$(cd "$1" && pwd)
work=$place/work
log=$place/build.log
rm -rf "$work"
mkdir -p "$work/binutils" "$work/gcc" "$work/build-binutils" "$work/build-gcc"
: >"$log"

# step WORDS -- COMMAND: runs a command, with its output kept for the case that it fails.
step() {
    local words=$1
    shift
    echo "build-toolchain: $words"
    "$@" >>"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        echo "build-toolchain: failed at: $words; all output is in $log" >&2
        exit 1
    }
}

# The manuals are left out: MAKEINFO=true stands in for the program that would make them.
make_quietly() {
    make -j"$JOBS" MAKEINFO=true "$@"
}

options=("--target=$TARGET" --prefix="$place" --disable-nls --disable-werror)

step "unpacking $(basename "$binutils")" tar -C "$work/binutils" --strip-components=1 -xf "$binutils"
cd "$work/build-binutils"
step "configuring binutils" ../binutils/configure "${options[@]}" --disable-gdb --disable-gprofng --disable-libctf
step "building binutils" make_quietly
step "installing binutils" make_quietly install

export PATH=$place/bin:$PATH
step "unpacking $(basename "$gcc")" tar -C "$work/gcc" --strip-components=1 -xf "$gcc"
cd "$work/build-gcc"
step "configuring GCC" ../gcc/configure "${options[@]}" --enable-languages=c --without-headers --disable-shared \
    --disable-threads --disable-libssp --disable-libquadmath --disable-libgomp --disable-multilib --disable-bootstrap \
    --disable-lto
step "building GCC" make_quietly all-gcc
# Debian's archive has no manuals, and installing would stop at the one that lists the target's hooks.
touch gcc/s-tm-texi
step "installing GCC" make_quietly install-gcc
step "building and installing libgcc" make_quietly all-target-libgcc
step "installing libgcc" make_quietly install-target-libgcc

rm -rf "$work"
echo "build-toolchain: done; build with: make CROSS=$place/bin/$TARGET-"
