/*
 * The registers of a program that the kernel itself does not use: those of x87, SSE, AVX and later
 * extensions, and the bases of FS and GS. They keep the program's values in the kernel, and are
 * saved and loaded only when another thread gets the processor.
 *
 * XSAVE, or FXSAVE on older processors, stores them as an image in memory.
 */
#ifndef KERNEL_CPU_USER_REGISTERS_H
#define KERNEL_CPU_USER_REGISTERS_H

#include <kernel/cpu/stacks.h>
#include <types.h>

/* The image of XSAVE in its standard form. FXSAVE stores its first 512 bytes (Intel SDM 1 10.5.1
 * and 13.4). */
struct ALIGNED(64) fpu_state {
    uint16_t x87_control, x87_status, x87_tags, x87_opcode;
    uint64_t x87_rip, x87_data;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t x87_and_sse[432];
    uint8_t available[48]; /* not written by the processor; for frames of signal handlers */
    /* XSAVE's header: the features that are not in their initial state, with the bits of XCR0. */
    uint64_t in_use;
    uint64_t reserved[7];   /* 0 in this form */
    uint8_t extended[2112]; /* AVX, and AVX-512 as on the first processors that had it */
};
enum { FPU_LEGACY_SIZE = 512, FPU_LEAST_XSAVE_SIZE = 576 };
_Static_assert(offsetof(struct fpu_state, mxcsr) == 24, "Intel SDM 1, table 10-2");
_Static_assert(offsetof(struct fpu_state, available) == 464, "Intel SDM 1, table 10-2");
_Static_assert(offsetof(struct fpu_state, in_use) == FPU_LEGACY_SIZE, "Intel SDM 1 13.4.2");
_Static_assert(offsetof(struct fpu_state, extended) == FPU_LEAST_XSAVE_SIZE, "Intel SDM 1 13.4.3");
_Static_assert(sizeof(struct fpu_state) == 2688, "Intel SDM 1 13.5: all up to AVX-512's");

struct user_registers {
    struct fpu_state fpu;
    uint64_t fs_base, gs_base; /* canonical */
};

/* Detects and turns on XSAVE with AVX and AVX-512, and FSGSBASE, as far as the processor has them.
 * Called once, in set-up code. */
void user_registers_detect(void);

/* How many bytes of struct fpu_state are used, and the features that XSAVE saves in it; 0 if the
 * processor has only FXSAVE. Any context. */
size_t fpu_state_size(void);
uint64_t fpu_state_features(void);

/* Can programs set the bases by instructions of their own? Any context. */
bool user_registers_have_fsgsbase(void);

/* A program's registers at its start (System V ABI, AMD64, 3.4.1): no exception of x87 or SSE is
 * enabled, all else is 0. */
void user_registers_init(struct user_registers *registers);

/* Copies registers, for another thread. Any context. */
void user_registers_copy(struct user_registers *to, const struct user_registers *from);

/* Loads the registers of a thread that gets the processor, and makes traps from user mode use
 * `stack`; saves the registers of a thread that loses it. The image in `registers` was stored by
 * the processor, or is valid (fpu_state_is_valid()). Not in interrupt handlers. */
void user_registers_load(const struct user_registers *registers, const struct stack *stack);
void user_registers_save(struct user_registers *registers);

/* Writes the running thread's registers to memory, and leaves them loaded. */
void user_registers_store(struct user_registers *registers);

/* Save the running thread's registers, without the bases, load them, and load the state in which a
 * program starts. `state` has fpu_state_size() bytes. If there are features, its header is 0 before
 * the first save. In threads that run programs. */
void fpu_state_save(struct fpu_state *state);
void fpu_state_load(const struct fpu_state *state);
void fpu_state_load_initial(void);

/* Can the processor load an image that a program has made? `mxcsr_mask` is taken from an image that
 * the processor has stored. Any context. */
bool fpu_state_is_valid(const struct fpu_state *state, uint32_t mxcsr_mask);

/* Load the bases alone, after those of the running thread have changed, and read them. In threads
 * that run programs. */
void user_registers_load_bases(const struct user_registers *registers);
void user_registers_save_bases(struct user_registers *registers);

#endif
