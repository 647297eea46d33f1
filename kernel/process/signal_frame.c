/*
 * The kernel leaves a frame on a program's stack for a handler, and takes it off again when the
 * handler returns (Linux: arch/x86/kernel/signal_64.c):
 *
 *     higher   the program's stack, and 128 bytes below it that belong to it (the red zone)
 *              the registers of x87, SSE and AVX, at a multiple of 64 (signal_fpu.h)
 *              struct rt_frame, 8 below a multiple of 16, as after a call
 *     lower    the handler's own frame
 *
 * In between the program may write anything to the frame. So signal_frame_pop() trusts nothing in
 * it: the program gets its own segments and no privileged flag, whatever it has written.
 */
#include <kernel/cpu/cpu.h>
#include <kernel/cpu/gdt.h>
#include <kernel/process/process.h>
#include <kernel/process/signal_fpu.h>
#include <kernel/process/signal_frame.h>
#include <lib/string.h>
#include <mm/user_copy.h>

enum { RED_ZONE = 128 };

/* Flags that a program may have set in the frame: AC, OF, DF, TF, SF, ZF, AF, PF, CF and RF. */
enum { RESTORED_FLAGS = 0x50dd5 | 1 << 16 };
enum { FLAGS_OFF_IN_HANDLER = 1 << 10 /* DF */ | RFLAGS_TF | RFLAGS_RF };

/* Linux's struct sigcontext_64. */
struct machine_context {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error_code, vector, old_mask, cr2;
    uint64_t fpu; /* the address of x87's and SSE's registers; 0: none are there */
    uint64_t reserved[8];
};
_Static_assert(sizeof(struct machine_context) == 256, "Linux: uapi/asm/sigcontext.h");

struct user_context {
    uint64_t flags, link;
    struct signal_stack stack;
    struct machine_context machine;
    uint64_t mask;
};

enum { USER_PRIVILEGE = 3 }; /* in a selector; Linux sets it, whatever the frame says */

/* uc_flags: the image is one of XSAVE; the frame holds SS; SS is to be restored. */
enum { CONTEXT_HAS_XSAVE = 1, CONTEXT_HAS_SS = 2, CONTEXT_RESTORES_SS = 4 };

struct rt_frame {
    uint64_t return_address;
    struct user_context context;
    struct user_signal_info info;
};
_Static_assert(sizeof(struct rt_frame) == 440, "Linux: asm/sigframe.h");

bool signal_stack_holds(const struct signal_stack *stack, virt_addr_t rsp)
{
    return !(stack->flags & SS_AUTODISARM) && rsp > stack->start &&
           rsp - stack->start <= stack->size;
}

enum error signal_stack_set(struct user_thread *thread, const struct signal_stack *stack,
                            virt_addr_t rsp)
{
    enum { LEAST_SIZE = 2048 };
    int32_t state = stack->flags & ~SS_AUTODISARM;
    if (signal_stack_holds(&thread->stack, rsp))
        return ERROR_NOT_PERMITTED;
    if (state != 0 && state != SS_ONSTACK && state != SS_DISABLE)
        return ERROR_INVALID;
    if (state != SS_DISABLE && stack->size < LEAST_SIZE)
        return ERROR_OUT_OF_FRAMES;
    thread->stack = *stack;
    if (state == SS_DISABLE)
        thread->stack.start = thread->stack.size = 0;
    return OK;
}

/* Saves the program's registers and the information about the signal. */
static void save(struct rt_frame *restrict pushed, const struct trap_frame *restrict frame,
                 const struct signal_info *restrict info)
{
    struct machine_context *machine = &pushed->context.machine;
    bool is_fault = frame->vector < EXCEPTION_COUNT;
    bool has_address = is_fault && frame->vector == VECTOR_PAGE_FAULT;
    machine->r8 = frame->r8;
    machine->r9 = frame->r9;
    machine->r10 = frame->r10;
    machine->r11 = frame->r11;
    machine->r12 = frame->r12;
    machine->r13 = frame->r13;
    machine->r14 = frame->r14;
    machine->r15 = frame->r15;
    machine->rdi = frame->rdi;
    machine->rsi = frame->rsi;
    machine->rbp = frame->rbp;
    machine->rbx = frame->rbx;
    machine->rdx = frame->rdx;
    machine->rax = frame->rax;
    machine->rcx = frame->rcx;
    machine->rsp = frame->rsp;
    machine->rip = frame->rip;
    machine->rflags = frame->rflags;
    machine->cs = (uint16_t)frame->cs;
    machine->gs = machine->fs = 0;
    machine->ss = (uint16_t)frame->ss;
    machine->error_code = is_fault ? frame->error_code : 0;
    machine->vector = is_fault ? frame->vector : 0;
    machine->cr2 = has_address ? info->address : 0;
    memset(machine->reserved, 0, sizeof(machine->reserved));
    pushed->info.known = *info;
    memset(pushed->info.zeros, 0, sizeof(pushed->info.zeros));
}

/* Would IRETQ load a program's segments? */
static bool has_its_segments(const struct user_context *context)
{
    const struct machine_context *machine = &context->machine;
    bool has_ss = context->flags & CONTEXT_RESTORES_SS;
    return (machine->cs | USER_PRIVILEGE) == USER_CODE_SELECTOR &&
           (!has_ss || (machine->ss | USER_PRIVILEGE) == USER_DATA_SELECTOR);
}

