/* The frame of a handler: what it holds, what it restores at each place on its pages, and what a
 * handler may change in it. */
#include <ucontext.h>

#include "support.h"

enum { STACK_PAGES = 4 };

static volatile int handled;
static volatile uint64_t seen_process;

/* Overwrites registers that the frame has to restore: those of the FPU and of SSE. */
static void overwrite(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    handled++;
    seen_process = (uint64_t)info->si_pid;
    __asm__ volatile("fninit; pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm15, %%xmm15" ::
                         : "xmm0", "xmm15");
}

static void handle_on_stack(void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGUSR1, &action, NULL);
}

/* Sends itself a signal: does each kind of register keep its value? */
static bool registers_stay(uint64_t seed)
{
    uint64_t result = SYS_kill, xmm0, xmm15, rbx = seed, r12 = ~seed;
    double loaded = (double)seed, stored;
    __asm__ volatile("movq %[seed], %%xmm0; movq %[seed], %%xmm15; fldl %[loaded]\n"
                     "mov %[rbx], %%rbx; mov %[r12], %%r12\n"
                     "syscall\n"
                     "mov %%rbx, %[rbx]; mov %%r12, %[r12]\n"
                     "movq %%xmm0, %[xmm0]; movq %%xmm15, %[xmm15]; fstpl %[stored]"
                     : "+a"(result), [xmm0] "=m"(xmm0), [xmm15] "=m"(xmm15), [stored] "=m"(stored),
                       [rbx] "+m"(rbx), [r12] "+m"(r12)
                     : "D"((long)getpid()),
                       "S"((long)SIGUSR1), [seed] "r"(seed), [loaded] "m"(loaded)
                     : "rbx", "r12", "xmm0", "xmm15", "rcx", "r11", "memory", "cc");
    return result == 0 && xmm0 == seed && xmm15 == seed && stored == loaded && rbx == seed &&
           r12 == ~seed;
}

TEST(signal_frames, registers_stay_with_a_frame_at_each_place_on_a_page)
{
    enum { SIZE = STACK_PAGES * PAGE };
    char *room = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    handle_on_stack(overwrite);
    for (size_t cut = 0; cut < PAGE; cut += 16) {
        stack_t stack = {.ss_sp = room, .ss_size = SIZE - cut};
        EXPECT_OK(sigaltstack(&stack, NULL));
        memset(room, 0xff, SIZE);
        EXPECT(registers_stay(0x1234 + cut));
        EXPECT_EQ(seen_process, (uint64_t)getpid());
        EXPECT_OK(madvise(room, SIZE, MADV_DONTNEED)); /* and on pages that are not present */
        EXPECT(registers_stay(0x8765 + cut));
    }
    EXPECT_EQ(handled, 2 * PAGE / 16);
}

static char *elsewhere; /* pages of a file, not present */

/* Moves the image of the FPU's registers to another place, across two pages. */
static void move_image(int signal, siginfo_t *info, void *context)
{
    enum { LONGEST = PAGE, DISTANCE = PAGE - 64 };
    ucontext_t *user = context;
    char *from = (char *)user->uc_mcontext.fpregs;
    uint32_t size = *(uint32_t *)(void *)(from + 468); /* Linux's extended_size; 0 with FXSAVE */
    char copy[LONGEST];
    int file = open("image", O_RDWR | O_CREAT | O_TRUNC, 0600);
    size = size ? size : 512;
    memcpy(copy, from, size);
    pwrite(file, copy, size, DISTANCE);
    elsewhere = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    user->uc_mcontext.fpregs = (void *)(elsewhere + DISTANCE);
    overwrite(signal, info, context);
}

TEST(signal_frames, the_image_may_be_on_pages_that_are_not_present)
{
    static char room[STACK_PAGES * PAGE];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};
    EXPECT_OK(sigaltstack(&stack, NULL));
    handle_on_stack(move_image);
    for (uint64_t i = 0; i < 8; i++)
        EXPECT(registers_stay(0x4711 + i));
    EXPECT_EQ(handled, 8);
}

static ucontext_t fault_context;
static sigjmp_buf after_fault;

