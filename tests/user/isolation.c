/*
 * A program tries to reach memory, ports and registers that are not its own, in each way that the
 * processor offers. Linux refuses each, and so does Cairn, in the same way: by a signal, or by
 * ignoring it.
 *
 * tests/user/faults.c tries the kernel's half of addresses, bad_pointers.c bad arguments of calls,
 * forged_frames.c signal frames that the program has changed, changing_code.c code that it writes,
 * and tests/kernel/user_mode.c what Linux allows, since it runs 32-bit programs.
 */
#include <cpuid.h>

#include "isolation_support.h"

/* Runs instructions with that value in RAX, RCX and RDX; they return if nothing stops them. */
static void run_code(const void *code, size_t size, uint64_t value)
{
    unsigned char *page = code_page();
    memcpy(page, code, size);
    page[size] = 0xc3; /* ret */
    __asm__ volatile("call *%3"
                     : "+a"(value), "+c"(value), "+d"(value)
                     : "r"(page)
                     : "rdi", "rsi", "memory", "cc");
}

/* --- Calls and flags ------------------------------------------------------------------------- */

/* Makes a call with a flag set, and looks at the flags right behind it. */
static long call_with_flag(uint64_t flag, long number, int file, void *memory, size_t size,
                           uint64_t *after)
{
    __asm__ volatile("pushfq; orq %[flag], (%%rsp); popfq; syscall; pushfq; pop %[after]\n"
                     "push %[after]; notq %[flag]; andq %[flag], (%%rsp); popfq"
                     : "+a"(number), [after] "=&r"(*after), [flag] "+&r"(flag)
                     : "D"(file), "S"(memory), "d"(size)
                     : "rcx", "r11", "memory", "cc");
    return number;
}

/* The flag is still set after calls that copy from and to the program, and the copies are right. */
static bool calls_keep_flag(uint64_t flag)
{
    char from[64], to[64] = {0};
    uint64_t after_write, after_read;
    int ends[2];
    memset(from, (int)(flag % 251 + 1), sizeof(from));
    if (pipe(ends) < 0)
        return false;
    long wrote = call_with_flag(flag, SYS_write, ends[1], from, sizeof(from), &after_write);
    long got = call_with_flag(flag, SYS_read, ends[0], to, sizeof(to), &after_read);
    close(ends[0]);
    close(ends[1]);
    return wrote == sizeof(from) && got == sizeof(to) && memcmp(from, to, sizeof(to)) == 0 &&
           (after_write & flag) == flag && (after_read & flag) == flag;
}

/* Does a hypervisor stand between programs and the kernel? One that runs its guests without the
 * processor's help (PVM) takes each call and each exception first. It does not keep NT on the way,
 * refuses some stack pointers, and has interrupts of its own. QEMU's emulator, in which Cairn is
 * tested, is no such hypervisor. */
static bool hypervisor_shows(void)
{
    unsigned a, b, c, d;
    __cpuid(1, a, b, c, d);
    if (!(c >> 31)) /* there is a hypervisor */
        return false;
    __cpuid(0x40000000, a, b, c, d); /* its name */
    return memcmp(&b, "TCGT", 4) != 0 && !calls_keep_flag(NESTED);
}

/* A test of what such a hypervisor changes begins with this: it does nothing there. */
#define NEEDS_NO_HYPERVISOR()   \
    do {                        \
        if (hypervisor_shows()) \
            return;             \
    } while (0)

/* --- Memory ---------------------------------------------------------------------------------- */

/* The start of the memory behind each entry of the upper half of the root table. */
TEST(isolation, no_window_of_the_kernel_can_be_read_written_or_run)
{
    for (uint64_t entry = 256; entry < 512; entry++) {
        uint64_t address = 0xffff000000000000 | entry << 39;
        FAULT(*(volatile char *)address);
        EXPECT_EQ(fault_info.si_signo, SIGSEGV);
        EXPECT_EQ((uint64_t)fault_info.si_addr, address);
        FAULT(*(volatile char *)address = 1);
        EXPECT_EQ(fault_info.si_signo, SIGSEGV);
        FAULT(((void (*)(void))address)());
        EXPECT_EQ(fault_info.si_signo, SIGSEGV);
    }
}

static void get_fs(uint64_t *base)
{
    CALL(arch_prctl, 0x1003, base);
}

