/* What reads and writes another process's memory. */
#include <sys/uio.h>

#include "support.h"

static char there[3 * 4096] = "what is there";

/* A child that waits with a copy of our memory. */
TEST(foreign_memory, read_and_write)
{
    char first[5], rest[20] = "";
    pid_t child = start_sleeper();
    strcpy(there, "ours");
    struct iovec local[] = {{first, 5}, {rest, 9}}, remote = {there, 14};
    EXPECT_EQ(CALL(process_vm_readv, child, local, 2, &remote, 1, 0), 14);
    EXPECT_EQ(memcmp(first, "what ", 5), 0);
    EXPECT_STR(rest, "is there");
    struct iovec pieces[] = {{there, 4}, {there + 8190, 10}};
    struct iovec text = {"abcdefghijklmn", 14};
    EXPECT_EQ(CALL(process_vm_writev, child, &text, 1, pieces, 2, 0), 14);
    EXPECT_STR(there, "ours");
    struct iovec back = {rest, 4}, from = {there + 8192, 4};
    EXPECT_EQ(CALL(process_vm_readv, child, &back, 1, &from, 1, 0), 4);
    EXPECT_EQ(memcmp(rest, "ghij", 4), 0);
    EXPECT_OK(kill(child, SIGKILL));
}

/* What comes before a bad address is moved. */
TEST(foreign_memory, bad_addresses)
{
    pid_t child = start_sleeper();
    char *hole = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_OK(munmap(hole + 4096, 4096));
    char bytes[100];
    struct iovec local = {bytes, 100}, remote[] = {{there, 10}, {(void *)8, 10}},
                 bad = {(void *)8, 10};
    EXPECT_EQ(CALL(process_vm_readv, child, &local, 1, remote, 2, 0), 10);
    EXPECT_ERROR(CALL(process_vm_readv, child, &local, 1, &bad, 1, 0), EFAULT);
    EXPECT_ERROR(CALL(process_vm_readv, child, &bad, 1, remote, 1, 0), EFAULT);
    EXPECT_ERROR(CALL(process_vm_readv, child, 8, 1, remote, 1, 0), EFAULT);
    EXPECT_ERROR(CALL(process_vm_readv, child, &local, 1, 8, 1, 0), EFAULT);
    EXPECT_ERROR(CALL(process_vm_readv, child, &local, 1, remote, 1, 1), EINVAL);
    EXPECT_ERROR(CALL(process_vm_readv, child, &local, 1025, remote, 1, 0), EINVAL);
    EXPECT_ERROR(CALL(process_vm_readv, 1 << 30, &local, 1, remote, 1, 0), ESRCH);
    EXPECT_EQ(CALL(process_vm_readv, child, &local, 1, remote, 0, 0), 0);
    EXPECT_EQ(CALL(process_vm_readv, child, &local, 0, remote, 1, 0), 0);
    struct iovec end = {hole + 4090, 20};
    EXPECT_EQ(CALL(process_vm_writev, getpid(), &local, 1, &end, 1, 0), 6);
    EXPECT_OK(kill(child, SIGKILL));
}

TEST(foreign_memory, of_another_user)
{
    NEEDS_ROOT();
    char byte;
    struct iovec local = {&byte, 1}, remote = {there, 1};
    pid_t child = start_sleeper();
    EXPECT_OK(setresuid(1000, 1000, 1000));
    EXPECT_ERROR(CALL(process_vm_readv, child, &local, 1, &remote, 1, 0), EPERM);
    EXPECT_EQ(CALL(process_vm_readv, getpid(), &local, 1, &remote, 1, 0), 1);
}
