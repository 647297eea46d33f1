/* The registers of AVX, and the base of GS. A test does nothing on a processor that does not have
 * them. */
#include <cpuid.h>
#include <sys/auxv.h>
#include <ucontext.h>

#include "support.h"

/* XCR0: the components that XSAVE saves; 0: there is no XSAVE. */
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
            CALL(sched_yield);
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

/* --- In frames of handlers -------------------------------------------------------------------- */

/* What Linux stores in the bytes that the FXSAVE format leaves to software (struct _fpx_sw_bytes),
 * for the XSAVE image in a frame. FP_XSTATE_MAGIC2 follows the image. */
enum { SOFTWARE_BYTES = 464, MAGIC = 0x46505853, SECOND_MAGIC = 0x46505845 };
enum { HEADER = 512, UPPER_HALVES = 576 }; /* in an XSAVE image: Intel SDM 1 13.4 */

static struct {
    uint32_t magic;      /* 0: the image is FXSAVE's */
    uint32_t whole_size; /* with FP_XSTATE_MAGIC2 */
    uint64_t features;
    uint32_t size;
} image_info;

static volatile bool was_zero;
static uint32_t second_magic;
static unsigned long flags;
static void (*change)(unsigned char *image);

static void look(int signal, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;
    unsigned char *image = (unsigned char *)frame->uc_mcontext.fpregs;
    (void)signal, (void)info;
    if (has_avx()) {
        was_zero = ymm_is_zero();
        set_ymm(7);
    }
    flags = frame->uc_flags;
    memcpy(&image_info, image + SOFTWARE_BYTES, sizeof(image_info));
    if (image_info.magic)
        memcpy(&second_magic, image + image_info.size, sizeof(second_magic));
    if (change)
        change(image);
}

static void raise_with(void (*changes)(unsigned char *image))
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
    EXPECT(was_zero);
    EXPECT(ymm_is(50));
}

TEST(vectors, the_frame_describes_its_image)
{
    raise_with(NULL);
    if (!features()) {
        EXPECT_EQ(image_info.magic, 0);
        EXPECT_EQ(flags & 1, 0); /* UC_FP_XSTATE */
        return;
    }
    EXPECT_EQ(flags & 7, 7);
    EXPECT_EQ(image_info.magic, MAGIC);
    EXPECT_EQ(second_magic, SECOND_MAGIC);
    EXPECT_EQ(image_info.whole_size, image_info.size + sizeof(second_magic));
    EXPECT_EQ(image_info.features & 7, features() & 7);
    EXPECT(image_info.size >= UPPER_HALVES);
}

static void change_upper_half(unsigned char *image)
{
    unsigned long value = 99;
    memcpy(image + UPPER_HALVES + 3 * 16, &value, 8); /* ymm3's third word */
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

static void drop_magic(unsigned char *image)
{
    memset(image + SOFTWARE_BYTES, 0, 4);
}

static void drop_second_magic(unsigned char *image)
{
    memset(image + image_info.size, 0, 4);
}

/* An image without both magic numbers counts as FXSAVE's. */
TEST(vectors, without_magic_only_the_lower_halves_are_restored)
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

static void set_unknown_feature(unsigned char *image)
{
    image[HEADER + 7] |= 0x40; /* XSTATE_BV's bit 62 */
}

static void set_reserved(unsigned char *image)
{
    image[HEADER + 20] = 1;
}

static void set_compaction(unsigned char *image)
{
    image[HEADER + 15] = 0x80; /* XCOMP_BV's bit 63 */
}

static void set_mxcsr(unsigned char *image)
{
    image[27] = 0x80; /* a reserved bit */
}

static void (*forgery)(unsigned char *image);

static void return_with_forgery(void)
{
    raise_with(forgery);
    _exit(3);
}

TEST(vectors, forged_images)
{
    static void (*const forgeries[])(unsigned char *) = {set_mxcsr, set_unknown_feature,
                                                         set_reserved, set_compaction};
    unsigned count = features() ? 4 : 1;
    for (unsigned i = 0; i < count; i++) {
        forgery = forgeries[i];
        EXPECT_EQ(status_of(return_with_forgery) & 0x7f, SIGSEGV);
    }
}

static void clear_features(unsigned char *image)
{
    memset(image + HEADER, 0, 8); /* XSTATE_BV */
}

TEST(vectors, components_not_in_use_are_restored_as_zeros)
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

/* --- The base of GS --------------------------------------------------------------------------- */

enum { ARCH_SET_GS = 0x1001, ARCH_GET_GS = 0x1004 };

/* Has the processor RDGSBASE and WRGSBASE? */
static bool has_base_instructions(void)
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

/* A program may set any base, also the kernel's addresses. */
TEST(vectors, the_base_of_gs_stays)
{
    int status;
    if (!has_base_instructions())
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
    if (!has_base_instructions())
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