TEST(isolation, the_base_of_a_segment_is_a_programs_address)
{
    static const uint64_t bad[] = {0x00007ffffffff000, 0x0000800000000000, 0xffff800000000000,
                                   UINT64_MAX};
    uint64_t base, before;
    get_fs(&before);
    for (int i = 0; i < 4; i++) {
        EXPECT_ERROR(CALL(arch_prctl, 0x1002, bad[i]), EPERM);
        EXPECT_ERROR(CALL(arch_prctl, 0x1001, bad[i]), EPERM);
    }
    get_fs(&base);
    EXPECT_EQ(base, before);
}

/* On Cairn the page may be the stack's last, with all that called this function: it does not
 * return, and keeps its own frame away from there. */
static void call_at_the_end(void)
{
    char *page = (char *)0x00007fffffffe000;
    volatile char away[3 * PAGE];
    away[0] = 0;
    if (mmap(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != page)
        _exit(1);
    memcpy(page + PAGE - 2, "\x0f\x05", 2); /* syscall */
    FAULT(__asm__ volatile("jmp *%0" ::"r"(page + PAGE - 2), "a"(SYS_getpid) : "rcx", "r11"));
    _exit(fault_info.si_signo != SIGSEGV || fault_info.si_addr != page + PAGE ? 2 : away[0]);
}

/* The page that SYSRET would return behind: the address there is not a program's. */
TEST(isolation, a_call_at_the_end_of_all_addresses)
{
    EXPECT_ERROR(mmap((char *)0x00007ffffffff000, PAGE, PROT_READ,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
                 ENOMEM);
    EXPECT_EQ(status_of(call_at_the_end), 0);
}

/* --- Instructions ---------------------------------------------------------------------------- */

struct instruction {
    const char *name;
    unsigned char size, code[7];
};

/* With the same value in RAX, RCX and RDX, and RDI and RSI at memory of the program. */
static const struct instruction privileged[] = {
    {"in (%dx), %al", 1, {0xec}},
    {"in (%dx), %eax", 1, {0xed}},
    {"out %al, (%dx)", 1, {0xee}},
    {"out %eax, (%dx)", 1, {0xef}},
    {"insb", 1, {0x6c}},
    {"outsb", 1, {0x6e}},
    {"rdmsr", 2, {0x0f, 0x32}},
    {"wrmsr", 2, {0x0f, 0x30}},
    {"mov %cr0, %rax", 3, {0x0f, 0x20, 0xc0}},
    {"mov %cr2, %rax", 3, {0x0f, 0x20, 0xd0}},
    {"mov %cr3, %rax", 3, {0x0f, 0x20, 0xd8}},
    {"mov %cr4, %rax", 3, {0x0f, 0x20, 0xe0}},
    {"mov %cr8, %rax", 4, {0x44, 0x0f, 0x20, 0xc0}},
    {"mov %rax, %cr0", 3, {0x0f, 0x22, 0xc0}},
    {"mov %rax, %cr3", 3, {0x0f, 0x22, 0xd8}},
    {"mov %rax, %cr4", 3, {0x0f, 0x22, 0xe0}},
    {"mov %dr7, %rax", 3, {0x0f, 0x21, 0xf8}},
    {"mov %rax, %dr7", 3, {0x0f, 0x23, 0xf8}},
    {"lgdt (%rdi)", 3, {0x0f, 0x01, 0x17}},
    {"lidt (%rdi)", 3, {0x0f, 0x01, 0x1f}},
    {"lldt %ax", 3, {0x0f, 0x00, 0xd0}},
    {"ltr %ax", 3, {0x0f, 0x00, 0xd8}},
    {"lmsw %ax", 3, {0x0f, 0x01, 0xf0}},
    {"clts", 2, {0x0f, 0x06}},
    {"invd", 2, {0x0f, 0x08}},
    {"wbinvd", 2, {0x0f, 0x09}},
    {"invlpg (%rdi)", 3, {0x0f, 0x01, 0x3f}},
    {"swapgs", 3, {0x0f, 0x01, 0xf8}},
    {"sysret", 3, {0x48, 0x0f, 0x07}},
    {"rdpmc", 2, {0x0f, 0x33}},
    {"hlt", 1, {0xf4}},
    {"cli", 1, {0xfa}},
    {"sti", 1, {0xfb}},
    {"clac", 3, {0x0f, 0x01, 0xca}},
    {"stac", 3, {0x0f, 0x01, 0xcb}},
    {"xsetbv", 3, {0x0f, 0x01, 0xd1}},
    {"monitor", 3, {0x0f, 0x01, 0xc8}},
};

static bool is_refused(const struct instruction *instruction, uint64_t value)
{
    FAULT(run_code(instruction->code, instruction->size, value));
    if (fault_info.si_signo != SIGSEGV && fault_info.si_signo != SIGILL) {
        test_print("    #   %s, %#lx: signal %d", instruction->name, value, fault_info.si_signo);
        return false;
    }
    return true;
}

/* The values are ports and registers: the timer, the keyboard, PCI, COM1, QEMU's exit; SYSENTER's,
 * EFER, STAR, LSTAR, the bases of FS and GS; bits of control registers. */
TEST(isolation, privileged_instructions_are_refused)
{
    static const uint64_t values[] = {0,          0x40,       0x60,       0xcf8,      0x3f8,
                                      0xf4,       0x174,      0x175,      0x176,      0xc0000080,
                                      0xc0000081, 0xc0000082, 0xc0000100, 0xc0000101, 0xc0000102,
                                      0xb2,       0xcf9,      0xffff};
    for (size_t i = 0; i < sizeof(privileged) / sizeof(privileged[0]); i++) {
        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++)
            EXPECT(is_refused(&privileged[i], values[k]));
    }
}

static bool port_is_refused(uint64_t port)
{
    FAULT(__asm__ volatile("in %%dx, %%al" ::"d"(port) : "rax"));
    return fault_info.si_signo == SIGSEGV && fault_info.si_code == SI_KERNEL;
}

TEST(isolation, no_port_is_allowed)
{
    for (uint64_t port = 0; port < 0x10000; port += 0x25)
        EXPECT(port_is_refused(port));
}

static int signal_of_interrupt(unsigned vector)
{
    const unsigned char code[] = {0xcd, (unsigned char)vector};
    FAULT(run_code(code, sizeof(code), 0));
    return fault_info.si_code == SI_KERNEL ? fault_info.si_signo : 0;
}

/* 3 is for programs. Linux has 0x80 for 32-bit programs. */
TEST(isolation, no_interrupt_can_be_forged)
{
    NEEDS_NO_HYPERVISOR();
    for (unsigned vector = 0; vector < 256; vector++) {
        if (vector != 0x80)
            EXPECT_EQ(signal_of_interrupt(vector), vector == 3 ? SIGTRAP : SIGSEGV);
    }
}

/* --- Segments -------------------------------------------------------------------------------- */

static void landing(void)
{
}

static void far_jump(uint16_t selector, uint64_t address)
{
    struct __attribute__((packed)) {
        uint64_t address;
        uint16_t selector;
    } target = {address, selector};
    __asm__ volatile("rex.w ljmp *%0" ::"m"(target) : "memory");
}

static void far_call(uint16_t selector, uint64_t address)
{
    struct __attribute__((packed)) {
        uint64_t address;
        uint16_t selector;
    } target = {address, selector};
    __asm__ volatile("rex.w lcall *%0" ::"m"(target) : "memory");
}

static void far_return(uint16_t selector, uint64_t address)
{
    __asm__ volatile("push %0; push %1; lretq" ::"r"((uint64_t)selector), "r"(address) : "memory");
}

static void interrupt_return(uint64_t cs, uint64_t rip, uint64_t rsp, uint64_t ss)
{
    __asm__ volatile("push %0; push %1; pushfq; push %2; push %3; iretq" ::"r"(ss), "r"(rsp),
                     "r"(cs), "r"(rip)
                     : "memory");
}

TEST(isolation, no_way_leads_to_another_code_segment)
{
    const uint64_t here = (uintptr_t)landing;
    for (int i = 0; i < SELECTORS; i++) {
        FAULT(far_jump(selectors[i], here));
        EXPECT_EQ(fault_info.si_signo, SIGSEGV);
        FAULT(far_call(selectors[i], here));
        EXPECT_EQ(fault_info.si_signo, SIGSEGV);
        FAULT(far_return(selectors[i], here));
        EXPECT_EQ(fault_info.si_signo, SIGSEGV);
        FAULT(interrupt_return(selectors[i], here, here, 0x2b));
        EXPECT_EQ(fault_info.si_signo, SIGSEGV);
    }
}

TEST(isolation, no_way_leads_to_the_kernels_addresses)
{
    static const uint64_t addresses[] = {0x0000800000000000, 0xffff7fffffffffff, 0xffff800000000000,
                                         0xffffffff80100000};
    for (int i = 0; i < 4; i++) {
        FAULT(far_jump(0x33, addresses[i]));
        EXPECT_EQ(fault_info.si_signo, SIGSEGV);
        FAULT(interrupt_return(0x33, addresses[i], (uintptr_t)code_page() + PAGE, 0x2b));
        EXPECT_EQ(fault_info.si_signo, SIGSEGV);
    }
}

TEST(isolation, no_register_takes_a_segment_of_the_kernels)
{
    for (int i = 0; i < SELECTORS; i++) {
        if (selectors[i] == 0)
            continue;
        FAULT(__asm__ volatile("mov %0, %%ds" ::"r"((uint32_t)selectors[i])));
        EXPECT(fault_info.si_signo == SIGSEGV || fault_info.si_signo == SIGBUS);
        FAULT(__asm__ volatile("mov %0, %%gs" ::"r"((uint32_t)selectors[i])));
        EXPECT(fault_info.si_signo == SIGSEGV || fault_info.si_signo == SIGBUS);
        FAULT(__asm__ volatile("mov %0, %%ss" ::"r"((uint32_t)selectors[i])));
        EXPECT(fault_info.si_signo == SIGSEGV || fault_info.si_signo == SIGBUS);
    }
}

TEST(isolation, iret_and_popf_change_neither_iopl_nor_if)
{
    uint64_t flags = 2 | PORTS | VIRTUAL_8086;
    __asm__ volatile(
        "pushfq; andq %0, (%%rsp); orq %1, (%%rsp); popfq" ::"r"(~(uint64_t)INTERRUPTS), "r"(flags)
        : "cc");
    EXPECT_EQ(read_flags() & (INTERRUPTS | PORTS | VIRTUAL_8086), INTERRUPTS);
    __asm__ volatile("mov %%rsp, %%rax; push $0x2b; push %%rax; push %0; push $0x33\n"
                     "lea 1f(%%rip), %%rax; push %%rax; iretq; 1:" ::"r"(flags)
                     : "rax", "memory", "cc");
    EXPECT_EQ(read_flags() & (INTERRUPTS | PORTS | VIRTUAL_8086), INTERRUPTS);
}

/* --- Flags and stack pointers ---------------------------------------------------------------- */

TEST(isolation, flags_are_no_concern_of_a_call)
{
    NEEDS_NO_HYPERVISOR();
    EXPECT(calls_keep_flag(CARRY));
    EXPECT(calls_keep_flag(DIRECTION));
    EXPECT(calls_keep_flag(NESTED));
    EXPECT(calls_keep_flag(ALIGNMENT));
    EXPECT(calls_keep_flag(ALIGNMENT | NESTED | DIRECTION | CARRY));
}

static volatile uint64_t flags_at_fault;

static void keep_flags(int signal, siginfo_t *given, void *context)
{
    (void)signal, (void)given;
    ucontext_t *frame = context;
    flags_at_fault = (uint64_t)frame->uc_mcontext.gregs[REG_EFL];
    frame->uc_mcontext.gregs[REG_RIP] += 2; /* ud2 */
}

TEST(isolation, flags_are_no_concern_of_an_exception)
{
    NEEDS_NO_HYPERVISOR();
    static const uint64_t flags[] = {DIRECTION, NESTED, ALIGNMENT, DIRECTION | NESTED | ALIGNMENT};
    struct sigaction action = {.sa_sigaction = keep_flags, .sa_flags = SA_SIGINFO};
    sigaction(SIGILL, &action, NULL);
    for (int i = 0; i < 4; i++) {
        uint64_t after;
        __asm__ volatile("pushfq; orq %1, (%%rsp); popfq; ud2; pushfq; pop %0\n"
                         "pushfq; andq %2, (%%rsp); popfq"
                         : "=&r"(after)
                         : "r"(flags[i]), "r"(~flags[i])
                         : "memory", "cc");
        EXPECT_EQ(flags_at_fault & flags[i], flags[i]);
        EXPECT_EQ(after & flags[i], flags[i]);
    }
}

TEST(isolation, the_stack_pointer_is_no_concern_of_a_call)
{
    NEEDS_NO_HYPERVISOR();
    for (int i = 0; i < STACK_POINTERS; i++) {
        uint64_t result = SYS_getppid, after;
        __asm__ volatile("mov %%rsp, %%rbx; mov %2, %%rsp; syscall; mov %%rsp, %1; mov %%rbx, %%rsp"
                         : "+a"(result), "=&r"(after)
                         : "r"(stack_pointers[i])
                         : "rbx", "rcx", "r11", "memory");
        EXPECT_EQ(result, (uint64_t)getppid());
        EXPECT_EQ(after, stack_pointers[i]);
    }
}

static char other_stack[16384];

TEST(isolation, the_stack_pointer_is_no_concern_of_an_exception)
{
    stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};
    EXPECT_OK(sigaltstack(&stack, NULL));
    for (int i = 0; i < STACK_POINTERS; i++) {
        memset(&fault_info, 0, sizeof(fault_info));
        handle_faults(SA_ONSTACK);
        if (sigsetjmp(before_fault, 1) == 0)
            __asm__ volatile("mov %0, %%rsp; ud2" ::"r"(stack_pointers[i]) : "memory");
        EXPECT_EQ(fault_info.si_signo, SIGILL);
    }
}

