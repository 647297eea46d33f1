# util-linux: who gets how much of the processor and of disks, limits, locks, other users
cd "$(mktemp -d)" || exit
ionice -c 2 -n 6 -p $$
ionice -p $$
ionice -c 3 ionice
ionice -c best-effort -n 2 bash -c 'ionice'
chrt -b -p 0 $$
chrt -p $$ | sed 's/pid [0-9]*/pid N/' | grep policy
bash -c 'chrt -p $$' | sed 's/pid [0-9]*/pid N/' | grep policy
chrt -i 0 bash -c 'chrt -p $$' | sed 's/pid [0-9]*/pid N/' | grep policy
chrt -o -p 0 $$
chrt -m | sed 's/.*DEADLINE.*//'
taskset 1 nproc
nice -n 5 nice
prlimit --core --stack -o RESOURCE,SOFT -p $$ --noheadings
prlimit --nofile=100:200 bash -c 'ulimit -Sn; ulimit -Hn'
prlimit --fsize=1000 bash -c 'head -c 5000 /dev/zero >large' 2>/dev/null
echo "status $?"
stat -c %s large
(
    ulimit -f 2
    trap '' XFSZ
    head -c 5000 /dev/zero 2>&1 >larger | sed 's/.*: //'
)
stat -c %s larger
(ulimit -n 3; : <limits) 2>/dev/null || echo "no descriptor"
(ulimit -v 20000; python3 -c 'bytearray(100 << 20)' 2>&1 | tail -1)
{ bash -c 'ulimit -t 1; while :; do :; done'; } 2>&1 | grep -o Killed
echo "status $?"
flock file -c 'flock -n file true || echo "locked"'
flock -s file flock -s -n file echo "shared"
setsid -w bash -c 'echo $(($(ps -o sid= -p $$) == $$))'
getopt -o ab: -l long -- -a --long -b 1 rest
rev <<<abc
mcookie | wc -c
namei -m /usr/bin/env | tail -2
fallocate -x -l 10000 room && stat -c %s room
mountpoint -q /proc && echo "mountpoint"
unshare --help | grep -c unshare
