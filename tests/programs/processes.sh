# procps and psmisc: what they say of processes, and signals that they send.
cd "$(mktemp -d)" || exit

# until_it_prints TEXT COMMAND ...: waits for what another process does.
until_it_prints() {
    for _ in $(seq 200); do
        [ "$("${@:2}" 2>/dev/null)" = "$1" ] && return
        sleep 0.1
    done
    echo "never prints $1: ${*:2}"
}

sleep 100 & one=$!
sleep 101 & two=$!
until_it_prints $'sleep\nsleep' ps -o comm= -p $one,$two
ps -o pid=,args= -p $one | sed "s/ *$one/PID/"
ps -o comm=,stat=,ni=,nlwp= -p $one | tr -d + | tr -s " "
ps -eo args= | grep -c '^sleep 10[01]$'
ps --ppid $$ -o args= | grep sleep
ps -o etimes= -p $$ | grep -c '[0-9]'
ps -T -p $one -o comm= | wc -l
ps aux | head -1 | tr -s ' '
ps -ejH | grep -c sleep
ps -o rss=,vsz= -p $$ | awk '{print ($1 > 1000), ($2 > $1)}'
pgrep -f 'sleep 10[01]' | wc -l
pidof sleep | wc -w
pkill -f 'sleep 101'; wait $two; echo "status $?"
killall sleep; wait $one; echo "status $?"
renice -n 5 -p $$ >/dev/null; ps -o ni= -p $$
free | awk '/^Mem/ {print ($2 > 10000), ($3 < $2)}'
uptime | grep -c 'load average: [0-9]*\.[0-9]*, [0-9]*\.[0-9]*, [0-9]*\.[0-9]*'
vmstat | tail -1 | wc -w
vmstat 1 2 | wc -l
top -bn1 | head -7 | sed 's/[0-9.:]\+/N/g;s/ \+/ /g' | grep -o '^Tasks\|^%Cpu(s)\|^MiB Mem\|PID USER PR NI VIRT RES SHR S %CPU %MEM TIME+ COMMAND'
top -bn2 -d 0.3 | grep -c '^Tasks'
pmap $$ | tail -1 | grep -c total
pmap -x $$ | tail -1 | wc -w
pwdx $$ | grep -c /tmp
tload -V | grep -c procps
w -h | wc -l
sysctl -n kernel.ostype kernel.pid_max >/dev/null && echo sysctl
slabtop -V | grep -c procps
watch -t -n 1 -g 'date +%s' >/dev/null; echo "watched $?"
pstree -p $$ | head -1 | sed 's/[0-9]\+/N/g' | cut -c1-7
fuser . 2>/dev/null | wc -w
prtstat $$ | head -1 | cut -c1-13
kill -l TERM
(sleep 2) &
pidwait -f "sleep 2"; echo "pidwait $?"
wait
# lsof and lslocks: what is open, for what, and locked; a lock that is waited for.
exec 5>held 6<>both 7<held
lsof -a -p $$ -d 5-7 -F an | sed "/^p/d;s|$PWD|.|"
(rm both; lsof -a -p $BASHPID +L1 -d 6 -F kn | sed "/^p/d;s|$PWD|.|")
exec 5>&- 6>&- 7>&-
sleep 102 & three=$!
until_it_prints sleep ps -o comm= -p $three
lsof -a -c sleep -d txt,mem,0 -F tn | sed '/^p/d'
lsof -a -p $three -d cwd -F n | sed "/^p/d;s|$PWD|.|"
mkfifo fifo; exec 8<>fifo; lsof -a -p $$ -d 8 -F t | sed '/^p/d'; lsof -t fifo | wc -w
flock held sleep 103 & four=$!
until_it_prints sleep ps -o comm= --ppid $four
lsof -t held | wc -w
flock -s held true & five=$!
until_it_prints 1 grep -c -- "-> .* $five " /proc/locks
lslocks -n -o COMMAND,TYPE,MODE,M,START,END | grep "^flock" | tr -s " "
grep -A1 "WRITE $four " /proc/locks | sed "s/ $four / FOUR /;s/ $five / FIVE /;s/^[0-9]*: //;s/ [0-9a-f]*:[0-9a-f]*:[0-9]*//"
pkill sleep; wait $five; echo "flock $?"
grep -c '^flags.* fpu .* sse2 .* lm ' /proc/cpuinfo | sed 's/[0-9]*[1-9]/some/'
lscpu | grep -c '^Flags: .* sse2 .* lm '
