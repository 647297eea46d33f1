#!/usr/bin/env bash
# run.sh ISO [DISK]: boots the image in QEMU for a person: in a window if there is a display, else in this terminal, else with
# COM1 on standard input and output. The file DISK becomes its root.
#
#   ACCEL=kvm    the accelerator (tcg when not given)
#   QEMU_ARGS    more options for QEMU
#   CMDLINE      options for the kernel, such as 'heap=bump loglevel=debug'
set -euo pipefail

iso=$1 disk=${2:-}
serial_log=$(dirname "$iso")/serial.log

qemu_has_display() {
    qemu-system-x86_64 -display help 2>/dev/null | grep -qx "$1"
}

window() {
    [[ -n ${WAYLAND_DISPLAY:-}${DISPLAY:-} ]] || return 1
    for window in gtk sdl; do
        qemu_has_display $window && return 0
    done
    return 1
}

terminal() {
    [[ -t 0 && -t 1 && ${TERM:-dumb} != dumb ]] && qemu_has_display curses
}

read -ra more <<<"${QEMU_ARGS:-}"
options=(-machine "q35,accel=${ACCEL:-tcg}" -no-user-config -cdrom "$iso")
if [[ -n $disk ]]; then
    options+=(-m 1G -cpu max -boot d -drive "if=virtio,format=raw,file=$disk")
    CMDLINE="root=/dev/vda ${CMDLINE:-}"
else
    options+=(-m 128M)
fi
if [[ -n ${CMDLINE:-} ]]; then
    options+=(-fw_cfg "name=opt/cairn/cmdline,string=${CMDLINE//,/,,}")
fi

if window; then
    echo "run: Cairn runs in the window, COM1 is here; close the window or press Ctrl-C here to end it"
    options+=(-display "$window" -serial stdio)
elif terminal; then
    echo "run: Cairn runs in this terminal, COM1 goes to $serial_log; to end it press Alt-2, then type: quit"
    sleep 2 # to be read before the screen is taken over
    options+=(-display curses -serial "file:$serial_log")
else
    echo "run: no display and no terminal, so COM1 is on standard input and output; Ctrl-C or kill $$ ends it"
    options+=(-display none -serial stdio -monitor none)
fi
exec qemu-system-x86_64 "${options[@]}" "${more[@]}"
