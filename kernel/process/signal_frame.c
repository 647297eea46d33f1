/*
 * What the kernel leaves on a program's stack for a handler, and takes off again when the handler
 * returns (Linux: arch/x86/kernel/signal_64.c):
 *
 *     higher   the program's stack, and 128 bytes below it that belong to it (the red zone)
 *              the registers of x87, SSE and AVX, at a multiple of 64 (signal_fpu.h)
 *              struct rt_frame, 8 below a multiple of 16, as after a call
 *     lower    the handler's own
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
    uint64_t fpu; /* where those registers are; 0: nowhere */
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

/* uc_flags: the picture is one of XSAVE; the frame holds SS, and it counts. */
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

/* What the program is to go on with, and what the signal was. */
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

/* Would IRETQ go to segments that are the program's? */
static bool has_its_segments(const struct user_context *context)
{
    const struct machine_context *machine = &context->machine;
    bool has_ss = context->flags & CONTEXT_RESTORES_SS;
    return (machine->cs | USER_PRIVILEGE) == USER_CODE_SELECTOR &&
           (!has_ss || (machine->ss | USER_PRIVILEGE) == USER_DATA_SELECTOR);
}

/* All but rip. */
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
    frame->vector = frame->error_code = 0; /* no call any more, and not SYSRET's way back */
}

enum error signal_frame_push(struct trap_frame *frame, int signal, const struct signal_info *info,
                             const struct signal_action *action, uint64_t mask_after)
{
    struct signal_stack *stack = &user_thread_current()->stack;
    virt_addr_t rsp = frame->rsp - RED_ZONE;
    bool switches =
        action->flags & SA_ONSTACK && stack->size && !signal_stack_holds(stack, frame->rsp);
    if (switches)
        rsp = stack->start + stack->size;
    size_t fpu_size = signal_fpu_size();
    virt_addr_t fpu = ALIGN_DOWN(rsp - fpu_size, SIGNAL_FPU_ALIGNMENT);
    virt_addr_t at = ALIGN_DOWN(fpu - sizeof(struct rt_frame), 16) - 8;
    if (!(action->flags & SA_RESTORER) || action->handler >= USER_END ||
        (signal_stack_holds(stack, frame->rsp) && !signal_stack_holds(stack, at)))
        return ERROR_BAD_ADDRESS;
    struct rt_frame own;
    void *in_place = user_block(this_cpu()->space, at, fpu + fpu_size - at, AREA_WRITE);
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
    pushed->context.machine.fpu = fpu;
    save(pushed, frame, info);
    enum error error = in_place ? OK : copy_to_user(at, pushed, sizeof(own));
    if (!error)
        error = signal_fpu_push(fpu, in_place ? (char *)in_place + (fpu - at) : NULL);
    if (error)
        return error;
    if (stack->flags & SS_AUTODISARM)
        *stack = (struct signal_stack){.flags = SS_DISABLE};
    frame->rip = action->handler;
    frame->rsp = at;
    frame->rdi = (uint64_t)signal;
    frame->rsi = at + offsetof(struct rt_frame, info);
    frame->rdx = at + offsetof(struct rt_frame, context);
    frame->rax = 0;
    frame->rflags &= ~(uint64_t)FLAGS_OFF_IN_HANDLER;
    frame->vector = frame->error_code = 0;
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
    /* Another thread of the program could change it in place: it is read once. */
    virt_addr_t rip = __atomic_load_n(&context->machine.rip, __ATOMIC_RELAXED);
    if (rip >= USER_END || !has_its_segments(context))
        return ERROR_BAD_ADDRESS;
    restore(frame, &context->machine);
    frame->rip = rip;
    *mask = context->mask;
    *stack = context->stack;
    return signal_fpu_pop(context->machine.fpu);
}
