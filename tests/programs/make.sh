# make -j4 builds a project of fifty files, and then only what has changed.
cd "$(mktemp -d)" || exit
for i in $(seq 50); do
    echo "int f$i(int x) { return x + $i; }" >f$i.c
    echo "int f$i(int x);" >>all.h
done
{
    echo '#include <stdio.h>'
    echo '#include "all.h"'
    echo 'int main(void) { int x = 0;'
    for i in $(seq 50); do echo "x = f$i(x);"; done
    echo 'printf("%d\n", x); }'
} >main.c
cat >Makefile <<'END'
OBJECTS := $(patsubst %.c,build/%.o,$(wildcard *.c))
program: $(OBJECTS)
	gcc -o $@ $(sort $^)
build/%.o: %.c | build
	@echo "compiles $<"
	@gcc -MMD -c -O1 -o $@ $<
build:
	mkdir $@
clean:
	rm -r build program
-include $(OBJECTS:.o=.d)
.PHONY: clean
END
make -j4 | grep -c compiles
./program
make -j4
sleep 1
touch f7.c all.h
make -j4 | grep compiles | sort
make -n clean
make -q; echo "up to date $?"
echo 'int f8(int x) { return broken; }' >f8.c
make -j4 >/dev/null 2>&1; echo "make $?"
make -sC . -k -j4 >/dev/null 2>&1; echo "make -k $?"
make clean && ls -A | wc -l
make --version | head -1
