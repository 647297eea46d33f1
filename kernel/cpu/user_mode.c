#include <assert.h>
#include <kernel/cpu/cpu.h>
#include <kernel/cpu/user_mode.h>
#include <layout.h>
#include <lib/string.h>

_Static_assert(USER_CODE_SELECTOR == 0x33 && USER_DATA_SELECTOR == 0x2b, "user_entry.asm");
_Static_assert(USER_END == 0x7ffffffff000, "user_entry.asm");

/* Intel SDM 4, table 2-2. */
enum {
    MSR_STAR = (int)0xc0000081, /* segments: SYSCALL's base in bits 47 to 32, SYSRET's above */
    MSR_LSTAR = (int)0xc0000082,
    MSR_SFMASK = (int)0xc0000084,
    MSR_FS_BASE = (int)0xc0000100,
    MSR_KERNEL_GS_BASE = (int)0xc0000102, /* the program's while the kernel runs: SWAPGS */
    EFER_SCE = 1 << 0,
};

/* All flags that a program can set, but for those that hold a comparison's result: among them TF,
 * IF, DF, IOPL, NT and AC. */
enum { SYSCALL_CLEARS = 0x257700 };

enum { CR0_TS = 1 << 3, X87_DEFAULT = 0x37f, MXCSR_DEFAULT = 0x1f80 };

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
}

void user_registers_init(struct user_registers *registers)
{
    registers->fs_base = registers->gs_base = 0;
    user_registers_reset_fpu(registers);
}

void user_registers_reset_fpu(struct user_registers *registers)
{
    static const uint16_t x87_control = X87_DEFAULT;
    static const uint32_t mxcsr = MXCSR_DEFAULT;
    memset(registers->fpu, 0, sizeof(registers->fpu));
    memcpy(registers->fpu, &x87_control, sizeof(x87_control));
    memcpy(registers->fpu + 24, &mxcsr, sizeof(mxcsr)); /* SDM 1, table 10-2 */
}

void user_registers_load_bases(const struct user_registers *registers)
{
    write_msr(MSR_FS_BASE, registers->fs_base);
    write_msr(MSR_KERNEL_GS_BASE, registers->gs_base);
}

void user_registers_load(const struct user_registers *registers, const struct stack *stack)
{
    struct cpu *cpu = this_cpu();
    cpu->kernel_stack = cpu->tss.rsp[0] = stack->top;
    write_cr0(read_cr0() & ~(uint64_t)CR0_TS);
    __asm__ volatile("fxrstor64 %0" : : "m"(registers->fpu));
    user_registers_load_bases(registers);
}

void user_registers_save(struct user_registers *registers)
{
    __asm__ volatile("fxsave64 %0" : "=m"(registers->fpu));
    write_cr0(read_cr0() | CR0_TS);
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
