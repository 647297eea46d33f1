# The loader and the C library: what is loaded, preloaded, opened, chosen by the processor, and kept for each thread.
cd "$(mktemp -d)" || exit
ldd /bin/ls | sed 's/ (0x.*//' | grep -v vdso | sort
LD_PRELOAD=/lib/x86_64-linux-gnu/libz.so.1 bash -c 'grep -c libz /proc/self/maps >/dev/null && echo preloaded'
LD_PRELOAD=/nowhere.so true
LD_DEBUG=libs ls / 2>&1 >/dev/null | grep -c 'initialize program: ls'
/lib64/ld-linux-x86-64.so.2 /bin/echo run by the loader
/lib64/ld-linux-x86-64.so.2 --list-tunables | head -1 | cut -d: -f1
LANG=C.UTF-8 bash -c 'x=äöü; echo ${#x}'
LANG=C.UTF-8 locale charmap
printf 'b\na\nC\n' | LC_ALL=C.UTF-8 sort
ls -l /proc/self/exe | sed 's/.*-> //'
env -i /bin/sh -c 'echo $PATH' | wc -l
iconv -f utf-8 -t latin1 <<<ä | od -An -tx1