/* Restores all registers but rip, and only the flags that a program may set. */
static void restore(struct trap_frame *restrict frame,
                    const struct machine_context *restrict machine)
{
    frame->r8 = machine->r8;
    frame->r9 = machine->r9;
    frame->r10 = machine->r10;
    frame->r11 = machine->r11;
    frame->r12 = machine->r12;
    frame->r13 = machine->r13;
    frame->r14 = machine->r14;
    frame->r15 = machine->r15;
    frame->rdi = machine->rdi;
    frame->rsi = machine->rsi;
    frame->rbp = machine->rbp;
    frame->rbx = machine->rbx;
    frame->rdx = machine->rdx;
    frame->rax = machine->rax;
    frame->rcx = machine->rcx;
    frame->rsp = machine->rsp;
    frame->rflags =
        (frame->rflags & ~(uint64_t)RESTORED_FLAGS) | (machine->rflags & RESTORED_FLAGS);
    frame->vector = frame->error_code = 0; /* no call any more: it is left by IRETQ */
}

/* The addresses of a frame's parts. */
struct place {
    virt_addr_t frame, fpu;
    size_t size; /* from the frame to the end of the registers behind it */
};

/* Finds room below the program's stack pointer, or on the stack for handlers if the action asks for
 * it. False: the frame would end below the stack for handlers, on which the program is already. */
static bool find_place(const struct signal_stack *stack, uint64_t flags, virt_addr_t rsp,
                       struct place *place)
{
    bool is_there = signal_stack_holds(stack, rsp);
    bool switches = flags & SA_ONSTACK && stack->size && !is_there;
    virt_addr_t top = switches ? stack->start + stack->size : rsp - RED_ZONE;
    size_t fpu_size = signal_fpu_size();
    place->fpu = ALIGN_DOWN(top - fpu_size, SIGNAL_FPU_ALIGNMENT);
    place->frame = ALIGN_DOWN(place->fpu - sizeof(struct rt_frame), 16) - 8;
    place->size = place->fpu + fpu_size - place->frame;
    return !is_there || signal_stack_holds(stack, place->frame);
}

/* Makes the program go on in the handler, whose frame is complete. */
static void go_to_handler(struct trap_frame *frame, virt_addr_t handler, int signal, virt_addr_t at)
{
    frame->rip = handler;
    frame->rsp = at;
    frame->rdi = (uint64_t)signal;
    frame->rsi = at + offsetof(struct rt_frame, info);
    frame->rdx = at + offsetof(struct rt_frame, context);
    frame->rax = 0;
    frame->rflags &= ~(uint64_t)FLAGS_OFF_IN_HANDLER;
    frame->vector = frame->error_code = 0;
}

enum error signal_frame_push(struct trap_frame *frame, int signal, const struct signal_info *info,
                             const struct signal_action *action, uint64_t mask_after)
{
    struct signal_stack *stack = &user_thread_current()->stack;
    struct place place;
    bool has_place = find_place(stack, action->flags, frame->rsp, &place);
    if (!has_place || !(action->flags & SA_RESTORER) || action->handler >= USER_END)
        return ERROR_BAD_ADDRESS;
    struct rt_frame own;
    void *in_place = user_block(this_cpu()->space, place.frame, place.size, AREA_WRITE);
    struct rt_frame *pushed = &own;
    if (in_place)
        pushed = in_place;
    pushed->return_address = action->restorer;
    pushed->context.flags = CONTEXT_HAS_SS | CONTEXT_RESTORES_SS;
    if (fpu_state_features())
        pushed->context.flags |= CONTEXT_HAS_XSAVE;
    pushed->context.link = 0;
    pushed->context.stack = *stack;
    pushed->context.machine.old_mask = pushed->context.mask = mask_after;
    pushed->context.machine.fpu = place.fpu;
    save(pushed, frame, info);
    enum error error = in_place ? OK : copy_to_user(place.frame, pushed, sizeof(own));
    if (!error)
        error = signal_fpu_push(place.fpu,
                                in_place ? (char *)in_place + (place.fpu - place.frame) : NULL);
    if (error)
        return error;
    if (stack->flags & SS_AUTODISARM)
        *stack = (struct signal_stack){.flags = SS_DISABLE};
    go_to_handler(frame, action->handler, signal, place.frame);
    return OK;
}

enum error signal_frame_pop(struct trap_frame *frame, uint64_t *mask, struct signal_stack *stack)
{
    /* The handler's return has taken the first word, the address, off the stack. */
    virt_addr_t at = frame->rsp - sizeof(uint64_t) + offsetof(struct rt_frame, context);
    struct user_context own;
    const struct user_context *in_place = user_block(this_cpu()->space, at, sizeof(own), AREA_READ);
    const struct user_context *context = &own;
    if (in_place)
        context = in_place;
    if (!in_place && copy_from_user(&own, at, sizeof(own)))
        return ERROR_BAD_ADDRESS;
    /* rip is read once: another thread of the program could change it after the check. */
    virt_addr_t rip = __atomic_load_n(&context->machine.rip, __ATOMIC_RELAXED);
    if (rip >= USER_END || !has_its_segments(context))
        return ERROR_BAD_ADDRESS;
    restore(frame, &context->machine);
    frame->rip = rip;
    *mask = context->mask;
    *stack = context->stack;
    return signal_fpu_pop(context->machine.fpu);
}
