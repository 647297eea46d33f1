/*
 * The registers of a program that the kernel does not use, so that they stay as the program left
 * them until another thread runs: those of x87, SSE, AVX and what else the processor has, and the
 * bases of FS and GS.
 */
#ifndef KERNEL_CPU_USER_REGISTERS_H
#define KERNEL_CPU_USER_REGISTERS_H

#include <kernel/cpu/stacks.h>
#include <types.h>

/* The picture of XSAVE in its standard form, of which FXSAVE makes the first 512 bytes (Intel SDM 1
 * 10.5.1 and 13.4). */
struct ALIGNED(64) fpu_state {
    uint16_t x87_control, x87_status, x87_tags, x87_opcode;
    uint64_t x87_rip, x87_data;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t x87_and_sse[432];
    uint8_t available[48]; /* the processor leaves them alone: for frames of signal handlers */
    /* XSAVE's header. Bits of features, as in XCR0: which of them are not in their initial state.
     */
    uint64_t in_use;
    uint64_t reserved[7];   /* 0 in this form */
    uint8_t extended[2112]; /* AVX's, and AVX-512's where it has been since the first of it */
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

/* Detects and turns on what the processor has: XSAVE with AVX and AVX-512, and FSGSBASE. Called
 * once, in set-up code. */
void user_registers_detect(void);

/* How many bytes of struct fpu_state are used, and which features XSAVE saves in it: 0 where the
 * processor has FXSAVE alone. Any context. */
size_t fpu_state_size(void);
uint64_t fpu_state_features(void);

/* Can programs set the bases by instructions of their own? Any context. */
bool user_registers_have_fsgsbase(void);

/* A program's registers at its start (System V ABI, AMD64, 3.4.1): no exception of x87 or SSE is
 * enabled, all else is 0. */
void user_registers_init(struct user_registers *registers);

/* A copy, for another thread. */
void user_registers_copy(struct user_registers *to, const struct user_registers *from);

/* Loads the registers, and has traps from user mode begin on `stack`: whenever a thread that runs a
 * program gets the processor. And saves them when it loses it. Not in interrupt handlers.
 * The picture has to be one that XSAVE has made, or one that fpu_state_is_valid(). */
void user_registers_load(const struct user_registers *registers, const struct stack *stack);
void user_registers_save(struct user_registers *registers);

/* Writes the running thread's registers to memory, and leaves them loaded. */
void user_registers_store(struct user_registers *registers);

/* Saves the running thread's registers, without the bases, in `state`, of which fpu_state_size()
 * bytes are there; where there are features, the header is 0 before, or one that the processor has
 * saved. And loads them, and the state in which a program starts. In threads that run programs. */
void fpu_state_save(struct fpu_state *state);
void fpu_state_load(const struct fpu_state *state);
void fpu_state_load_initial(void);

/* Can the processor load a picture that a program has made? `mxcsr_mask` is that of a picture that
 * the processor has saved. */
bool fpu_state_is_valid(const struct fpu_state *state, uint32_t mxcsr_mask);

/* Loads the bases alone, when those of the running thread have changed; and reads them. */
void user_registers_load_bases(const struct user_registers *registers);
void user_registers_save_bases(struct user_registers *registers);

#endif
