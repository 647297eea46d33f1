#!/usr/bin/env bash
# need.sh TOOL=PACKAGE ...: fails with one line for each tool that is not on the PATH, naming its package.
missing=0
for pair in "$@"; do
    tool=${pair%%=*} package=${pair#*=}
    command -v "$tool" >/dev/null && continue
    echo "cairn: '$tool' is missing: install the package '$package', or run ./scripts/setup.sh" >&2
    missing=1
done
exit $missing
