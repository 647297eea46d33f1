#define _GNU_SOURCE /* for the registers' names */
#include "single_step.h"

#if defined(__x86_64__) && defined(__linux__)

#include <signal.h>
#include <ucontext.h>

enum { TRAP_FLAG = 1 << 8 };

static void (*look_hook)(uintptr_t instruction);

static void trap(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    ucontext_t *interrupted = context;
    if (look_hook)
        look_hook((uintptr_t)interrupted->uc_mcontext.gregs[REG_RIP]);
    if (!look_hook)
        interrupted->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

/* Well below the stack pointer, where the compiler may have put something. */
static void set_trap_flag(uint64_t flag)
{
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
                     "pushfq\n\t"
                     "andq %1, (%%rsp)\n\t"
                     "orq %0, (%%rsp)\n\t"
                     "popfq\n\t"
                     "leaq 128(%%rsp), %%rsp"
                     :
                     : "r"(flag), "i"(~TRAP_FLAG)
                     : "memory", "cc");
}

bool single_step(void (*look)(uintptr_t instruction))
{
    static const struct sigaction action = {.sa_sigaction = trap, .sa_flags = SA_SIGINFO};
    static struct sigaction before;
    if (look) {
        sigaction(SIGTRAP, &action, &before);
        look_hook = look;
        set_trap_flag(TRAP_FLAG);
    } else {
        set_trap_flag(0);
        look_hook = NULL;
        sigaction(SIGTRAP, &before, NULL);
    }
    return true;
}

#else

bool single_step(void (*look)(uintptr_t instruction))
{
    (void)look;
    return false;
}

#endif
