/* A program's registers stay as they are over system calls and while other programs run. */
#include "support.h"

/* A system call (getpid) changes RAX, RCX and R11: does it change another register? */
static bool call_changes_others(void)
{
    uint64_t wrong;
    __asm__ volatile(
        "mov $0x11, %%rbx; mov $0x22, %%rdx; mov $0x33, %%rsi; mov $0x44, %%rdi; mov $0x55, %%r8; "
        "mov $0x66, %%r9\n"
        "mov $0x77, %%r10; mov $0x88, %%r12; mov $0x99, %%r13; mov $0xaa, %%r14; mov $0xbb, %%r15\n"
        "mov $39, %%eax; syscall\n"
        "xor %%eax, %%eax\n"
        "cmp $0x11, %%rbx; setne %%al; cmp $0x22, %%rdx; setne %%ah; or %%ah, %%al\n"
        "cmp $0x33, %%rsi; setne %%ah; or %%ah, %%al; cmp $0x44, %%rdi; setne %%ah; or %%ah, %%al\n"
        "cmp $0x55, %%r8; setne %%ah; or %%ah, %%al; cmp $0x66, %%r9; setne %%ah; or %%ah, %%al\n"
        "cmp $0x77, %%r10; setne %%ah; or %%ah, %%al; cmp $0x88, %%r12; setne %%ah; or %%ah, %%al\n"
        "cmp $0x99, %%r13; setne %%ah; or %%ah, %%al; cmp $0xaa, %%r14; setne %%ah; or %%ah, %%al\n"
        "cmp $0xbb, %%r15; setne %%ah; or %%ah, %%al\n"
        "movzx %%al, %%eax\n"
        : "=a"(wrong)
        :
        : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
          "memory", "cc");
    return wrong;
}

TEST(registers, over_a_call)
{
    EXPECT(!call_changes_others());
}

static volatile int signals;

static void note(int signal)
{
    (void)signal;
    signals++;
}

static void end_with_7(void)
{
    _exit(7);
}

/* For as long as tests/e2e/entry.py needs to interrupt each way into the kernel and back: calls,
 * handlers that return, page faults, new processes, and the timer's interrupts. */
TEST(registers, over_many_ways_into_the_kernel)
{
    enum { ROUNDS = 200, SPINS = 100 * 1000 };
    char *pages = mmap(NULL, (size_t)ROUNDS * PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    handle(SIGUSR1, note, 0);
    for (int i = 0; i < ROUNDS; i++) {
        EXPECT(!call_changes_others());
        EXPECT_OK(kill(getpid(), SIGUSR1));
        EXPECT_EQ(signals, i + 1);
        EXPECT_EQ(pages[(size_t)i * PAGE]++, 0);
        EXPECT_EQ(status_of(end_with_7), 7 << 8);
        for (volatile int spins = 0; spins < SPINS; spins++)
            ;
    }
}

TEST(registers, rcx_and_r11_after_a_call)
{
    uint64_t rcx, r11, here, flags;
    __asm__ volatile("mov $39, %%eax; syscall; 1: mov %%r11, %1; pushfq; pop %3; lea 1b(%%rip), %2"
                     : "=c"(rcx), "=&r"(r11), "=&r"(here), "=&r"(flags)
                     :
                     : "rax", "r11", "memory");
    EXPECT_EQ(rcx, here);
    EXPECT_EQ(r11, flags);
}

TEST(registers, flags_over_a_call)
{
    uint64_t before, after;
    __asm__ volatile("stc; pushfq; pop %%rbx; mov $39, %%eax; syscall; pushfq; pop %%rdx"
                     : "=b"(before), "=d"(after)
                     :
                     : "rax", "rcx", "r11", "memory", "cc");
    EXPECT_EQ(before, after);
    EXPECT(after & 1);
}

/* Fills SSE and x87 registers from a seed, and spins for so long that other processes run: are the
 * registers the same? */
static bool floating_point_stays(uint64_t seed)
{
    uint64_t xmm0, xmm15, spins = 20 * 1000 * 1000;
    double loaded = (double)seed, stored;
    __asm__ volatile("movq %3, %%xmm0; movq %3, %%xmm15; fldl %4\n"
                     "1: dec %5; jnz 1b\n"
                     "movq %%xmm0, %0; movq %%xmm15, %1; fstpl %2"
                     : "=&r"(xmm0), "=&r"(xmm15), "=m"(stored)
                     : "r"(seed), "m"(loaded), "r"(spins)
                     : "xmm0", "xmm15", "memory", "cc");
    return xmm0 == seed && xmm15 == seed && stored == loaded;
}

TEST(registers, floating_point_of_several_processes)
{
    enum { PROCESSES = 4 };
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0)
            _exit(!floating_point_stays(0x1000 + (uint64_t)i));
    }
    int status;
    for (int i = 0; i < PROCESSES; i++) {
        EXPECT(wait(&status) > 0);
        EXPECT_EQ(status, 0);
    }
}

TEST(registers, floating_point_over_fork)
{
    uint64_t xmm5 = 0x4711, result = SYS_fork;
    __asm__ volatile("movq %1, %%xmm5; syscall; movq %%xmm5, %1"
                     : "+a"(result), "+r"(xmm5)::"xmm5", "rcx", "r11", "memory");
    if (result == 0)
        _exit(xmm5 != 0x4711);
    int status;
    EXPECT(wait(&status) > 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(xmm5, 0x4711);
}

/* Operations of arch_prctl(). */
enum { SET_GS = 0x1001, SET_FS, GET_FS, GET_GS };

TEST(registers, thread_pointers)
{
    uint64_t fs = 0, gs = 0, memory = 0x1234, loaded;
    EXPECT_OK(CALL(arch_prctl, GET_FS, &fs));
    EXPECT(fs != 0);
    EXPECT_ERROR(CALL(arch_prctl, SET_FS, 0x0000800000000000), EPERM);
    EXPECT_ERROR(CALL(arch_prctl, SET_FS, 0xffff800000000000), EPERM);
    EXPECT_ERROR(CALL(arch_prctl, 0x9999, &gs), EINVAL);
    EXPECT_OK(CALL(arch_prctl, SET_GS, &memory));
    for (int i = 0; i < 2; i++) {
        EXPECT_OK(CALL(arch_prctl, GET_GS, &gs));
        EXPECT_EQ(gs, (uintptr_t)&memory);
        __asm__ volatile("mov %%gs:0, %0" : "=r"(loaded) : "m"(memory));
        EXPECT_EQ(loaded, 0x1234);
        EXPECT_EQ(status_of(end_with_7), 7 << 8); /* another process runs meanwhile */
    }
}
