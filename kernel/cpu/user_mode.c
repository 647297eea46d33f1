/*
 * Turns SYSCALL on. The ways between user mode and the kernel themselves are in user_entry.asm and
 * trap_stubs.asm.
 */
#include <assert.h>
#include <kernel/cpu/cpu.h>
#include <kernel/cpu/user_mode.h>
#include <layout.h>

_Static_assert(USER_CODE_SELECTOR == 0x33 && USER_DATA_SELECTOR == 0x2b, "user_entry.asm");
_Static_assert(USER_END == 0x7ffffffff000, "user_entry.asm");

/* Intel SDM 4, table 2-2. */
enum {
    MSR_STAR = (int)0xc0000081, /* segments: SYSCALL's base in bits 47 to 32, SYSRET's above */
    MSR_LSTAR = (int)0xc0000082,
    MSR_SFMASK = (int)0xc0000084,
    EFER_SCE = 1 << 0,
};

/* All flags that a program can set, except those that hold a comparison's result: among them TF,
 * IF, DF, IOPL, NT and AC. */
enum { SYSCALL_CLEARS = 0x257700 };

_Static_assert(offsetof(struct user_mode_handlers, exception) == 8, "HANDLE_EXCEPTION");
_Static_assert(offsetof(struct user_mode_handlers, before_return) == 16, "BEFORE_RETURN");

void syscall_entry(void);                            /* user_entry.asm */
extern struct user_mode_handlers user_mode_handlers; /* trap_stubs.asm */

void user_mode_init(const struct user_mode_handlers *handlers)
{
    ASSERT(handlers->syscall);
    ASSERT(handlers->exception);
    ASSERT(handlers->before_return);
    user_mode_handlers = *handlers;
    write_msr(MSR_STAR, (uint64_t)(offsetof(struct gdt, user_base) | 3) << 48 |
                            (uint64_t)KERNEL_CODE_SELECTOR << 32);
    write_msr(MSR_LSTAR, (uintptr_t)syscall_entry);
    write_msr(MSR_SFMASK, SYSCALL_CLEARS);
    write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_SCE);
    user_registers_detect();
}

void user_mode_frame_init(struct trap_frame *frame, virt_addr_t rip, virt_addr_t rsp)
{
    *frame = (struct trap_frame){
        .rip = rip,
        .cs = USER_CODE_SELECTOR,
        .rflags = RFLAGS_ALWAYS | RFLAGS_IF,
        .rsp = rsp,
        .ss = USER_DATA_SELECTOR,
    };
}
