# grep, sed, gawk, find, diff, file.
cd "$(mktemp -d)" || exit
mkdir -p tree/{a,b,c}/{1,2,3}
for file in tree/*/*; do
    seq 50 | sed "s,^,$file ," >"$file/lines"
done
grep -r 'a/2 4[0-9]$' tree | wc -l
grep -rlE '(b|c)/1 5' tree | sort
grep -Pzo 'a/1 1\n' tree/a/1/lines 2>/dev/null | tr -d '\0'
grep -c '' tree/*/*/lines | head -2
grep -nw 7 tree/a/1/lines
grep -ob 'a/1 3$' tree/a/1/lines
sed -n '5,7p;$=' tree/a/1/lines
sed -i.saved -e 's/a/A/g' -e '/ 1$/d' tree/a/1/lines && head -1 tree/a/1/lines && ls tree/a/1
sed -E ':a;s/^(\s*[0-9]+)([0-9]{3})/\1,\2/;ta' <<<1234567
sed 'N;P;D' tree/b/1/lines | tail -1
awk '{sum[$1] += $2} END {for (key in sum) print key, sum[key]}' tree/*/*/lines | sort
awk 'BEGIN {printf "%.3f %s %d\n", atan2(0, -1), substr("hello", 2, 3), length("text"); "echo piped" | getline x; print x}'
awk 'BEGIN {print strftime("%F", 86400, 1); print systime() > 1e9; system("echo from system")}'
awk -F: '$3 < 3 {print $1}' /etc/passwd
gawk 'BEGIN {PROCINFO["sorted_in"] = "@val_num_desc"; a["x"] = 1; a["y"] = 2; for (i in a) print i}'
gawk 'BEGIN {cmd = "cat"; print "two ways" |& cmd; close(cmd, "to"); cmd |& getline line; print line}'
find tree -type f -size -2 | wc -l
find tree -name lines -path '*b*' -printf '%p %s %d %y %m\n' | sort
find tree -type d -empty -o -name '*.saved' | sort
touch -d @86400 tree/b/1/lines
find tree -newer tree/b/1/lines -type f | wc -l
find tree -name lines -exec wc -l {} + | tail -1
find tree -name lines -print0 | xargs -0 -P 4 -n 1 wc -l | awk '{n += $1} END {print n}'
find / -xdev -maxdepth 1 -name 'etc'
find tree -depth -name c -execdir echo {} \;
diff tree/a/1/lines tree/b/1/lines | head -3
diff -u <(seq 9) <(seq 9 | sed s/5/five/) | tail -n +3
diff -rq tree/a tree/b | head -3
diff3 <(seq 3) <(seq 4) <(seq 5)
cmp tree/a/2/lines tree/b/2/lines
sdiff -w 20 <(seq 3) <(seq 2 4)
seq 3 >old; seq 4 >new
command -v file >/dev/null && file -b old /bin/ls /etc/passwd /dev/null | sed 's/, BuildID.*//'
updatedb --version 2>/dev/null | head -1
