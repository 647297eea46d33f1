/* The registers beyond the general ones: AVX's, and the bases of FS and GS. Where the processor
 * does not have them, the tests of them do nothing. */
#include <cpuid.h>
#include <sched.h>
#include <sys/auxv.h>
#include <ucontext.h>

#include "support.h"

static unsigned long features(void)
{
    unsigned a, b, c, d;
    __cpuid(1, a, b, c, d);
    if (!(c & 1u << 27)) /* OSXSAVE */
        return 0;
    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (unsigned long)d << 32 | a;
}

static bool has_avx(void)
{
    return features() & 4;
}

struct vector {
    unsigned long words[4];
};

static struct vector get_ymm(void)
{
    struct vector vector;
    __asm__ volatile("vmovdqu %%ymm3, %0" : "=m"(vector));
    return vector;
}

static void set_ymm(unsigned long value)
{
    const struct vector vector = {{value, value + 1, value + 2, value + 3}};
    __asm__ volatile("vmovdqu %0, %%ymm3" : : "m"(vector) : "xmm3");
}

static bool ymm_is(unsigned long value)
{
    struct vector vector = get_ymm();
    for (unsigned i = 0; i < 4; i++) {
        if (vector.words[i] != value + i)
            return false;
    }
    return true;
}

static bool ymm_is_zero(void)
{
    struct vector vector = get_ymm();
    return !(vector.words[0] | vector.words[1] | vector.words[2] | vector.words[3]);
}

TEST(vectors, each_process_has_its_own)
{
    int status;
    if (!has_avx())
        return;
    set_ymm(100);
    pid_t child = fork();
    if (child == 0) {
        bool copied = ymm_is(100);
        for (unsigned i = 0; i < 100 && copied; i++) {
            set_ymm(1000 + i);
            sched_yield();
            copied = ymm_is(1000 + i);
        }
        _exit(!copied);
    }
    for (unsigned i = 0; i < 100; i++) {
        CALL(sched_yield);
        EXPECT(ymm_is(100));
    }
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

/* --- In frames of handlers ---------------------------------------------------------------------
 */

static volatile bool was_zero;
static unsigned magic, second_magic, size, whole_size;
static unsigned long told, flags;
static void (*change)(unsigned char *picture);

static unsigned char *picture_of(void *context)
{
    return (unsigned char *)((ucontext_t *)context)->uc_mcontext.fpregs;
}

static void look(int signal, siginfo_t *info, void *context)
{
    unsigned char *picture = picture_of(context);
    (void)signal, (void)info;
    if (has_avx()) {
        was_zero = ymm_is_zero();
        set_ymm(7);
    }
    flags = ((ucontext_t *)context)->uc_flags;
    memcpy(&magic, picture + 464, 4);
    memcpy(&whole_size, picture + 468, 4);
    memcpy(&told, picture + 472, 8);
    memcpy(&size, picture + 480, 4);
    if (magic)
        memcpy(&second_magic, picture + size, 4);
    if (change)
        change(picture);
}

static void raise_with(void (*changes)(unsigned char *picture))
{
    struct sigaction action = {.sa_sigaction = look, .sa_flags = SA_SIGINFO};
    change = changes;
    sigaction(SIGUSR1, &action, NULL);
    CALL(tgkill, getpid(), getpid(), SIGUSR1);
}

TEST(vectors, a_handler_begins_with_zeros)
{
    if (!has_avx())
        return;
    set_ymm(50);
    CALL(getpid);
    EXPECT(ymm_is(50));
    raise_with(NULL);
    EXPECT(ymm_is(50));
    EXPECT(was_zero);
}

TEST(vectors, the_frame_tells_what_it_holds)
{
    raise_with(NULL);
    if (!features()) {
        EXPECT_EQ(magic, 0);
        EXPECT_EQ(flags & 1, 0);
        return;
    }
    EXPECT_EQ(flags & 7, 7);
    EXPECT_EQ(magic, 0x46505853);
    EXPECT_EQ(second_magic, 0x46505845);
    EXPECT_EQ(whole_size, size + 4);
    EXPECT_EQ(told & 7, features() & 7);
    EXPECT(size >= 576);
}

static void change_upper_half(unsigned char *picture)
{
    unsigned long value = 99;
    memcpy(picture + 576 + 3 * 16, &value, 8); /* ymm3's third word */
}

TEST(vectors, a_handler_may_change_them)
{
    if (!has_avx())
        return;
    set_ymm(50);
    raise_with(change_upper_half);
    struct vector vector = get_ymm();
    EXPECT_EQ(vector.words[1], 51);
    EXPECT_EQ(vector.words[2], 99);
    EXPECT_EQ(vector.words[3], 53);
}

static void drop_magic(unsigned char *picture)
{
    memset(picture + 464, 0, 4);
}

static void drop_second_magic(unsigned char *picture)
{
    memset(picture + size, 0, 4);
}

/* An image that is not XSAVE's counts as FXSAVE's. */
TEST(vectors, without_magic_the_lower_halves_count)
{
    static void (*const changes[])(unsigned char *) = {drop_magic, drop_second_magic};
    if (!has_avx())
        return;
    for (unsigned i = 0; i < 2; i++) {
        set_ymm(50);
        raise_with(changes[i]);
        struct vector vector = get_ymm();
        EXPECT_EQ(vector.words[0], 50);
        EXPECT_EQ(vector.words[1], 51);
        EXPECT_EQ(vector.words[2], 0);
        EXPECT_EQ(vector.words[3], 0);
    }
}

static void set_unknown_feature(unsigned char *picture)
{
    picture[512 + 7] |= 0x40;
}

static void set_reserved(unsigned char *picture)
{
    picture[512 + 20] = 1;
}

static void set_compaction(unsigned char *picture)
{
    picture[512 + 15] = 0x80;
}

static void set_mxcsr(unsigned char *picture)
{
    picture[27] = 0x80;
}

static void (*forgery)(unsigned char *picture);

static void return_with_forgery(void)
{
    raise_with(forgery);
    _exit(3);
}

TEST(vectors, forged_pictures)
{
    static void (*const forgeries[])(unsigned char *) = {set_mxcsr, set_unknown_feature,
                                                         set_reserved, set_compaction};
    unsigned count = features() ? 4 : 1;
    for (unsigned i = 0; i < count; i++) {
        forgery = forgeries[i];
        EXPECT_EQ(status_of(return_with_forgery) & 0x7f, SIGSEGV);
    }
}

static void clear_features(unsigned char *picture)
{
    memset(picture + 512, 0, 8);
}

TEST(vectors, what_is_not_in_use_is_zero)
{
    if (!has_avx())
        return;
    set_ymm(50);
    raise_with(clear_features);
    EXPECT(ymm_is_zero());
}

int test_child(int argc, char **argv)
{
    (void)argc, (void)argv;
    return has_avx() && !ymm_is_zero();
}

TEST(vectors, a_program_begins_with_zeros)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (has_avx())
            set_ymm(50);
        execl("/proc/self/exe", "vectors", "--child", (char *)NULL);
        _exit(2);
    }
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

