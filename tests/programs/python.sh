# Python's own tests of what it takes from the system. Each test's name and result is printed.
cd "$(mktemp -d)" || exit
for test in ${TESTS:-test_os test_subprocess test_threading test_mmap test_select test_signal}; do
    timeout 900 python3 -m test -v -j0 $test >out 2>&1
    echo "$test ended with $?"
    sed -n 's/^\(test_[A-Za-z0-9_]*\) (\([^)]*\)).* \.\.\. \(ok\|FAIL\|ERROR\|skipped.*\)$/\2 \1 \3/p' out | sort
    grep -E '^(FAIL|ERROR):' out | sort -u
    cat out >&3
done 3>/tmp/python.out
