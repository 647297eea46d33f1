/*
 * The parts of system calls that can be tested without a program. tests/user/ tests the calls.
 */
#include <kernel/process/signal.h>
#include <kernel/syscall/description.h>
#include <kernel/syscall/syscall.h>
#include <lib/string.h>

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

static size_t argument_count(const struct call_description *call)
{
    size_t count = 0;
    while (call->arguments && call->arguments[count].kind != ARGUMENT_NONE)
        count++;
    return count;
}

TEST(syscalls, a_call_is_described_by_its_number)
{
    const struct call_description *openat = call_describe(257);
    EXPECT(openat);
    EXPECT_STR(openat->name, "openat");
    EXPECT_EQ(argument_count(openat), 4);
    EXPECT_EQ(openat->result, RESULT_FD);
    EXPECT_EQ(openat->arguments[0].kind, ARGUMENT_DIRECTORY);
    EXPECT_EQ(openat->arguments[1].kind, ARGUMENT_PATH);
    EXPECT_STR(openat->arguments[2].words[1].name, "O_WRONLY");
    EXPECT_EQ(argument_count(call_describe(39)), 0);
    EXPECT(!call_describe(101)->arguments); /* ptrace() */
    EXPECT(!call_describe(335));            /* Linux goes on with 424 */
    EXPECT(!call_describe(UINT64_MAX));
}

TEST(syscalls, descriptions_are_well_formed)
{
    for (uint64_t number = 0; number < 500; number++) {
        const struct call_description *call = call_describe(number);
        size_t count = call ? argument_count(call) : 0;
        EXPECT(count <= CALL_ARGUMENTS);
        for (size_t i = 0; i < count; i++) {
            const struct call_argument *argument = &call->arguments[i];
            EXPECT(argument->length < count);
            EXPECT_EQ(argument->words != NULL,
                      argument->kind == ARGUMENT_WORDS || argument->kind == ARGUMENT_SIGNAL);
            EXPECT_EQ(argument->size != 0,
                      argument->kind >= ARGUMENT_IN && argument->kind <= ARGUMENT_BYTES_OUT);
        }
    }
}
