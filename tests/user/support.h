/*
 * What the tests of system calls use beyond tests/test.h. They are programs with a C library, and
 * run on the build machine's own Linux and on Cairn.
 *
 * Each test is a process of its own, in an empty directory of its own, and has a minute. So a test
 * may leave what it likes: open files, children, a changed mask, even a fault ends only itself.
 */
#ifndef TESTS_USER_SUPPORT_H
#define TESTS_USER_SUPPORT_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../test.h"

/* A system call without what the C library adds. */
#define CALL(name, ...) syscall(SYS_##name, ##__VA_ARGS__)

#undef TEST
#define TEST(suite_name, test_name)                         \
    static void body__##suite_name##__##test_name(void);    \
    DEFINE_TEST(suite_name, test_name, NULL)                \
    {                                                       \
        test_in_process(body__##suite_name##__##test_name); \
    }                                                       \
    static void body__##suite_name##__##test_name(void)

/* Runs a test's body in a process of its own. The test has failed if that does not end well. */
void test_in_process(void (*body)(void));

/* The call must fail, with that error number. */
#define EXPECT_ERROR(call, number)                                                    \
    do {                                                                              \
        errno = 0;                                                                    \
        long result_ = (long)(call);                                                  \
        if (result_ != -1 || errno != (number)) {                                     \
            test_fail(__FILE__, __LINE__, "expected: " #call " fails with " #number); \
            test_print("    #   it returned %ld, errno %d", result_, errno);          \
            return;                                                                   \
        }                                                                             \
    } while (0)

/* The call must not fail. */
#define EXPECT_OK(call)                                                         \
    do {                                                                        \
        errno = 0;                                                              \
        if ((long)(call) == -1) {                                               \
            test_fail(__FILE__, __LINE__, "expected: " #call " does not fail"); \
            test_print("    #   errno %d", errno);                              \
            return;                                                             \
        }                                                                       \
    } while (0)

enum { PAGE = 4096 };

/* The kinds of addresses that are not the program's: nothing is there (NULL, a low page), the
 * kernel's half, addresses that no processor has, the end of the address space, a page without
 * permissions, an address of the program's with another bit set, the end of a mapping. */
enum { BAD_POINTERS = 10 };

/* One of these, such that an object of `size` bytes cannot be there; for some, its first half can.
 */
void *bad_pointer(unsigned kind, size_t size);

/* A bad pointer for what the kernel only reads is not bad enough for what it writes: a page that is
 * read-only. */
void *read_only_page(void);

/* Calls must refuse an object of `size` bytes at each bad pointer `bad`. */
#define EXPECT_FAULT_EACH(bad, size, call)                                                       \
    for (unsigned kind_ = 0; kind_ < BAD_POINTERS; kind_++) {                                    \
        void *bad = bad_pointer(kind_, size);                                                    \
        errno = 0;                                                                               \
        long result_ = (long)(call);                                                             \
        if (result_ != -1 || errno != EFAULT) {                                                  \
            test_fail(__FILE__, __LINE__, "expected: EFAULT from " #call);                       \
            test_print("    #   pointer %u, %p: it returned %ld, errno %d", kind_, bad, result_, \
                       errno);                                                                   \
            return;                                                                              \
        }                                                                                        \
    }

/* The information about the last signal that handle_faults() handles, and where its handler jumps
 * to. */
extern siginfo_t fault_info;
extern sigjmp_buf before_fault;

/* Handles the signals for what a program does wrong: SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP. */
void handle_faults(int flags);

/* Does something wrong, and leaves what the signal says of it in `fault_info`: its si_signo is 0
 * when none comes. */
#define FAULT(wrong)                                \
    do {                                            \
        memset(&fault_info, 0, sizeof(fault_info)); \
        handle_faults(0);                           \
        if (sigsetjmp(before_fault, 1) == 0) {      \
            wrong;                                  \
        }                                           \
    } while (0)

/* Runs `child` in another process, and returns the status that wait() gives for it. */
int status_of(void (*child)(void));

/* For a test that executes its own program, with `--child` as the first argument: its main
 * function. */
int test_child(int argc, char **argv);

/* Starts a child that sleeps until a signal ends it. */
pid_t start_sleeper(void);

/* Makes a file with that text; tells whether a file has exactly that text. */
void make_file(const char *path, const char *text);
bool has_text(const char *path, const char *text);

/* Reads a file as a string, at most `room` - 1 bytes. Returns their number, or -1 when the file
 * cannot be read; then the string is empty. */
ssize_t read_whole(const char *path, char *text, size_t room);

/* Installs a handler for a signal; one that does nothing. */
void handle(int signal, void (*handler)(int), int flags);
void do_nothing(int signal);

/* Stops for that many milliseconds, whatever signals arrive. */
void pause_for(long milliseconds);

/* The time since the machine started, in milliseconds. */
long milliseconds_now(void);

/* Returns once the process sleeps in a system call. */
void let_sleep(pid_t process);

/* Users and groups without rights; their numbers are in no file. */
enum { USER = 1000, OTHER = 1001, GROUP = 2000, OTHER_GROUP = 2001 };

/* A test that gives rights away begins with this: it does nothing for a user who has none. The
 * test's directory becomes one in which every user may make files. */
#define NEEDS_ROOT()      \
    do {                  \
        if (geteuid())    \
            return;       \
        chmod(".", 0777); \
    } while (0)

/* The process becomes USER, of GROUP alone, and cannot go back. */
void become_user(void);

#endif
