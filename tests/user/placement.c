/* Where a program's parts lie: elsewhere each time, unless personality() says not. */
#include <sys/personality.h>

#include "support.h"

enum { STACK, HEAP, MAPPING, PARTS };

int test_child(int argc, char **argv)
{
    int on_stack;
    (void)argc, (void)argv;
    uintptr_t parts[PARTS] = {
        [STACK] = (uintptr_t)&on_stack,
        [HEAP] = (uintptr_t)CALL(brk, 0),
        [MAPPING] = (uintptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};
    return write(STDOUT_FILENO, parts, sizeof(parts)) != sizeof(parts);
}

/* Runs this program again, and reads where its parts are. */
static bool run(uintptr_t parts[PARTS])
{
    int ends[2], status;
    if (pipe(ends))
        return false;
    pid_t child = fork();
    if (child == 0) {
        char *arguments[] = {"/proc/self/exe", "--child", NULL};
        dup2(ends[1], STDOUT_FILENO);
        execv("/proc/self/exe", arguments);
        _exit(1);
    }
    bool right = read(ends[0], parts, PARTS * sizeof(*parts)) == PARTS * sizeof(*parts);
    close(ends[0]);
    close(ends[1]);
    return waitpid(child, &status, 0) == child && status == 0 && right;
}

TEST(placement, is_random)
{
    uintptr_t first[PARTS], second[PARTS];
    EXPECT(run(first));
    EXPECT(run(second));
    for (int i = 0; i < PARTS; i++)
        EXPECT(first[i] != second[i]);
}

TEST(placement, is_the_same_if_asked_for)
{
    uintptr_t first[PARTS], second[PARTS];
    long before = CALL(personality, 0xffffffff);
    EXPECT_EQ(CALL(personality, before | ADDR_NO_RANDOMIZE), before);
    EXPECT_EQ(CALL(personality, 0xffffffff), before | ADDR_NO_RANDOMIZE);
    EXPECT(run(first));
    EXPECT(run(second));
    for (int i = 0; i < PARTS; i++)
        EXPECT_EQ(first[i], second[i]);
    EXPECT(first[STACK] > 0x7fffffff0000);
    EXPECT_EQ(CALL(personality, before), before | ADDR_NO_RANDOMIZE);
    EXPECT(run(second));
    EXPECT(first[STACK] != second[STACK]);
}
