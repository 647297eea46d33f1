/*
 * What of the system calls needs no program. What programs see is in tests/user/.
 */
#include <kernel/process/signal.h>
#include <kernel/syscall/syscall.h>

#include "../test.h"

static int64_t call(uint64_t number)
{
    struct trap_frame frame = {.error_code = number, .rax = number};
    syscall_dispatch(&frame);
    return (int64_t)frame.rax;
}

/* Also the numbers of Linux's x32 ABI, which set bit 30. */
TEST(syscalls, a_number_beyond_the_table_is_enosys)
{
    EXPECT_EQ(call(1025), -38);
    EXPECT_EQ(call(UINT64_C(0x40000000) + 39), -38);
    EXPECT_EQ(call(UINT64_MAX), -38);
}

TEST(syscalls, every_error_has_a_number)
{
    EXPECT_EQ(syscall_result(OK), 0);
    for (unsigned error = OK + 1; error < ERROR_COUNT; error++) {
        EXPECT((int64_t)syscall_result((enum error)error) < 0);
        EXPECT((int64_t)syscall_result_no_restart((enum error)error) < 0);
    }
    EXPECT_EQ(syscall_result(ERROR_INTERRUPTED), RESTART_IF_ASKED);
    EXPECT_EQ(syscall_result_no_restart(ERROR_INTERRUPTED), RESTART_WITHOUT_HANDLER);
    EXPECT_EQ(syscall_result(ERROR_NO_ENTRY), -2);
}
