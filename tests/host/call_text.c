/*
 * System calls as text: numbers, flags, strings and structures, and pointers to no memory.
 */
#include <kernel/syscall/call_text.h>
#include <lib/string.h>

#include "../test.h"

/* What a program has in its memory: this, and nothing else. */
static struct {
    char path[32], bytes[128];
    uint64_t strings[12];
    int64_t numbers[8];
    int32_t words[6];
} memory;

static bool read_memory(void *context, void *to, virt_addr_t from, size_t size)
{
    uintptr_t start = (uintptr_t)&memory;
    (void)context;
    if (from < start || from - start > sizeof(memory) - size)
        return false;
    memcpy(to, (const void *)from, size);
    return true;
}

static uint64_t at(const void *pointer)
{
    return (uintptr_t)pointer;
}

static struct call_text text;

/* The whole text of a call whose arguments do not change. */
static const char *words(struct call call)
{
    call_text_begin(&text, &call, read_memory, NULL);
    call_text_end(&text, &call);
    return text.text;
}

#define CALL(number, result, ...) words((struct call){number, {__VA_ARGS__}, result})

enum { READ, WRITE, OPENAT = 257 };

TEST(call_text, a_name_and_flags_are_shown_as_they_are_written)
{
    string_copy(memory.path, "/etc/passwd", sizeof(memory.path));
    EXPECT_STR(CALL(OPENAT, 3, (uint64_t)-100, at(memory.path), 02000000),
               "openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY|O_CLOEXEC) = 3");
    EXPECT_STR(CALL(OPENAT, -2, 5, at(memory.path), 0101, 0644),
               "openat(5, \"/etc/passwd\", O_WRONLY|O_CREAT, 0644) = -1 ENOENT");
    EXPECT_STR(CALL(39, 12), "getpid() = 12");
}

TEST(call_text, a_bad_pointer_is_a_number)
{
    EXPECT_STR(CALL(OPENAT, -14, (uint64_t)-100, 0x1234, 2),
               "openat(AT_FDCWD, 0x1234, O_RDWR) = -1 EFAULT");
    EXPECT_STR(CALL(80, -14, 0), "chdir(NULL) = -1 EFAULT");
    EXPECT_STR(CALL(WRITE, -14, 1, UINT64_MAX, 5), "write(1, 0xffffffffffffffff, 5) = -1 EFAULT");
    EXPECT_STR(CALL(35, -14, UINT64_MAX - 3, 0), "nanosleep(0xfffffffffffffffc, NULL) = -1 EFAULT");
}

TEST(call_text, text_that_leaves_the_memory_is_cut)
{
    char *end = (char *)(&memory + 1);
    memset(memory.words, 'w', sizeof(memory.words));
    EXPECT_STR(CALL(80, -14, at(end - 3)), "chdir(\"www\"...) = -1 EFAULT");
    EXPECT_STR(CALL(WRITE, 3, 1, at(end - 3), 9), "write(1, \"www\"..., 9) = 3");
}

TEST(call_text, bytes_that_are_read_are_shown_when_the_call_is_over)
{
    struct call call = {READ, {0, at(memory.bytes), 100}, 0};
    memset(memory.bytes, 'x', sizeof(memory.bytes));
    call_text_begin(&text, &call, read_memory, NULL);
    EXPECT_STR(text.text, "read(0");
    memcpy(memory.bytes, "a\tb\n\"\\\x01", 7);
    call.result = 7;
    call_text_end(&text, &call);
    EXPECT_STR(text.text, "read(0, \"a\\tb\\n\\\"\\\\\\x01\", 100) = 7");
    EXPECT_STR(CALL(READ, 0, 0, at(memory.bytes), 100), "read(0, \"\", 100) = 0");
}