static void keep_context(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    fault_context = *(ucontext_t *)context;
    siglongjmp(after_fault, 1);
}

TEST(signal_frames, a_page_fault_is_described)
{
    struct sigaction action = {.sa_sigaction = keep_context, .sa_flags = SA_SIGINFO};
    volatile char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const greg_t *registers = fault_context.uc_mcontext.gregs;
    sigaction(SIGSEGV, &action, NULL);
    (void)page[5];
    if (sigsetjmp(after_fault, 1) == 0)
        page[5] = 1;
    EXPECT_EQ((uintptr_t)registers[REG_CR2], (uintptr_t)page + 5);
    EXPECT_EQ(registers[REG_TRAPNO], 14);
    EXPECT_EQ(registers[REG_ERR], 7); /* a present page, a write, user mode */
}

/* --- What a handler finds and may change ------------------------------------------------------ */

static void count(int signal)
{
    (void)signal;
    handled++;
}

static volatile uint64_t entry_rsp, entry_rax, frame_flags, frame_fpu;

__attribute__((used)) static void look_at_frame(int signal, siginfo_t *given, void *context)
{
    (void)given;
    (void)signal;
    handled++;
    ucontext_t *frame = context;
    frame_fpu = (uint64_t)frame->uc_mcontext.fpregs;
    frame_flags = (uint64_t)frame->uc_mcontext.gregs[REG_EFL];
}

/* A handler that notes RSP and RAX first, and continues in look_at_frame(). */
__asm__(".text\n"
        "entered:\n"
        "    mov %rsp, entry_rsp(%rip)\n"
        "    mov %rax, entry_rax(%rip)\n"
        "    jmp look_at_frame\n");
extern void entered(int, siginfo_t *, void *);

TEST(signal_frames, state_on_entry_to_a_handler)
{
    struct sigaction action = {.sa_sigaction = entered, .sa_flags = SA_SIGINFO};
    EXPECT_OK(sigaction(SIGUSR1, &action, NULL));
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(handled, 1);
    EXPECT_EQ(entry_rsp % 16, 8); /* as after a call */
    EXPECT_EQ(entry_rax, 0);
    EXPECT_EQ(frame_fpu % 64, 0);
    EXPECT(frame_flags & 0x200);
}

/* A function may use all registers, and 128 bytes below RSP (System V ABI 3.2.2): a signal must
 * change neither. */
TEST(signal_frames, the_red_zone_and_the_registers_stay)
{
    uint64_t wrong; /* bits that differ */
    pid_t self = getpid();
    handle(SIGUSR1, count, 0);
    pid_t child = fork();
    if (child == 0) {
        for (;;) { /* until the test's end: a pending signal swallows others */
            kill(self, SIGUSR1);
            pause_for(1);
        }
    }
    __asm__ volatile(
        "lea -256(%%rsp), %%rsp\n" /* away from the compiler's own */
        "mov $0x1111, %%rbx; mov $0x2222, %%rcx; mov $0x3333, %%rdx; mov $0x4444, %%rsi\n"
        "mov $0x5555, %%rdi; mov $0x6666, %%r8; mov $0x7777, %%r9; mov $0x8888, %%r10\n"
        "mov $0x9999, %%r11; mov $0xaaaa, %%r12; mov $0xbbbb, %%r13; mov $0xcccc, %%r14\n"
        "movq %%rbx, %%xmm0; movq %%rcx, %%xmm15\n"
        "movq $0x1234, -8(%%rsp); movq $0x5678, -128(%%rsp)\n"
        "mov %1, %%r15\n"
        "1: mov (%%r15), %%eax\n"
        "cmp $100, %%eax\n"
        "jl 1b\n"
        "xor $0x1111, %%rbx; xor $0x2222, %%rcx; xor $0x3333, %%rdx; xor $0x4444, %%rsi\n"
        "xor $0x5555, %%rdi; xor $0x6666, %%r8; xor $0x7777, %%r9; xor $0x8888, %%r10\n"
        "xor $0x9999, %%r11; xor $0xaaaa, %%r12; xor $0xbbbb, %%r13; xor $0xcccc, %%r14\n"
        "xorq $0x1234, -8(%%rsp); xorq $0x5678, -128(%%rsp)\n"
        "mov %%rbx, %%rax; or %%rcx, %%rax; or %%rdx, %%rax; or %%rsi, %%rax\n"
        "or %%rdi, %%rax; or %%r8, %%rax; or %%r9, %%rax; or %%r10, %%rax\n"
        "or %%r11, %%rax; or %%r12, %%rax; or %%r13, %%rax; or %%r14, %%rax\n"
        "or -8(%%rsp), %%rax; or -128(%%rsp), %%rax\n"
        "movq %%xmm0, %%rbx; xor $0x1111, %%rbx; or %%rbx, %%rax\n"
        "movq %%xmm15, %%rbx; xor $0x2222, %%rbx; or %%rbx, %%rax\n"
        "lea 256(%%rsp), %%rsp\n"
        : "=&a"(wrong)
        : "i"(&handled)
        : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
          "xmm0", "xmm15", "memory", "cc");
    EXPECT_EQ(wrong, 0);
}

