# A script of many parts of bash: expansion, arrays, functions, traps, here documents, coprocesses, jobs, arithmetic.
set -u
cd "$(mktemp -d)" || exit

section() {
    echo "== $*"
}

section arithmetic
echo $((1 + 2 * 3)) $((2 ** 40)) $((0xff & ~0x0f)) $((-7 / 2)) $((-7 % 2)) $((5 > 3 ? 10 : 20))
((i = 5, i += 3))
echo "$i"
for ((i = 0; i < 5; i++)); do
    printf '%d ' $((i * i))
done
echo
fibonacci() {
    local n=$1
    if ((n < 2)); then
        echo "$n"
    else
        echo $(($(fibonacci $((n - 1))) + $(fibonacci $((n - 2)))))
    fi
}
fibonacci 9
let "x = 3 << 4"
echo "$x"

section strings
s="The quick brown fox"
echo "${#s} ${s:4:5} ${s#The } ${s%fox} ${s/quick/slow} ${s//o/0} ${s^^} ${s,,}"
unset nothing
echo "${nothing:-default} ${nothing:+set} ${s:+set}"
path=/usr/local/lib/file.tar.gz
echo "${path##*/} ${path%/*} ${path%.*} ${path%%.*}"
printf '%s|%5d|%-5s|%05.1f|%x|%q\n' text 42 ab 3.14159 255 "it's"
printf -v made '%03d' 7
echo "$made"
echo $'tab\there' "a"'b'c
echo {a,b}{1..3} {10..0..5}

section arrays
a=(one two "three four" five)
echo "${#a[@]} ${a[2]} ${a[-1]} ${a[@]:1:2}"
a+=(six)
unset 'a[1]'
for item in "${a[@]}"; do
    echo "[$item]"
done
echo "${!a[@]}"
declare -A map=([red]=1 [green]=2 [blue]=3)
for key in $(printf '%s\n' "${!map[@]}" | sort); do
    echo "$key=${map[$key]}"
done
mapfile -t lines < <(seq 3)
echo "${lines[*]}"
IFS=: read -r -a fields <<<"a:b:c"
echo "${fields[1]}"

section conditions
for value in 5 abc "" 2024-01-02; do
    case $value in
        [0-9]) echo "digit" ;;
        [a-z]*) echo "word" ;;
        "") echo "empty" ;;
        *-*-*) echo "date" ;;
    esac
    if [[ $value =~ ^([0-9]+)-([0-9]+) ]]; then
        echo "match ${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
    fi
done
touch file
mkdir directory
ln -s file link
for name in file directory link nothing; do
    [ -f $name ] && echo "$name is a file"
    [ -d $name ] && echo "$name is a directory"
    [ -L $name ] && echo "$name is a link"
    [ -e $name ] || echo "$name is not there"
done
[[ abc < abd && 10 -gt 9 ]] && echo "compared"
[ file -nt nothing ] && echo "newer"

section functions
count() {
    local total=0 n
    for n; do
        ((total += n))
    done
    echo "$# numbers, $total"
    return 3
}
count 1 2 3 4
echo "status $?"
outer() {
    local hidden=1
    inner
}
inner() {
    echo "sees ${hidden:-nothing}"
}
outer
inner
recurse() {
    (($1 == 0)) && return
    printf '%s ' "$1"
    recurse $(($1 - 1))
}
recurse 10
echo

section redirection
echo "to a file" >out
echo "appended" >>out
cat <out
{
    echo "standard output"
    echo "standard error" >&2
} >both 2>&1
cat both
exec 3>third
echo "by a descriptor" >&3
exec 3>&-
cat third
cat <<END
here document: $((6 * 7)) $s
END
cat <<'END'
as it is: $((6 * 7)) $s
END
cat <<-END
	without its tabs
	END
cat <<<"here string"
diff <(seq 5) <(seq 2 6)
tee copy <<<"through tee" >/dev/null
cat copy
(set -o noclobber; echo x >out) 2>/dev/null || echo "not overwritten"

section pipes
seq 100 | grep 7 | wc -l
yes | head -n 1000 | uniq -c | tr -s ' '
false | true
echo "${PIPESTATUS[@]}"
set -o pipefail
false | true
echo "pipefail $?"
set +o pipefail
seq 5 | while read -r n; do
    printf '%s-' "$n"
