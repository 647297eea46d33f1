/*
 * A page fault may be mended: a page of the program's memory is made or copied, and the instruction
 * runs again. Every other exception becomes a signal, with the numbers that Linux uses.
 */
#include <kernel/cpu/control.h>
#include <kernel/log/log.h>
#include <kernel/process/exceptions.h>
#include <kernel/process/process.h>
#include <layout.h>
#include <mm/reclaim.h>

enum { VECTOR_X87 = 16, VECTOR_ALIGNMENT = 17, VECTOR_SSE = 19 };

/* A page fault's error code (Intel SDM 3A 4.7). */
enum { FAULT_WRITE = 1 << 1, FAULT_USER = 1 << 2, FAULT_FETCH = 1 << 4 };

/* MXCSR's flags of exceptions, and x87's, are the same six bits (Intel SDM 1 8.1.3.3, 10.2.3.1). */
static int code_of_flags(uint32_t raised)
{
    enum { INVALID = 1, DENORMAL = 2, DIVISION = 4, OVERFLOW = 8, UNDERFLOW = 16, PRECISION = 32 };
    if (raised & INVALID)
        return FPE_FLTINV;
    if (raised & DIVISION)
        return FPE_FLTDIV;
    if (raised & OVERFLOW)
        return FPE_FLTOVF;
    return raised & (UNDERFLOW | DENORMAL) ? FPE_FLTUND : raised & PRECISION ? FPE_FLTRES : 0;
}

/* The code for the exceptions that are raised and not masked. */
static int floating_point_code(uint64_t vector)
{
    enum { SSE_MASKS = 7, FLAGS = 0x3f };
    struct user_thread *thread = user_thread_current();
    const struct fpu_state *fpu = &thread->registers.fpu;
    user_registers_store(&thread->registers);
    uint32_t raised = vector == VECTOR_SSE ? fpu->mxcsr & ~(fpu->mxcsr >> SSE_MASKS)
                                           : fpu->x87_status & ~(uint32_t)fpu->x87_control;
    return code_of_flags(raised & FLAGS);
}

/* Linux's signal, code and address for each exception but page faults (arch/x86/kernel/traps.c). */
static struct signal_info info_of(const struct trap_frame *frame)
{
    switch (frame->vector) {
    case VECTOR_DIVIDE_ERROR:
        return (struct signal_info){.number = SIGFPE, .code = FPE_INTDIV, .address = frame->rip};
    case VECTOR_X87:
    case VECTOR_SSE:
        return (struct signal_info){
            .number = SIGFPE, .code = floating_point_code(frame->vector), .address = frame->rip};
    case VECTOR_DEBUG:
        return (struct signal_info){.number = SIGTRAP, .code = TRAP_TRACE, .address = frame->rip};
    case VECTOR_BREAKPOINT:
        return (struct signal_info){.number = SIGTRAP, .code = SI_KERNEL};
    case VECTOR_INVALID_OPCODE:
        return (struct signal_info){.number = SIGILL, .code = ILL_OPN, .address = frame->rip};
    case VECTOR_ALIGNMENT:
        return (struct signal_info){.number = SIGBUS, .code = BUS_ADRALN};
    case VECTOR_STACK_SEGMENT:
    case VECTOR_SEGMENT_NOT_PRESENT:
        return (struct signal_info){.number = SIGBUS, .code = SI_KERNEL};
    default:
        return (struct signal_info){.number = SIGSEGV, .code = SI_KERNEL};
    }
}

static struct signal_info info_of_page_fault(enum error error, virt_addr_t address)
{
    struct signal_info info = {.number = SIGSEGV, .code = SEGV_MAPERR, .address = address};
    if (error == ERROR_ACCESS)
        info.code = SEGV_ACCERR;
    if (error == ERROR_BEYOND_END || error == ERROR_DEVICE || error == ERROR_FULL) {
        info.number = SIGBUS;
        info.code = BUS_ADRERR;
    }
    return info;
}

/* If no handler takes the signal, it ends the program; then the log says why. */
static void force(const struct trap_frame *frame, const struct signal_info *info)
{
    const struct process *process = process_current();
    if (!signal_is_taken(info->number) || !process->signals.actions->of[info->number - 1].handler)
        log_warn("process: %s (%d): %s at 0x%lx, address 0x%lx: signal %d", process->name,
                 process->id, trap_name((unsigned)frame->vector), frame->rip, info->address,
                 info->number);
    signal_force(info->number, info);
}

static void page_fault(const struct trap_frame *frame, virt_addr_t address)
{
    unsigned access = frame->error_code & FAULT_FETCH   ? AREA_EXECUTE
                      : frame->error_code & FAULT_WRITE ? AREA_WRITE
                                                        : AREA_READ;
    enum error error = ERROR_NOT_MAPPED;
    /* The processor has read the page with the kernel's rights on behalf of the program's
     * instruction, as for a far return under QEMU. With SMAP it may not, whatever is mapped. */
    if (!(frame->error_code & FAULT_USER))
        error = ERROR_ACCESS;
    else if (address < USER_END)
        error = address_space_fault(process_current()->space, address, access);
    if (error == ERROR_OUT_OF_FRAMES) {
        (void)reclaim_for_program(); /* the program takes the fault again, or is killed */
    } else if (error) {
        struct signal_info info = info_of_page_fault(error, address);
        force(frame, &info);
    }
}

void process_exception(struct trap_frame *frame)
{
    virt_addr_t address = read_cr2(); /* another program's fault may change it from here on */
    interrupts_enable();
    if (frame->vector == VECTOR_PAGE_FAULT) {
        page_fault(frame, address);
    } else {
        struct signal_info info = info_of(frame);
        force(frame, &info);
    }
}
