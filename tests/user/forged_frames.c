/* A program returns from a signal handler with a frame that it has changed. The kernel takes over
 * nothing that would give the program more rights. */
#include "isolation_support.h"

static void (*change)(ucontext_t *frame);
static uint64_t forged; /* the value that `change` puts in */

static void forge(int signal, siginfo_t *given, void *context)
{
    (void)signal, (void)given;
    change(context);
}

/* Returns from a handler that has changed its frame. */
static void return_with(void (*function)(ucontext_t *))
{
    struct sigaction action = {.sa_sigaction = forge, .sa_flags = SA_SIGINFO};
    change = function;
    sigaction(SIGUSR1, &action, NULL);
    kill(getpid(), SIGUSR1);
}

static void set_rip(ucontext_t *frame)
{
    frame->uc_mcontext.gregs[REG_RIP] = (greg_t)forged;
}

static void set_rsp(ucontext_t *frame)
{
    frame->uc_mcontext.gregs[REG_RSP] = (greg_t)forged;
}

static void set_flags(ucontext_t *frame)
{
    frame->uc_mcontext.gregs[REG_EFL] = (greg_t)forged;
}

/* CS, GS, FS and SS are the quarters of one word. */
static void set_cs(ucontext_t *frame)
{
    uint16_t cs = (uint16_t)forged;
    memcpy(&frame->uc_mcontext.gregs[REG_CSGSFS], &cs, sizeof(cs));
}

static void set_ss(ucontext_t *frame)
{
    uint16_t ss = (uint16_t)forged;
    memcpy((char *)&frame->uc_mcontext.gregs[REG_CSGSFS] + 6, &ss, sizeof(ss));
}

static void set_fpu(ucontext_t *frame)
{
    frame->uc_mcontext.fpregs = (void *)forged;
}

static void set_mxcsr(ucontext_t *frame)
{
    uint32_t mxcsr = (uint32_t)forged;
    memcpy((char *)frame->uc_mcontext.fpregs + 24, &mxcsr, sizeof(mxcsr));
}

/* The signal that comes of a frame with that value in it. */
static int signal_of_frame(void (*function)(ucontext_t *), uint64_t value)
{
    forged = value;
    FAULT(return_with(function));
    return fault_info.si_signo;
}

#define EXPECT_REFUSED(function, value) EXPECT_EQ(signal_of_frame(function, value), SIGSEGV)

/* To an address that no processor has, IRETQ faults in the kernel. */
TEST(forged_frames, a_forged_instruction_pointer)
{
    static const uint64_t not_canonical[] = {0x0000800000000000, 0x7fffffffffffffff,
                                             0xffff7fffffffffff};
    EXPECT_REFUSED(set_rip, 0);
    EXPECT_REFUSED(set_rip, 0x00007ffffffff000);
    EXPECT_REFUSED(set_rip, 0xffff800000000000);
    EXPECT_REFUSED(set_rip, 0xffffffff80100000);
    EXPECT_REFUSED(set_rip, UINT64_MAX);
    for (int i = 0; i < 3; i++) {
        EXPECT_REFUSED(set_rip, not_canonical[i]);
        EXPECT_EQ(fault_info.si_code, SI_KERNEL);
    }
}

static void return_with_stack(void)
{
    return_with(set_rsp);
}

TEST(forged_frames, a_forged_stack_pointer)
{
    for (int i = 0; i < STACK_POINTERS; i++) {
        forged = stack_pointers[i];
        int signal = status_of(return_with_stack) & 0x7f;
        EXPECT(signal == SIGSEGV || signal == SIGBUS);
    }
}

TEST(forged_frames, forged_segments)
{
    for (int i = 0; i < SELECTORS; i++) {
        EXPECT_REFUSED(set_cs, selectors[i]);
        if (selectors[i] > 3)
            EXPECT_REFUSED(set_ss, selectors[i]);
    }
    forged = 0x33;
    return_with(set_cs);
    forged = 0x30; /* the privilege is not for a program to choose */
    return_with(set_cs);
    forged = 0x2b;
    return_with(set_ss);
}

TEST(forged_frames, forged_flags)
{
    enum { FORBIDDEN = PORTS | NESTED | VIRTUAL_8086 };
    forged = ~(uint64_t)(STEPS | INTERRUPTS | DIRECTION | ALIGNMENT);
    return_with(set_flags);
    EXPECT_EQ(read_flags() & (FORBIDDEN | INTERRUPTS), INTERRUPTS);
    forged = RESUME | VIRTUAL_8086 | PORTS;
    return_with(set_flags);
    EXPECT_EQ(read_flags() & (FORBIDDEN | INTERRUPTS), INTERRUPTS);
}

TEST(forged_frames, a_forged_floating_point_area)
{
    EXPECT_REFUSED(set_fpu, 64);
    EXPECT_REFUSED(set_fpu, 0x00007fffffffffc0);
    EXPECT_REFUSED(set_fpu, 0x0000800000000000);
    EXPECT_REFUSED(set_fpu, 0xffff800000000000);
    EXPECT_REFUSED(set_fpu, 0xffffffff80100000);
    EXPECT_REFUSED(set_mxcsr, 0xffffffff);
    EXPECT_REFUSED(set_mxcsr, 0x80001f80);
    EXPECT_REFUSED(set_mxcsr, 0x00010000);
}

static size_t place, area_size;

/* XSAVE's area says how long it is (Linux: struct _fpx_sw_bytes); FXSAVE's has 512 bytes. */
static void find_area_size(ucontext_t *frame)
{
    enum { MAGIC = 0x46505853, FXSAVE_SIZE = 512 };
    uint32_t words[2];
    memcpy(words, (char *)frame->uc_mcontext.fpregs + 464, sizeof(words));
    area_size = words[0] == MAGIC ? words[1] : FXSAVE_SIZE;
}

static void fill_area(ucontext_t *frame)
{
    memset((char *)frame->uc_mcontext.fpregs + place, (int)forged, 4);
}

/* Wherever it is changed, the program goes on or gets a signal. */
TEST(forged_frames, floating_point_areas_of_any_content)
{
    return_with(find_area_size);
    EXPECT(area_size >= 512);
    for (place = 0; place < area_size; place += 4) {
        for (forged = 0; forged < 256; forged += 255) {
            FAULT(return_with(fill_area));
            __asm__ volatile("fninit; ldmxcsr %0" ::"m"((const uint32_t){0x1f80}));
            EXPECT(fault_info.si_signo == 0 || fault_info.si_signo == SIGSEGV ||
                   fault_info.si_signo == SIGFPE);
        }
    }
}
