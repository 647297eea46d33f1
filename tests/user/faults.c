/* A program's faults become signals, with Linux's code and address. */
#include "support.h"

#define EXPECT_INFO(signal, code, address)                \
    do {                                                  \
        EXPECT_EQ(fault_info.si_signo, signal);           \
        EXPECT_EQ(fault_info.si_code, code);              \
        EXPECT_EQ((uint64_t)fault_info.si_addr, address); \
    } while (0)

static void load(uint64_t address)
{
    __asm__ volatile("movb (%0), %%al" ::"r"(address) : "rax", "memory");
}

static void store(uint64_t address)
{
    __asm__ volatile("movb $1, (%0)" ::"r"(address) : "memory");
}

static void jump(uint64_t address)
{
    __asm__ volatile("call *%0" ::"r"(address) : "memory");
}

TEST(faults, nothing_is_there)
{
    FAULT(load(0));
    EXPECT_INFO(SIGSEGV, SEGV_MAPERR, 0);
    FAULT(store(0x123));
    EXPECT_INFO(SIGSEGV, SEGV_MAPERR, 0x123);
    FAULT(jump(0x1000));
    EXPECT_INFO(SIGSEGV, SEGV_MAPERR, 0x1000);
    uint64_t end = (uint64_t)bad_pointer(BAD_POINTERS - 1, 0);
    FAULT(load(end));
    EXPECT_INFO(SIGSEGV, SEGV_MAPERR, end);
}

TEST(faults, permissions)
{
    uint64_t page = (uint64_t)read_only_page();
    load(page);
    FAULT(store(page + 5));
    EXPECT_INFO(SIGSEGV, SEGV_ACCERR, page + 5);
    FAULT(jump(page));
    EXPECT_INFO(SIGSEGV, SEGV_ACCERR, page);
    uint64_t none = (uint64_t)mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FAULT(load(none));
    EXPECT_INFO(SIGSEGV, SEGV_ACCERR, none);
    FAULT(store((uint64_t)(uintptr_t)jump));
    EXPECT_INFO(SIGSEGV, SEGV_ACCERR, (uint64_t)(uintptr_t)jump);
}

TEST(faults, the_kernels_half)
{
    static const uint64_t addresses[] = {0xffff800000000000, 0xffffffff80100000,
                                         0xffffffffffffff00};
    for (int i = 0; i < 3; i++) {
        FAULT(load(addresses[i]));
        EXPECT_INFO(SIGSEGV, SEGV_MAPERR, addresses[i]);
        FAULT(store(addresses[i]));
        EXPECT_INFO(SIGSEGV, SEGV_MAPERR, addresses[i]);
        FAULT(jump(addresses[i]));
        EXPECT_INFO(SIGSEGV, SEGV_MAPERR, addresses[i]);
    }
}

TEST(faults, addresses_that_no_processor_has)
{
    FAULT(load(0x0000800000000000));
    EXPECT_INFO(SIGSEGV, SI_KERNEL, 0);
    FAULT(store(0xdead000000000000));
    EXPECT_INFO(SIGSEGV, SI_KERNEL, 0);
}

static void push_nowhere(void)
{
    __asm__ volatile("mov %0, %%rsp; push %%rax" ::"r"(UINT64_C(0x1000)) : "memory");
}

static void no_stack_for_the_handler(void)
{
    handle_faults(0);
    push_nowhere();
}

TEST(faults, no_stack_for_the_handler)
{
    EXPECT_EQ(status_of(no_stack_for_the_handler) & 0x7f, SIGSEGV);
}

TEST(faults, privileged_instructions)
{
    FAULT(__asm__ volatile("hlt"));
    EXPECT_INFO(SIGSEGV, SI_KERNEL, 0);
    FAULT(__asm__ volatile("cli"));
    EXPECT_INFO(SIGSEGV, SI_KERNEL, 0);
    FAULT(__asm__ volatile("mov %%cr3, %%rax" ::: "rax"));
    EXPECT_INFO(SIGSEGV, SI_KERNEL, 0);
    FAULT(__asm__ volatile("out %%al, $0x80" ::"a"(0)));
    EXPECT_INFO(SIGSEGV, SI_KERNEL, 0);
    FAULT(__asm__ volatile("rdmsr" ::"c"(0xc0000080) : "rax", "rdx"));
    EXPECT_INFO(SIGSEGV, SI_KERNEL, 0);
    FAULT(__asm__ volatile("int $0x55"));
    EXPECT_INFO(SIGSEGV, SI_KERNEL, 0);
}

