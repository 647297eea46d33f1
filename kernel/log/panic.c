/*
 * A panic may cause another one, so each level prints less than the one before. The first prints
 * all, and the second only its reason. The third prints nothing and calls the registered end. A
 * fourth can come only from that end, and halts.
 */
#include <assert.h>
#include <kernel/cpu/canary.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/backtrace.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <kernel/log/symbols.h>
#include <lib/format.h>

static unsigned level; /* how many panics have begun */
static void (*end_hook)(void);
static const char *(*running)(void);

void panic_set_running(const char *(*describe)(void))
{
    running = describe;
}

void panic_set_end(void (*end)(void))
{
    end_hook = end;
}

static void print_task(void)
{
    const char *task = running ? running() : NULL;
    console_printf("  in %s\n", task ? task : "no task");
}

static void print_registers(const struct trap_frame *frame)
{
    console_printf("  rax %016lx  rbx %016lx  rcx %016lx\n", frame->rax, frame->rbx, frame->rcx);
    console_printf("  rdx %016lx  rsi %016lx  rdi %016lx\n", frame->rdx, frame->rsi, frame->rdi);
    console_printf("  rbp %016lx  rsp %016lx  r8  %016lx\n", frame->rbp, frame->rsp, frame->r8);
    console_printf("  r9  %016lx  r10 %016lx  r11 %016lx\n", frame->r9, frame->r10, frame->r11);
    console_printf("  r12 %016lx  r13 %016lx  r14 %016lx\n", frame->r12, frame->r13, frame->r14);
    console_printf("  r15 %016lx  rip %016lx  rflags %08lx\n", frame->r15, frame->rip,
                   frame->rflags);
    console_printf("  cr2 %016lx  cr3 %016lx  cs %04lx  ss %04lx\n", read_cr2(), read_cr3(),
                   frame->cs, frame->ss);
    console_printf("  cr0 %08lx  cr4 %08lx  efer %08lx\n", read_cr0(), read_cr4(),
                   read_msr(MSR_EFER));
}

static NORETURN void panic_end(void)
{
    if (end_hook)
        end_hook();
    halt_forever();
}

/* Returns only at the first two levels: true at the first, whose report is complete. */
static bool panic_begin(bool long_report)
{
    interrupts_disable();
    level++;
    if (level > 3)
        halt_forever();
    if (level == 3)
        panic_end();
    console_set_buffered(false);
    if (level == 1) {
        log_flush_panic();
        console_begin_report(long_report);
    }
    console_fresh_line();
    console_printf("PANIC: ");
    return level == 1;
}

static PRINTF(3, 0) void print_reason(const char *file, int line, const char *format,
                                      va_list arguments)
{
    char reason[LOG_TEXT];
    vsnprintf(reason, sizeof(reason), format, arguments);
    console_printf("%s (%s:%d)\n", reason, file, line);
}

void panic_at(const char *file, int line, const char *format, ...)
{
    /* rbp points to the caller's saved rbp (-fno-omit-frame-pointer). */
    virt_addr_t caller_rbp = *(const virt_addr_t *)__builtin_frame_address(0);
    bool first = panic_begin(false);
    va_list arguments;
    va_start(arguments, format);
    print_reason(file, line, format, arguments);
    va_end(arguments);
    if (first) {
        print_task();
        backtrace_print((virt_addr_t)__builtin_return_address(0), caller_rbp);
    }
    panic_end();
}

void panic_trap(const struct trap_frame *frame, void (*describe)(const struct trap_frame *frame))
{
    if (panic_begin(true)) {
        describe(frame);
        print_task();
        print_registers(frame);
        backtrace_print_trap(frame);
    } else {
        console_printf("%s at %p, address %p, during a panic\n", trap_name((unsigned)frame->vector),
                       (void *)frame->rip, (void *)read_cr2());
    }
    panic_end();
}

void __stack_chk_fail(void)
{
    virt_addr_t caller = (virt_addr_t)__builtin_return_address(0);
    uint64_t offset;
    /* The call may be its function's last instruction, as it never returns. */
    const char *name = symbol_find(caller - 1, &offset);
    if (name)
        PANIC("stack smashed: %s wrote past the end of one of its arrays, found at %s+0x%lx", name,
              name, offset + 1);
    PANIC("stack smashed: the function at %p wrote past the end of one of its arrays",
          (void *)caller);
}

void assert_failed(const char *condition, const char *file, int line)
{
    panic_at(file, line, "ASSERT(%s)", condition);
}
