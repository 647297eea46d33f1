/* The frame of a handler, wherever on its pages it lies, and what it says of a page fault. */
#include <ucontext.h>

#include "support.h"

enum { STACK_PAGES = 4 };

static volatile int handled;
static volatile uint64_t seen_process;

/* Overwrites all that the frame has to bring back. */
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

/* Sends itself a signal: do all kinds of registers come back? */
static bool registers_come_back(uint64_t seed)
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

TEST(signal_frames, at_each_place_on_a_page)
{
    enum { SIZE = STACK_PAGES * PAGE };
    char *room = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    handle_on_stack(overwrite);
    for (size_t cut = 0; cut < PAGE; cut += 16) {
        stack_t stack = {.ss_sp = room, .ss_size = SIZE - cut};
        EXPECT_OK(sigaltstack(&stack, NULL));
        memset(room, 0xff, SIZE);
        EXPECT(registers_come_back(0x1234 + cut));
        EXPECT_EQ(seen_process, (uint64_t)getpid());
        EXPECT_OK(madvise(room, SIZE, MADV_DONTNEED)); /* and with pages that are not there yet */
        EXPECT(registers_come_back(0x8765 + cut));
    }
    EXPECT_EQ(handled, 2 * PAGE / 16);
}

static char *elsewhere; /* pages of a file, not there yet */

/* Takes the picture of the registers from another place, across two pages. */
static void move_picture(int signal, siginfo_t *info, void *context)
{
    enum { LONGEST = PAGE, DISTANCE = PAGE - 64 };
    ucontext_t *user = context;
    char *from = (char *)user->uc_mcontext.fpregs;
    uint32_t size = *(uint32_t *)(void *)(from + 468); /* Linux's extended_size; 0 with FXSAVE */
    char copy[LONGEST];
    int file = open("picture", O_RDWR | O_CREAT | O_TRUNC, 0600);
    size = size ? size : 512;
    memcpy(copy, from, size);
    pwrite(file, copy, size, DISTANCE);
    elsewhere = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    user->uc_mcontext.fpregs = (void *)(elsewhere + DISTANCE);
    overwrite(signal, info, context);
}

TEST(signal_frames, the_registers_may_be_on_pages_that_are_not_there)
{
    static char room[STACK_PAGES * PAGE];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};
    EXPECT_OK(sigaltstack(&stack, NULL));
    handle_on_stack(move_picture);
    for (uint64_t i = 0; i < 8; i++)
        EXPECT(registers_come_back(0x4711 + i));
    EXPECT_EQ(handled, 8);
}

static ucontext_t fault_context;
static sigjmp_buf behind_fault;

static void keep_context(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    fault_context = *(ucontext_t *)context;
    siglongjmp(behind_fault, 1);
}

TEST(signal_frames, of_a_page_fault)
{
    struct sigaction action = {.sa_sigaction = keep_context, .sa_flags = SA_SIGINFO};
    volatile char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const greg_t *registers = fault_context.uc_mcontext.gregs;
    sigaction(SIGSEGV, &action, NULL);
    (void)page[5];
    if (sigsetjmp(behind_fault, 1) == 0)
        page[5] = 1;
    EXPECT_EQ((uintptr_t)registers[REG_CR2], (uintptr_t)page + 5);
    EXPECT_EQ(registers[REG_TRAPNO], 14);
    EXPECT_EQ(registers[REG_ERR], 7); /* the page is there; a write; user mode */
}