/* Long enough for interrupts to come. */
TEST(isolation, the_stack_pointer_is_no_concern_of_an_interrupt)
{
    NEEDS_NO_HYPERVISOR();
    for (int i = 0; i < STACK_POINTERS; i++) {
        uint64_t spins = 2 * 1000 * 1000, after;
        __asm__ volatile("mov %%rsp, %%rbx; mov %2, %%rsp; 1: dec %0; jnz 1b\n"
                         "mov %%rsp, %1; mov %%rbx, %%rsp"
                         : "+&r"(spins), "=&r"(after)
                         : "r"(stack_pointers[i])
                         : "rbx", "memory", "cc");
        EXPECT_EQ(after, stack_pointers[i]);
    }
}

static uint64_t bad_stack;

static void take_a_signal(void)
{
    handle(SIGALRM, SIG_IGN, 0);
    handle(SIGUSR1, (void (*)(int))(uintptr_t)landing, 0);
    __asm__ volatile("mov %0, %%rsp; syscall; ud2" ::"r"(bad_stack), "a"(SYS_kill), "D"(getpid()),
                     "S"(SIGUSR1)
                     : "memory");
}

TEST(isolation, a_signals_frame_is_not_written_to_the_kernel)
{
    for (int i = 0; i < STACK_POINTERS; i++) {
        bad_stack = stack_pointers[i];
        EXPECT_EQ(status_of(take_a_signal) & 0x7f, SIGSEGV);
    }
}

