/* sigaltstack(): stacks for handlers. */
#include <ucontext.h>

#include "support.h"

static char memory[32768];

/* What look() finds: the stack by sigaltstack() and by the frame; whether it runs on `memory`. */
static stack_t seen, in_context;
static volatile bool inside;

static void look(int signal, siginfo_t *info, void *context)
{
    char here;
    (void)signal, (void)info;
    in_context = ((ucontext_t *)context)->uc_stack;
    sigaltstack(NULL, &seen);
    inside = &here >= memory && &here < memory + sizeof(memory);
}

static void handle_on_stack(int flags)
{
    struct sigaction action = {.sa_sigaction = look, .sa_flags = SA_SIGINFO | flags};
    sigaction(SIGUSR1, &action, NULL);
}

TEST(signal_stacks, none)
{
    handle_on_stack(SA_ONSTACK);
    raise(SIGUSR1);
    EXPECT(!inside);
    EXPECT_EQ(seen.ss_flags, SS_DISABLE);
    EXPECT_EQ(in_context.ss_sp, NULL);
    EXPECT_EQ(in_context.ss_size, 0);
}

TEST(signal_stacks, of_handlers)
{
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
    EXPECT_OK(sigaltstack(&stack, NULL));
    handle_on_stack(0);
    raise(SIGUSR1);
    EXPECT(!inside);
    EXPECT_EQ(seen.ss_flags, 0);
    EXPECT_EQ(in_context.ss_flags, 0);
    handle_on_stack(SA_ONSTACK);
    raise(SIGUSR1);
    EXPECT(inside);
    EXPECT_EQ(seen.ss_flags, SS_ONSTACK);
    EXPECT_EQ(in_context.ss_flags, 0);
    EXPECT_EQ(in_context.ss_sp, memory);
    EXPECT_EQ(in_context.ss_size, sizeof(memory));
}

TEST(signal_stacks, that_disarm_themselves)
{
    enum { AUTODISARM = (int)(1u << 31) };
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory), .ss_flags = AUTODISARM}, after;
    EXPECT_OK(sigaltstack(&stack, NULL));
    EXPECT_OK(sigaltstack(NULL, &after));
    EXPECT_EQ(after.ss_flags, AUTODISARM);
    handle_on_stack(SA_ONSTACK);
    for (int i = 0; i < 2; i++) {
        inside = false;
        raise(SIGUSR1);
        EXPECT(inside);
        EXPECT_EQ(seen.ss_flags, SS_DISABLE);
        EXPECT_EQ(seen.ss_size, 0);
        EXPECT_EQ(in_context.ss_flags, AUTODISARM);
        EXPECT_OK(sigaltstack(NULL, &after));
        EXPECT_EQ(after.ss_flags, AUTODISARM);
        EXPECT_EQ(after.ss_sp, memory);
    }
}

TEST(signal_stacks, refusals)
{
    stack_t stack = {.ss_sp = memory, .ss_size = 2047}, old;
    EXPECT_ERROR(CALL(sigaltstack, &stack, NULL), ENOMEM);
    stack.ss_flags = 4;
    EXPECT_ERROR(CALL(sigaltstack, &stack, NULL), EINVAL);
    stack.ss_flags = SS_DISABLE | SS_ONSTACK;
    EXPECT_ERROR(CALL(sigaltstack, &stack, NULL), EINVAL);
    stack.ss_flags = SS_DISABLE;
    EXPECT_OK(CALL(sigaltstack, &stack, NULL));
    EXPECT_OK(CALL(sigaltstack, NULL, &old));
    EXPECT_EQ(old.ss_flags, SS_DISABLE);
    EXPECT_FAULT_EACH(bad, sizeof(stack), CALL(sigaltstack, bad ? bad : (void *)8, NULL));
}

static void change_stack(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    ((ucontext_t *)context)->uc_stack =
        (stack_t){.ss_sp = memory + PAGE, .ss_size = sizeof(memory) - PAGE};
}

TEST(signal_stacks, are_restored_from_the_frame)
{
    struct sigaction action = {.sa_sigaction = change_stack, .sa_flags = SA_SIGINFO};
    stack_t after;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    EXPECT_OK(sigaltstack(NULL, &after));
    EXPECT_EQ(after.ss_sp, memory + PAGE);
    EXPECT_EQ(after.ss_size, sizeof(memory) - PAGE);
    EXPECT_EQ(after.ss_flags, 0);
}
