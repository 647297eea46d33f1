# tar | gzip | gunzip | tar of many files gives the same checksums; other ways to pack; rsync.
cd "$(mktemp -d)" || exit
FILES=${FILES:-10000}
mkdir -p from to
awk -v n="$FILES" 'BEGIN {for (i = 0; i < n; i++) {d = "from/" i % 20; if (i < 20) system("mkdir " d);
    f = d "/" i; for (j = 0; j < i % 40; j++) print "line " j " of file " i >f; printf "" >f; close(f)}}'
ln -s 1 from/link
ln from/1/1 from/hard
mkfifo from/fifo
chmod 751 from/2
touch -d '2000-01-01 UTC' from/3/3
sums() {
    (cd "$1" && find . -type f -print0 | sort -z | xargs -0 md5sum | md5sum; find . -printf '%p %m %l %n %y\n' | sort | md5sum)
}
sums from
tar -cf - from | gzip | gunzip | tar -xf - -C to
sums to/from
stat -c %Y to/from/3/3
rm -r to/from
tar -czf all.tar.gz from && tar -tzf all.tar.gz | wc -l
tar -cJf all.tar.xz from/1 && tar -xJf all.tar.xz -C to && diff -r from/1 to/from/1 && echo "xz same"
rm -r to/from
gzip -k -9 <from/19/39 | zcat | cmp - from/19/39 && echo "gzip same"
seq 100000 | xz -T1 -3 | xz -d | md5sum
seq 100000 | gzip | wc -c
tar -cf one.tar from/5 && tar -rf one.tar from/6 && tar -df one.tar && tar --delete -f one.tar from/5 && tar -tf one.tar | wc -l
tar -xf one.tar -C to --strip-components=1 && ls to
tar --sparse -cf - --transform s,from,other, from/7 | tar -tf - | sort | head -2
if command -v bzip2 >/dev/null; then
    seq 100000 | bzip2 | bunzip2 | md5sum
fi
if command -v rsync >/dev/null; then
    rsync -a from/ mirror/ && sums mirror
    echo changed >>from/4/4
    rm from/8/8
    rsync -a --delete --itemize-changes from/ mirror/ | cut -c1-9,12- | sort
    diff -r --exclude=fifo from mirror && echo "mirrored"
fi
