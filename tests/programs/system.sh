# Who and where: identity, accounts, limits, the tables of the system.
id
uname -s -m
whoami
getent passwd root daemon
getent group tty
getent hosts localhost
ulimit -s -c
tty </dev/null
date -u -d @86400 +%FT%T
TZ=Europe/Berlin date -d @86400 +%FT%T%z
locale | head -2
arch
getconf PAGE_SIZE; getconf CLK_TCK
df /proc | tail -1 | tr -s ' ' | cut -d' ' -f6
test -s /proc/mounts && mount | grep -c ' /proc type proc '
findmnt -n -o FSTYPE /proc
cat /proc/sys/kernel/ostype
cut -d' ' -f1 /proc/uptime | grep -c '^[0-9]*\.[0-9][0-9]$'
grep -c '^[0-9]*\.[0-9][0-9] [0-9]*\.[0-9][0-9] [0-9]*\.[0-9][0-9] [0-9]*/[0-9]* [0-9]*$' /proc/loadavg
grep -c '^cpu0 ' /proc/stat
grep -o '^MemTotal:\|^MemFree:\|^SwapTotal:' /proc/meminfo