TEST(call_text, what_a_failed_call_would_have_written_is_not_read)
{
    EXPECT_STR(CALL(22, -24, 0x5000), "pipe(0x5000) = -1 EMFILE");
    memory.words[0] = 3;
    memory.words[1] = 4;
    EXPECT_STR(CALL(22, 0, at(memory.words)), "pipe({3, 4}) = 0");
}

TEST(call_text, long_text_is_cut)
{
    memset(memory.bytes, 'x', sizeof(memory.bytes));
    const char *shown = CALL(WRITE, 128, 1, at(memory.bytes), 128);
    EXPECT_EQ(strlen(shown), strlen("write(1, \"\"..., 128) = 128") + 64);
    EXPECT_STR(shown + strlen("write(1, \"") + 64, "\"..., 128) = 128");
}

TEST(call_text, a_result_is_shown_however_long_the_arguments_are)
{
    memset(memory.bytes, '\x01', sizeof(memory.bytes) - 1);
    memory.bytes[127] = '\0';
    const char *shown = CALL(82, -512, at(memory.bytes), at(memory.bytes));
    EXPECT_STR(shown + strlen(shown) - 20, "...) = ? ERESTARTSYS");
}

TEST(call_text, arrays_are_shown_with_their_elements)
{
    string_copy(memory.path, "ls", sizeof(memory.path));
    string_copy(memory.bytes, "-l", sizeof(memory.bytes));
    memory.strings[0] = at(memory.path);
    memory.strings[1] = at(memory.bytes);
    memory.strings[2] = 0;
    EXPECT_STR(CALL(59, 0, at(memory.path), at(memory.strings), at(&memory.strings[2])),
               "execve(\"ls\", [\"ls\", \"-l\"], []) = 0");
    memory.numbers[0] = 0x100000005;     /* file 5, events 1 */
    memory.numbers[1] = 0x4000500000006; /* file 6, events 5, of which 4 came */
    EXPECT_STR(CALL(7, 1, at(memory.numbers), 2, (uint64_t)-1),
               "poll([{5, POLLIN}, {6, POLLIN|POLLOUT}], 2, -1) = 1");
    EXPECT_STR(CALL(7, 0, 0, 0, 5), "poll(NULL, 0, 5) = 0");
}

TEST(call_text, an_array_without_end_is_cut)
{
    string_copy(memory.path, "a", sizeof(memory.path));
    for (unsigned i = 0; i < ARRAY_SIZE(memory.strings); i++)
        memory.strings[i] = at(memory.path);
    EXPECT_STR(
        CALL(59, -2, 0, at(memory.strings), 0),
        "execve(NULL, [\"a\", \"a\", \"a\", \"a\", \"a\", \"a\", \"a\", \"a\", ...], NULL) = "
        "-1 ENOENT");
    memset(memory.words, 0, sizeof(memory.words));
    memset(memory.strings, 0, sizeof(memory.strings));
    EXPECT_STR(CALL(115, 20, 20, at(memory.strings)),
               "getgroups(20, [{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, ...]) = 20");
    memory.numbers[6] = 1;
    memory.numbers[7] = 2;
    EXPECT_STR(CALL(20, -22, 1, at(&memory.numbers[6]), UINT64_MAX),
               "writev(1, [{1, 2}, {0, 0}, ...], 18446744073709551615) = -1 EINVAL");
}

TEST(call_text, times_and_signals_have_words)
{
    memory.numbers[0] = 1;
    memory.numbers[1] = 500000000;
    EXPECT_STR(CALL(35, -516, at(memory.numbers), 0),
               "nanosleep({1, 500000000}, NULL) = ? ERESTART_RESTARTBLOCK");
    EXPECT_STR(CALL(62, 0, 12, 9), "kill(12, SIGKILL) = 0");
    EXPECT_STR(CALL(62, 0, (uint64_t)-1, 0), "kill(-1, 0) = 0");
    memory.numbers[0] = 0x10002;
    EXPECT_STR(CALL(14, 0, 0, at(memory.numbers), 0, 8),
               "rt_sigprocmask(SIG_BLOCK, [SIGINT SIGCHLD], NULL, 8) = 0");
    memory.numbers[0] = ~INT64_C(0x100);
    EXPECT_STR(CALL(14, 0, 2, at(memory.numbers), 0, 8),
               "rt_sigprocmask(SIG_SETMASK, ~[SIGKILL], NULL, 8) = 0");
}

