#!/usr/bin/env bash
# debug.sh ISO ELF: starts QEMU, stopped before its first instruction, and GDB with the kernel's symbols, which continues to
# kernel_main. QEMU ends with GDB. GDB has the terminal, so COM1 is a socket that another terminal can connect to; its output
# is in serial.log, too.
#
#   DEBUG_BATCH=1   only shows where it stopped, and ends
#   ACCEL, QEMU_ARGS, CMDLINE as in run.sh
set -euo pipefail

iso=$1 elf=$2
build=$(dirname "$iso")
gdb_socket=$build/gdb.$$.sock
serial_socket=$build/serial.$$.sock
serial_log=$build/serial.log

command -v gdb >/dev/null || {
    echo "cairn: 'gdb' is missing: install the package 'gdb', or run ./scripts/setup.sh" >&2
    exit 1
}

display=(-display none)
if [[ -z ${DEBUG_BATCH:-} && -n ${WAYLAND_DISPLAY:-}${DISPLAY:-} ]]; then
    display=() # QEMU's own choice of a window
fi

# In a session of its own, so that a Ctrl-C for GDB does not end it.
read -ra more <<<"${QEMU_ARGS:-}"
if [[ -n ${CMDLINE:-} ]]; then
    more+=(-fw_cfg "name=opt/cairn/cmdline,string=${CMDLINE//,/,,}")
fi
setsid qemu-system-x86_64 -machine "q35,accel=${ACCEL:-tcg}" -m 128M -no-user-config -cdrom "$iso" -S \
    -chardev "socket,id=gdb,path=$gdb_socket,server=on,wait=off" -gdb chardev:gdb \
    -chardev "socket,id=com1,path=$serial_socket,server=on,wait=off,logfile=$serial_log" -serial chardev:com1 \
    "${display[@]}" -monitor none "${more[@]}" </dev/null &
qemu=$!
trap 'kill $qemu 2>/dev/null || true; wait $qemu || true; rm -f "$gdb_socket" "$serial_socket"' EXIT

for _ in {1..100}; do
    [[ -S $gdb_socket ]] && break
    kill -0 $qemu || exit 1
    sleep 0.1
done

# A hardware breakpoint: GRUB has not loaded the kernel yet, and would overwrite one made of an instruction.
commands=(-x "$(dirname "$0")/../.gdbinit" -ex "target remote $gdb_socket" -ex "hbreak kernel_main" -ex continue)
if [[ -n ${DEBUG_BATCH:-} ]]; then
    timeout 600 gdb -batch -nx -l 300 "${commands[@]}" -ex "info registers rip" -ex detach "$elf"
else
    echo "debug: COM1 goes to $serial_log; leave GDB with: quit"
    echo "debug: to type at Cairn, run in another terminal: socat -,raw,echo=0,escape=0x1d $serial_socket (Ctrl-] ends it)"
    gdb -q "${commands[@]}" "$elf"
fi