extern const char undefined[], division[];

TEST(faults, undefined_instructions)
{
    FAULT(__asm__ volatile("undefined: ud2"));
    EXPECT_INFO(SIGILL, ILL_ILLOPN, (uint64_t)(uintptr_t)undefined);
}

TEST(faults, division)
{
    FAULT(__asm__ volatile("xor %%ecx, %%ecx; mov $1, %%eax; cdq; division: div %%ecx" ::
                               : "rax", "rcx", "rdx"));
    EXPECT_INFO(SIGFPE, FPE_INTDIV, (uint64_t)(uintptr_t)division);
}

TEST(faults, breakpoints)
{
    FAULT(__asm__ volatile("int3"));
    EXPECT_EQ(fault_info.si_signo, SIGTRAP);
    EXPECT_EQ(fault_info.si_code, SI_KERNEL);
}

TEST(faults, single_steps)
{
    FAULT(__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop" ::: "memory", "cc"));
    EXPECT_EQ(fault_info.si_signo, SIGTRAP);
    EXPECT_EQ(fault_info.si_code, 2); /* TRAP_TRACE */
}

TEST(faults, floating_point)
{
    unsigned short control = 0x37f & ~4; /* division by zero is not masked */
    FAULT(__asm__ volatile("fldcw %0; fld1; fldz; fdivrp; fwait" ::"m"(control)));
    EXPECT_EQ(fault_info.si_signo, SIGFPE);
    EXPECT_EQ(fault_info.si_code, FPE_FLTDIV);
}

TEST(faults, beyond_a_files_end)
{
    make_file("a", "text");
    char *memory = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, open("a", O_RDONLY), 0);
    EXPECT(memory != MAP_FAILED);
    EXPECT_EQ(memory[PAGE - 1], 0);
    FAULT(load((uint64_t)memory + PAGE + 7));
    EXPECT_INFO(SIGBUS, BUS_ADRERR, (uint64_t)memory + PAGE + 7);
    EXPECT_ERROR(CALL(write, open("b", O_WRONLY | O_CREAT, 0644), memory + PAGE, 1), EFAULT);
}

TEST(faults, a_call_with_the_direction_flag)
{
    uint64_t result = SYS_getpid; /* the kernel's own code goes by a clear direction flag */
    __asm__ volatile("std; syscall; cld" : "+a"(result)::"rcx", "r11", "memory");
    EXPECT_EQ(result, (uint64_t)getpid());
}

static int endless(volatile char *above)
{
    volatile char here[1024];
    here[0] = above ? above[0] : 1;
    return here[0] ? endless(here) + here[0] : 0; /* which is never so */
}

static void overflow(void)
{
    endless(NULL);
}

TEST(faults, the_stack_ends)
{
    EXPECT_EQ(status_of(overflow) & 0x7f, SIGSEGV);
    static char room[16384];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};
    EXPECT_OK(sigaltstack(&stack, NULL));
    memset(&fault_info, 0, sizeof(fault_info));
    handle_faults(SA_ONSTACK);
    if (sigsetjmp(before_fault, 1) == 0)
        endless(NULL);
    EXPECT_EQ(fault_info.si_signo, SIGSEGV);
}

static void blocked(void)
{
    sigset_t all;
    sigfillset(&all);
    handle_faults(0);
    sigprocmask(SIG_SETMASK, &all, NULL);
    load(0);
}

static void ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    load(0);
}

TEST(faults, they_cannot_be_blocked_nor_ignored)
{
    EXPECT_EQ(status_of(blocked) & 0x7f, SIGSEGV);
    EXPECT_EQ(status_of(ignored) & 0x7f, SIGSEGV);
}

static void read_null(void)
{
    load(0);
}

static void divide(void)
{
    __asm__ volatile("xor %%ecx, %%ecx; mov $1, %%eax; cdq; div %%ecx" ::: "rax", "rcx", "rdx");
}

static void trap(void)
{
    __asm__ volatile("int3");
}

static void undefine(void)
{
    __asm__ volatile("ud2");
}

TEST(faults, what_they_do_by_default)
{
    EXPECT_EQ(status_of(read_null) & 0x7f, SIGSEGV);
    EXPECT_EQ(status_of(divide) & 0x7f, SIGFPE);
    EXPECT_EQ(status_of(trap) & 0x7f, SIGTRAP);
    EXPECT_EQ(status_of(undefine) & 0x7f, SIGILL);
    EXPECT_EQ(status_of(abort) & 0x7f, SIGABRT);
}
