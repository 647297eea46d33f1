# vim edits a file by commands; its swap file, undo, filters, a backup.
cd "$(mktemp -d)" || exit
seq 20 >file
vim.tiny -N -u NONE -es file <<'END'
3,5d
%s/1\(.\)/<\1>/
g/<5>/normal Ainserted
1i
the first line
.
$r !echo read from a command
2,4!sort -r
w
w! copy
q
END
echo "status $?"
cat file
cmp file copy && echo same
vim.tiny -N -u NONE -es -c 'set backup backupext=.saved' -c '1d' -c 'wq' file
ls -A
head -2 file file.saved
printf 'a\nb\n' | vim.tiny -N -u NONE -es -c '%j' -c '%p' -c 'q!' -
vim.tiny --version | head -1
