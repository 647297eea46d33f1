# Has the stressors of each of stress-ng's classes run, two minutes in all for a class, and prints how each ends and what it calls a
# failure. tests/stress.py has put the classes, or single stressors, into a file. It is run by bash, on Debian's disk, on Linux as the
# first program.
export HOME=/root LC_ALL=C PATH=/both:/usr/bin:/usr/sbin TERM=vt100
[ -e /dev/null ] || mount -t devtmpfs dev /dev
[ -e /proc/self ] || mount -t proc proc /proc
[ -e /sys/devices ] || mount -t sysfs sys /sys
[ -e /dev/shm ] || { mkdir /dev/shm && mount -t tmpfs shm /dev/shm; }
exec </dev/null >/dev/ttyS0 2>&1
mkdir /var/tmp/stress && cd /var/tmp/stress || exit
for word in $(</both/stressors); do
    members=$(stress-ng --class "$word?" 2>&1 | sed -n "s/^class .* stressors: //p")
    set -- ${members:-$word}
    seconds=$((120 / $#))
    for name; do
        timeout -s KILL $((seconds + 180)) stress-ng "--$name" 1 -t $((seconds > 0 ? seconds : 1)) --temp-path . >out 2>&1
        echo "stress: $word $name status $?"
        grep -a 'fail:\|error:' out | sed "s/^/stress: $word $name: /"
        pkill -KILL stress-ng && echo "stress: $word $name leaves processes"
        rm -rf tmp-*
    done
done
echo "stress: all"
