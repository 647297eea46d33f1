# Python's own tests of what it takes from the system; each test's name and result
cd "$(mktemp -d)" || exit
ulimit -n 1024
for test in ${TESTS:-test_os test_subprocess test_threading test_mmap test_select test_signal}; do
    timeout 900 python3 -m test -v $test >out 2>&1
    sed -n 's/^test_[A-Za-z0-9_]* (\([^)]*\)).* \.\.\. \(ok\|FAIL\|ERROR\|skipped.*\)$/\1 \2/p' out | sort
    grep -E '^(FAIL|ERROR): ' out | sort -u
    cat out >>/tmp/python.out
done
