#!/bin/bash
# Checks the models below tests/models/ with SPIN. Each model has to hold as it is. Its first comment lists ways to break it,
# in lines that begin with a word in capitals, and SPIN has to find an error in each of these.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/need.sh spin=spin gcc=gcc

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# errors MODEL [DEFINE]: prints how many errors SPIN finds, after a search that was complete or found one.
errors() {
    local model=$PWD/$1 define=${2:+-D$2}
    (
        cd "$work"
        spin ${define:+"$define"} -a "$model" > spin.out || { cat spin.out >&2; exit 1; }
        gcc -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c
        ./pan -m1000000 > pan.out || { cat pan.out >&2; exit 1; }
        if grep -q "errors: 0" pan.out && grep -q "Search not completed" pan.out; then
            cat pan.out >&2
            exit 1
        fi
        sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.out
    )
}

failed=0
for model in tests/models/*.pml; do
    found=$(errors "$model")
    echo "$model: $found errors"
    [ "$found" = 0 ] || failed=1
    mapfile -t breaks < <(sed -n '/\*\//q; s/^ \*  *\([A-Z_][A-Z_]*\)  .*/\1/p' "$model")
    for define in "${breaks[@]}"; do
        found=$(errors "$model" "$define")
        if [ "$found" = 0 ]; then
            echo "$model with $define: not found"
            failed=1
        else
            echo "$model with $define: found, as it should be"
        fi
    done
done
exit $failed