TEST(call_text, structures_have_fields)
{
    static const int32_t information[] = {17, 0, 1, 0, 33, 1000};
    memset(&memory, 0, sizeof(memory));
    memory.numbers[0] = 0x401000;
    memory.numbers[1] = 0x14000004;
    memory.numbers[3] = 2;
    EXPECT_STR(CALL(13, 0, 2, at(memory.numbers), 0, 8),
               "rt_sigaction(SIGINT, {handler=0x401000, flags=SA_SIGINFO|SA_RESTORER|SA_RESTART, "
               "blocked=[SIGINT]}, NULL, 8) = 0");
    memset(&memory, 0, sizeof(memory));
    memcpy(memory.bytes + 24, &(uint32_t){0100644}, 4);
    memcpy(memory.bytes + 28, &(uint32_t){1000}, 4);
    memcpy(memory.bytes + 48, &(uint64_t){12}, 8);
    EXPECT_STR(CALL(5, 0, 3, at(memory.bytes)),
               "fstat(3, {mode=0100644, user=1000, group=0, size=12}) = 0");
    memcpy(memory.bytes, information, sizeof(information));
    EXPECT_STR(CALL(247, 0, 1, 33, at(memory.bytes), 4, 0),
               "waitid(P_PID, 33, {signal=SIGCHLD, code=1, process=33, user=1000}, WEXITED, NULL) "
               "= 0");
    EXPECT_STR(CALL(129, -14, 33, 9, 0x1234), "rt_sigqueueinfo(33, SIGKILL, 0x1234) = -1 EFAULT");
}

TEST(call_text, a_set_of_descriptors_is_a_list)
{
    static const uint64_t set[] = {9, 2};
    memset(&memory, 0, sizeof(memory));
    memcpy(memory.bytes, set, sizeof(set));
    EXPECT_STR(CALL(23, 1, 66, at(memory.bytes), 0, 0x1234, 0),
               "select(66, [0 3 65], NULL, 0x1234, NULL) = 1");
    memset(memory.bytes, 0, sizeof(memory.bytes));
    EXPECT_STR(CALL(23, 0, 66, at(memory.bytes), 0, 0, 0), "select(66, [], NULL, NULL, NULL) = 0");
}

TEST(call_text, flags_are_words_as_far_as_they_are_known)
{
    EXPECT_STR(CALL(9, 0x7f0000001000, 0, 4096, 3, 0x22, (uint64_t)-1, 0),
               "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = "
               "0x7f0000001000");
    EXPECT_STR(CALL(9, -22, 0, 0, 0, 0x80000000, 0, 1),
               "mmap(NULL, 0, PROT_NONE, 0x80000000, 0, 1) = -1 EINVAL");
    EXPECT_STR(CALL(8, 0, 3, (uint64_t)-1, 77), "lseek(3, -1, 0x4d) = 0");
    EXPECT_STR(CALL(95, 022, 077), "umask(077) = 18");
    EXPECT_STR(CALL(95, 022, 0), "umask(0) = 18");
}

TEST(call_text, a_call_that_is_not_there_has_its_name_or_its_number)
{
    EXPECT_STR(CALL(101, -38, 3, 0x10, 4), "ptrace(0x3, 0x10, 0x4, 0x0, 0x0, 0x0) = -1 ENOSYS");
    EXPECT_STR(CALL(9999, -38), "call_9999(0x0, 0x0, 0x0, 0x0, 0x0, 0x0) = -1 ENOSYS");
    EXPECT_STR(CALL(39, -4095), "getpid() = -4095");
}