static void change_registers(int signal, siginfo_t *given, void *context)
{
    (void)given;
    (void)signal;
    handled++;
    ucontext_t *frame = context;
    frame->uc_mcontext.gregs[REG_RBX] = 0x4711;
    double value = 1.5;
    __asm__ volatile("movsd %0, %%xmm7" ::"m"(value)
                     : "xmm7"); /* undone when the handler returns */
}

TEST(signal_frames, a_handler_may_change_registers)
{
    struct sigaction action = {.sa_sigaction = change_registers, .sa_flags = SA_SIGINFO};
    EXPECT_OK(sigaction(SIGUSR1, &action, NULL));
    uint64_t rbx = 1, xmm7 = 0x1234, result = SYS_kill;
    __asm__ volatile("mov %3, %%rbx; movq %4, %%xmm7; syscall; mov %%rbx, %1; movq %%xmm7, %2"
                     : "+a"(result), "=r"(rbx), "=r"(xmm7)
                     : "r"(rbx), "r"(xmm7), "D"(getpid()), "S"(SIGUSR1)
                     : "rbx", "rcx", "r11", "xmm7", "memory");
    EXPECT_EQ(result, 0);
    EXPECT_EQ(rbx, 0x4711);
    EXPECT_EQ(xmm7, 0x1234);
}

static void handle_without_restorer(void)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {count, 0, NULL, 0};
    CALL(rt_sigaction, SIGUSR1, &action, NULL, 8);
    kill(getpid(), SIGUSR1);
    _exit(0);
}

TEST(signal_frames, a_handler_needs_a_restorer)
{
    EXPECT_EQ(status_of(handle_without_restorer) & 0x7f, SIGSEGV);
}

static void return_with_zeros(void)
{
    static char zeros[PAGE];
    __asm__ volatile("mov %0, %%rsp; mov $15, %%eax; syscall" ::"r"(zeros + 2048)
                     : "rax", "rcx", "r11", "memory");
    _exit(0);
}

static void forge(int signal, siginfo_t *given, void *context)
{
    (void)given;
    handled++;
    ucontext_t *frame = context;
    if (signal == SIGUSR1)
        frame->uc_mcontext.gregs[REG_RIP] = (greg_t)0xffffffff80100000;
    frame->uc_mcontext.gregs[REG_EFL] = 0x3002; /* interrupts off, and all ports allowed */
}

static void return_to_the_kernel(void)
{
    struct sigaction action = {.sa_sigaction = forge, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    kill(getpid(), SIGUSR1);
    _exit(0);
}

TEST(signal_frames, a_forged_frame)
{
    EXPECT_EQ(status_of(return_with_zeros) & 0x7f, SIGSEGV);
    EXPECT_EQ(status_of(return_to_the_kernel) & 0x7f, SIGSEGV);
    struct sigaction action = {.sa_sigaction = forge, .sa_flags = SA_SIGINFO};
    EXPECT_OK(sigaction(SIGUSR2, &action, NULL));
    kill(getpid(), SIGUSR2);
    uint64_t flags;
    __asm__ volatile("pushfq; pop %0" : "=r"(flags));
    EXPECT_EQ(flags & 0x3200, 0x200);
}