done
echo
shopt -s lastpipe
seq 3 | read -r first
echo "first $first"
coproc cat
echo "to a coprocess" >&"${COPROC[1]}"
read -r answer <&"${COPROC[0]}"
echo "$answer"
eval "exec ${COPROC[1]}>&-"
wait

section jobs
sleep 100 &
first_job=$!
(exit 7) &
second_job=$!
wait $second_job
echo "status $?"
kill -TERM $first_job
wait $first_job
echo "status $?"
for n in 3 1 2; do
    (
        sleep $((n - 1)).2
        echo "job $n"
    ) &
done
wait
jobs -l | wc -l
timeout 0.2 sleep 5
echo "timeout $?"
(
    trap 'echo "usr1 trapped"' USR1
    kill -USR1 $BASHPID
    trap 'echo "leaves"' EXIT
)
{ bash -c 'kill -SEGV $$'; } 2>/dev/null
echo "killed $?"
bash -c 'trap "" TERM; kill -TERM $$; echo survives'
wait -n 2>/dev/null
echo "wait -n $?"

section traps
trap 'echo "debugged" >/dev/null' DEBUG
trap - DEBUG
fails() {
    trap 'echo "error trapped"' ERR
    false
    trap - ERR
}
fails
(
    set -e
    false
    echo "not reached"
)
echo "set -e gives $?"

section files
for n in {1..20}; do
    echo "$n" >"number-$n"
done
echo number-1*
shopt -s extglob nullglob
echo number-@(2|3) !(number-*) nothing*
touch -d @86400 file
find . -name 'number-*' -newer file | wc -l
ls | sort -V | tail -2
stat -c '%a %s %F' out
stat -c '%a %F' directory
chmod 640 out
umask 027
touch private
stat -c %a out private
mkfifo pipe
echo "by a fifo" >pipe &
cat pipe
wait
rm -r directory
mv out moved
[ -e moved ] && cp moved again && cmp moved again && echo "same"
exec {free}<moved
read -r -u "$free" line
echo "$line"
exec {free}<&-

section time
SECONDS=0
sleep 0.1
((SECONDS < 5)) && echo "soon"
TIMEFORMAT=%R
elapsed=$({ time sleep 0.2; } 2>&1)
[[ $elapsed == 0.[2-9]* || $elapsed == [1-9].* ]] && echo "timed"
read -r -t 0.1 never </dev/zero || echo "no line"
printf '%(%Y-%m-%d)T\n' 0

section options
while getopts "ab:" option -a -b value rest; do
    echo "$option ${OPTARG:-}"
done
set -- x y z
shift
echo "$# $*"
set -- "${@:2}" new
echo "$@"
select choice in only; do
    echo "chose $choice"
    break
done <<<1 2>/dev/null
type -t cd ls count if
command -v ls
hash -r
enable -n echo
/bin/echo "the program"
enable echo
readonly constant=1
(constant=2) 2>/dev/null || echo "constant stays"
echo "${BASH_VERSINFO[0]} $0" | sed 's,/.*/,,'
compgen -b | wc -l
ulimit -c 0
echo "$-" | grep -c h

section references
set_by_name() {
    local -n target=$1
    target+=("added $2")
}
list=(first)
set_by_name list 2
declare -p list
name=list
echo "${!name} ${list[@]@Q}"
export INHERITED="by a child"
bash -c 'echo "$INHERITED"; export -p | grep -c INHERITED'
(unset INHERITED; bash -c 'echo "${INHERITED-gone}"')
A=one B=two bash -c 'echo "$A $B $0 $1"' zero first

section sources
cat >library.sh <<'END'
greet() { echo "${FUNCNAME[0]} called by ${FUNCNAME[1]} with $*"; }
return 5
END
. ./library.sh
echo "returned $?"
greet "two words" one
printf '#!/bin/bash\necho "script $# ${0##*/}"; exit 4\n' >program && chmod 755 program && ./program a b
echo "status $?"
printf 'no line of an interpreter\n' >text && chmod 755 text && ./text 2>/dev/null
echo "status $?"
./nothing 2>/dev/null
echo "status $?"
./library.sh 2>/dev/null
echo "status $?"
exec 4>&1
echo "to the fourth" >&4
(exec sh -c 'echo "replaced $$" | cut -c1-8')
section end