/* --- Steps ----------------------------------------------------------------------------------- */

static volatile unsigned steps, steps_elsewhere;
extern const char stepped[], stepped_end[];

static void count_step(int signal, siginfo_t *given, void *context)
{
    (void)signal, (void)given;
    const ucontext_t *frame = context;
    uint64_t rip = (uint64_t)frame->uc_mcontext.gregs[REG_RIP];
    steps++;
    steps_elsewhere += rip < (uintptr_t)stepped || rip > (uintptr_t)stepped_end;
}

/* TF is set before a call: no step ends in the kernel, and the call is made as without it. */
TEST(isolation, steps_across_a_call)
{
    struct sigaction action = {.sa_sigaction = count_step, .sa_flags = SA_SIGINFO};
    EXPECT_OK(sigaction(SIGTRAP, &action, NULL));
    uint64_t result = 0;
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq\n"
                     "stepped: mov %1, %%eax; syscall; mov %%rax, %0; mov %1, %%eax; syscall; nop\n"
                     "pushfq; andq $~0x100, (%%rsp); popfq; stepped_end:"
                     : "=&b"(result)
                     : "i"(SYS_getppid)
                     : "rax", "rcx", "r11", "memory", "cc");
    EXPECT_EQ(result, (uint64_t)getppid());
    EXPECT(steps >= 7);
    EXPECT_EQ(steps_elsewhere, 0);
}
