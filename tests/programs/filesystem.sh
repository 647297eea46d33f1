# e2fsprogs on a file: a file system is made, looked at, damaged and mended.
cd "$(mktemp -d)" || exit
mkdir tree && seq 1000 >tree/numbers && ln -s numbers tree/link && mkdir tree/d && cp /bin/ls tree/d
truncate -s 8M image
mke2fs -q -t ext2 -d tree -U 12345678-1234-1234-1234-123456789012 image
e2fsck -fn image | tail -1 | sed 's/.*: //'
dumpe2fs -h image 2>/dev/null | grep -E '^(Filesystem UUID|Inode count|Block count|Block size)'
debugfs -R 'ls -p /' image 2>/dev/null | cut -d/ -f6 | sort
debugfs -R 'cat /numbers' image 2>/dev/null | md5sum
debugfs -w -R 'clri /numbers' image 2>/dev/null
e2fsck -fy image >/dev/null 2>&1; echo "mended $?"
e2fsck -fn image | tail -1 | cut -d: -f2 | cut -d'(' -f1
resize2fs image 16M >/dev/null 2>&1; echo "resized $?"
e2fsck -fn image >/dev/null; echo "clean $?"
blkid -o value -s TYPE image
tune2fs -L name image >/dev/null && e2label image
