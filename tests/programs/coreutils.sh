# The tools on files and text that every script takes for granted.
cd "$(mktemp -d)" || exit
seq 1000 >numbers
for tool in md5sum sha1sum sha256sum sha512sum b2sum cksum sum; do
    $tool numbers
done
sort -rn numbers | head -3
shuf --random-source=numbers -n 3 numbers
sort --parallel=2 -R --random-source=numbers numbers | sort -n | cmp - numbers && echo same
split -l 300 numbers part. && wc -l part.*
csplit -s numbers 500 && wc -c xx0*
paste -d, part.aa part.ab | tail -2
join <(seq 5) <(seq 3 9)
comm -12 <(seq 5 | sort) <(seq 3 9 | sort)
cut -c2- numbers | uniq | wc -l
nl numbers | tail -1
tac numbers | head -1
fold -w 10 <<<"a line that is longer than ten"
fmt -w 20 <<<"a line that is longer than twenty characters"
pr -h title -l 20 -t numbers | head -2
expand <<<$'a\tb' | od -c | head -1
tr a-z A-Z <<<text
base64 <<<text
base32 <<<text
od -An -tx2 numbers | head -1
dd if=numbers bs=7 skip=3 count=2 2>/dev/null
dd if=/dev/zero of=zeros bs=1M count=3 conv=fsync 2>&1 | head -2
truncate -s 5000000 holes && du -k holes && stat -c %s holes
cp --sparse=always zeros sparse && du -k sparse
cp -a numbers copy && stat -c '%s %Y' copy | cmp - <(stat -c '%s %Y' numbers) && echo "kept"
cp -r --reflink=auto . ../copy.$$ && rm -r ../copy.$$
install -m 700 -d d/e && stat -c %A d/e
ln numbers hard && stat -c %h hard
ln -s ../x link && readlink link
realpath -m a/../b | sed 's,.*/,,'
mkdir -p p/q/r && touch p/q/r/s && rmdir --ignore-fail-on-non-empty -p p/q/r; find p | sort
touch -d '2001-02-03 04:05:06 UTC' old && stat -c %y old
touch -r old new && [ ! new -nt old ] && [ ! new -ot old ] && echo "as old"
mktemp -u XXXX | wc -c
mv -v numbers renamed
mv --exchange 2>/dev/null || true
rm -v part.ab
ls --time-style=+%Y -l old | cut -d' ' -f1,5-
ls -1 --group-directories-first | head -3
ls -id . .. | wc -l
chmod -R u=rwX,go= d && stat -c %a d
chown 0:0 old && stat -c %u:%g old
test -w old -a ! -x old; echo $?
expr 6 \* 7 : '\(.*\)'
factor 1234567890
seq -s+ 1 10
numfmt --to=iec 123456789
tsort <<<"a b b c"
{ timeout -s KILL 0.1 sleep 9; } 2>/dev/null; echo $?
nice -n 5 nice
env -i A=1 env
printenv HOME >/dev/null && echo "has a home"
nohup echo "hung up" 2>/dev/null
stdbuf -oL echo buffered
echo a b c | xargs -n1 -P3 echo | sort | tr '\n' ' '
sync -f .; echo $?
date -u -d '2024-02-29 + 1 year' +%F
cat /proc/self/comm
pathchk -p ok && echo portable
yes | head -c 100000 | wc -c
tail -c +4990 zeros | head -c 4 | od -An -tx1
sleep 0.2 & tail --pid=$! -f /dev/null; echo "tail ended"
(sleep 0.3; echo late >>followed) & touch followed; tail --pid=$! -f followed; wait
stat -f -c %T /proc
who | wc -l
users | wc -l
