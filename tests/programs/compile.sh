# gcc compiles, assembles and links programs, which then run; binutils look at them; nasm.
cd "$(mktemp -d)" || exit
cat >hello.c <<'END'
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static __thread int own = 5;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long total;

static void *run(void *argument)
{
    own += (int)(long)argument;
    for (int i = 0; i < 10000; i++) {
        pthread_mutex_lock(&mutex);
        total++;
        pthread_mutex_unlock(&mutex);
    }
    return (void *)(long)own;
}

int main(int argc, char **argv)
{
    pthread_t threads[4];
    long sum = 0;
    printf("hello %d %s %.6f\n", argc, argv[1], sqrt(2));
    for (long i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, run, (void *)i);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        sum += (long)result;
    }
    printf("%ld %ld %d\n", total, sum, own);
    fflush(stdout);
    if (fork() == 0) {
        puts("the child");
        exit(3);
    }
    int status;
    wait(&status);
    printf("status %d %s\n", WEXITSTATUS(status), strerror(ENOENT));
    return 0;
}
END
gcc -O2 -Wall -o hello hello.c -lm -pthread && ./hello one
gcc -static -o static hello.c -lm && ./static two
gcc -fsanitize=undefined -g -o checked hello.c -lm && ./checked three
gcc -S -O2 -o - hello.c | grep -c pthread_create
gcc -c -O2 hello.c && nm hello.o | grep ' [TtbB] ' | cut -c18-
objdump -d hello.o | grep -c call
size hello.o | tail -1
readelf -h hello | grep Type
strip hello && ./hello stripped | head -1
strings hello | grep '^the child$'
ar rcs libx.a hello.o && ar t libx.a
cat >shared.c <<'END'
int answer(void) { return 42; }
END
cat >loads.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
    void *library = dlopen("./libshared.so", RTLD_NOW);
    int (*answer)(void) = (int (*)(void))dlsym(library, "answer");
    printf("%d %s\n", answer(), dlopen("./nothing.so", RTLD_NOW) ? "" : dlerror());
    return dlclose(library);
}
END
gcc -shared -fPIC -o libshared.so shared.c && gcc -o loads loads.c && ./loads
cat >bad.c <<'END'
int main(void) { return undeclared; }
END
gcc -c bad.c 2>&1 | grep -c "'undeclared' undeclared"
cat >start.asm <<'END'
global _start
section .text
_start: mov eax, 1
        mov edi, 1
        lea rsi, [rel text]
        mov edx, 8
        syscall
        mov eax, 60
        mov edi, 4
        syscall
section .rodata
text:   db "by nasm", 10
END
nasm -f elf64 start.asm && ld -o start start.o && ./start
echo "status $?"
gcc -pipe -O1 -x c - -o piped <<<'#include <stdio.h>
int main(void) { puts("piped"); }' && ./piped
gcc -flto -O2 -o lto shared.c hello.c -lm && ./lto four | head -1
cpp -dM </dev/null | grep __x86_64__
md5sum hello.o start.o
