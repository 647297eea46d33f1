#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/cpu.h>
#include <kernel/cpu/user_registers.h>
#include <lib/string.h>

/* Intel SDM 4, table 2-2. */
enum {
    MSR_FS_BASE = (int)0xc0000100,
    MSR_KERNEL_GS_BASE = (int)0xc0000102, /* the program's while the kernel runs: SWAPGS */
};

enum { CR0_TS = 1 << 3, X87_DEFAULT = 0x37f, MXCSR_DEFAULT = 0x1f80 };

/* The bits of MXCSR on processors that store a mask of 0 (SDM 1 11.6.6). */
enum { MXCSR_FIRST_MASK = 0xffbf };

/* Features of XCR0 (Intel SDM 1 13.1). Others are not turned on: MPX is obsolete, and the registers
 * of protection keys and AMX need more than to be saved. */
enum {
    FEATURE_X87 = 1 << 0,
    FEATURE_SSE = 1 << 1,
    FEATURE_AVX = 1 << 2,
    FEATURES_AVX512 = 7 << 5,
    FEATURES_KNOWN = FEATURE_X87 | FEATURE_SSE | FEATURE_AVX | FEATURES_AVX512,
};

static uint32_t features RO_AFTER_INIT; /* that XSAVE saves; 0: there is only FXSAVE */
static size_t state_size RO_AFTER_INIT = FPU_LEGACY_SIZE;
static bool has_fsgsbase RO_AFTER_INIT;

/* --- Features -------------------------------------------------------------------------------- */

static void write_xcr0(uint32_t value)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"(value), "d"(0));
}

/* The known features that the processor has, without those whose basis is missing. */
static uint32_t find_features(void)
{
    enum { STATE_LEAF = 0xd };
    uint32_t found = cpuid(STATE_LEAF, 0).eax & FEATURES_KNOWN;
    if (!(found & FEATURE_AVX) || (found & FEATURES_AVX512) != FEATURES_AVX512)
        found &= ~(uint32_t)FEATURES_AVX512;
    return found;
}

static void detect_xsave(void)
{
    enum { LEAF = 1, XSAVE = 1 << 26, STATE_LEAF = 0xd };
    if (!(cpuid(LEAF, 0).ecx & XSAVE))
        return;
    write_cr4(read_cr4() | CR4_OSXSAVE);
    features = find_features();
    write_xcr0(features);
    state_size = cpuid(STATE_LEAF, 0).ebx; /* with the features that are on now */
    if (state_size > sizeof(struct fpu_state)) {
        features = FEATURE_X87 | FEATURE_SSE;
        write_xcr0(features);
        state_size = FPU_LEAST_XSAVE_SIZE;
    }
}

void user_registers_detect(void)
{
    enum { LEAF = 7, FSGSBASE = 1 << 0 };
    detect_xsave();
    has_fsgsbase = cpuid(0, 0).eax >= LEAF && cpuid(LEAF, 0).ebx & FSGSBASE;
    if (has_fsgsbase)
        write_cr4(read_cr4() | CR4_FSGSBASE);
}

size_t fpu_state_size(void)
{
    return state_size;
}

uint64_t fpu_state_features(void)
{
    return features;
}

bool user_registers_have_fsgsbase(void)
{
    return has_fsgsbase;
}

/* --- Images ---------------------------------------------------------------------------------- */

/* No feature is in use, so XRSTOR gives each its initial state. It loads MXCSR from here in any
 * case. */
static const struct fpu_state initial = {.x87_control = X87_DEFAULT, .mxcsr = MXCSR_DEFAULT};

void user_registers_init(struct user_registers *registers)
{
    memcpy(&registers->fpu, &initial, state_size);
    registers->fs_base = registers->gs_base = 0;
}

void user_registers_copy(struct user_registers *to, const struct user_registers *from)
{
    memcpy(&to->fpu, &from->fpu, state_size);
    to->fs_base = from->fs_base;
    to->gs_base = from->gs_base;
}

bool fpu_state_is_valid(const struct fpu_state *state, uint32_t mxcsr_mask)
{
    uint64_t allowed = features;
    if (state->mxcsr & ~(mxcsr_mask ? mxcsr_mask : MXCSR_FIRST_MASK))
        return false;
    if (!allowed)
        return true;
    /* The rest of the header may be anything (Intel SDM 1 13.8.1). */
    return !state->reserved[0] && !state->reserved[1] && !(state->in_use & ~allowed);
}

/* --- Loading and saving ---------------------------------------------------------------------- */

void fpu_state_save(struct fpu_state *state)
{
    if (features)
        __asm__ volatile("xsave64 %0" : "+m"(*state) : "a"(features), "d"(0));
    else
        __asm__ volatile("fxsave64 %0" : "+m"(*state));
}

void fpu_state_load(const struct fpu_state *state)
{
    if (features)
        __asm__ volatile("xrstor64 %0" : : "m"(*state), "a"(features), "d"(0));
    else
        __asm__ volatile("fxrstor64 %0" : : "m"(*state));
}

void fpu_state_load_initial(void)
{
    fpu_state_load(&initial);
}

void user_registers_load_bases(const struct user_registers *registers)
{
    write_msr(MSR_FS_BASE, registers->fs_base);
    write_msr(MSR_KERNEL_GS_BASE, registers->gs_base);
}

void user_registers_save_bases(struct user_registers *registers)
{
    if (!has_fsgsbase)
        return; /* only the kernel changes them */
    registers->fs_base = read_msr(MSR_FS_BASE);
    registers->gs_base = read_msr(MSR_KERNEL_GS_BASE);
}

void user_registers_load(const struct user_registers *registers, const struct stack *stack)
{
    struct cpu *cpu = this_cpu();
    cpu->kernel_stack = cpu->tss.rsp[0] = stack->top;
    write_cr0(read_cr0() & ~(uint64_t)CR0_TS);
    fpu_state_load(&registers->fpu);
    user_registers_load_bases(registers);
}

void user_registers_store(struct user_registers *registers)
{
    fpu_state_save(&registers->fpu);
    user_registers_save_bases(registers);
}

void user_registers_save(struct user_registers *registers)
{
    user_registers_store(registers);
    write_cr0(read_cr0() | CR0_TS);
}