/* --- Bases ------------------------------------------------------------------------------------ */

enum { ARCH_SET_GS = 0x1001, ARCH_GET_GS = 0x1004 };

static bool has_bases(void)
{
    return getauxval(AT_HWCAP2) & 2;
}

static unsigned long get_base(void)
{
    unsigned long base;
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

static void set_base(unsigned long base)
{
    __asm__ volatile("wrgsbase %0" : : "r"(base));
}

static bool base_stays(unsigned long base)
{
    set_base(base);
    for (unsigned i = 0; i < 20; i++) {
        CALL(sched_yield);
        raise(SIGUSR1);
        for (volatile int wait = 0; wait < 100000; wait++) /* interrupts come */
            ;
        if (get_base() != base)
            return false;
    }
    return true;
}

/* Any base is the program's own affair, the kernel's addresses included. */
TEST(vectors, the_base_of_gs_stays)
{
    int status;
    if (!has_bases())
        return;
    handle(SIGUSR1, do_nothing, 0);
    pid_t child = fork();
    if (child == 0)
        _exit(!base_stays(0xffff800000000000) || !base_stays(0xfffffffffffff000));
    EXPECT(base_stays(0x12345678));
    EXPECT(base_stays(0xffffffff80100000));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(vectors, the_call_and_the_instruction_agree)
{
    unsigned long base = 0;
    EXPECT_OK(CALL(arch_prctl, ARCH_SET_GS, 0x4000));
    EXPECT_OK(CALL(arch_prctl, ARCH_GET_GS, &base));
    EXPECT_EQ(base, 0x4000);
    if (!has_bases())
        return;
    EXPECT_EQ(get_base(), 0x4000);
    set_base(0x5000);
    EXPECT_OK(CALL(arch_prctl, ARCH_GET_GS, &base));
    EXPECT_EQ(base, 0x5000);
    pid_t child = fork();
    int status;
    if (child == 0)
        _exit(get_base() != 0x5000);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}
