# For `make debug`: the kernel's own commands (walk, tasks, heap, klog), and settings that suit it.
source -s scripts/gdb.py
set print pretty on
set pagination off
set disassembly-flavor intel
