# What tests/compare_programs.py counts: each `row` prints its name and has count-command run a command. It is run by bash, on Debian's
# disk, with /proc mounted, on Linux as the first program.
export HOME=/root LC_ALL=C PATH=/both:/usr/bin:/usr/sbin TERM=vt100
[ -e /dev/null ] || mount -t devtmpfs dev /dev
[ -e /proc/self ] || mount -t proc proc /proc
exec </dev/null >/dev/ttyS0 2>&1

# row NAME COMMAND [ARGUMENT ...]
row() {
    echo "row: $1"
    count-command "${@:2}" >/dev/null || echo "row $1 has failed: $?"
}

mkdir /var/tmp/counted && cd /var/tmp/counted || exit
row 'bash -c :' bash -c :
row 'python3 -c pass' python3 -c pass

cat >hello.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **words)
{
    for (int i = 0; i < count; i++)
        printf("%d %s\n", i, words[i]);
    return EXIT_SUCCESS;
}
END
row 'gcc -O2 -c hello.c' gcc -O2 -c hello.c

mkdir files
awk 'BEGIN {for (i = 0; i < 10000; i++) {d = "files/" i % 20; if (i < 20) system("mkdir " d);
    f = d "/" i; for (j = 0; j < i % 40; j++) print "line " j " of file " i >f; printf "" >f; close(f)}}'
row 'tar -cf archive files, 10,000 of them' tar -cf archive files

rm archive
git init -q . && git add hello.c files/[0-3] && git -c user.name=x -c user.email=x@example.com commit -qm first
row 'git status, 2,000 files' git status --untracked-files=no
sync
echo "rows: all"
