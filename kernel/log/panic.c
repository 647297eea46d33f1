/*
 * A panic may itself run into a fault, so each level prints less than the one before: the first
 * prints all, the second its reason only, the third just halts.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/backtrace.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <lib/format.h>

static unsigned level;
static void (*end_hook)(void);

void panic_set_end(void (*end)(void))
{
    end_hook = end;
}

static void print_reason(const char *format, va_list arguments)
{
    char reason[LOG_TEXT];
    vsnprintf(reason, sizeof(reason), format, arguments);
    console_fresh_line();
    console_printf("PANIC: %s", reason);
}

static void print_registers(const struct trap_frame *frame)
{
    console_printf("  rip %p  cs %04lx  rflags %08lx  error code 0x%lx\n", (void *)frame->rip,
                   frame->cs, frame->rflags, frame->error_code);
    console_printf("  rsp %p  ss %04lx  rbp %p  cr2 %p\n", (void *)frame->rsp, frame->ss,
                   (void *)frame->rbp, (void *)read_cr2());
    console_printf("  rax %016lx  rbx %016lx  rcx %016lx\n", frame->rax, frame->rbx, frame->rcx);
    console_printf("  rdx %016lx  rsi %016lx  rdi %016lx\n", frame->rdx, frame->rsi, frame->rdi);
    console_printf("  r8  %016lx  r9  %016lx  r10 %016lx\n", frame->r8, frame->r9, frame->r10);
    console_printf("  r11 %016lx  r12 %016lx  r13 %016lx\n", frame->r11, frame->r12, frame->r13);
    console_printf("  r14 %016lx  r15 %016lx  cr3 %016lx\n", frame->r14, frame->r15, read_cr3());
}

/* Returns only at the first two levels; true at the first, where everything is to be said. */
static bool panic_begin(void)
{
    interrupts_disable();
    level++;
    if (level > 2)
        halt_forever();
    if (level == 1)
        log_flush_panic();
    return level == 1;
}

static NORETURN void panic_end(void)
{
    if (end_hook)
        end_hook();
    halt_forever();
}

void panic_at(const char *file, int line, const char *format, ...)
{
    /* Where rbp points lies the caller's (-fno-omit-frame-pointer). */
    virt_addr_t caller_rbp = *(const virt_addr_t *)__builtin_frame_address(0);
    bool first = panic_begin();
    va_list arguments;
    va_start(arguments, format);
    print_reason(format, arguments);
    va_end(arguments);
    console_printf(" (%s:%d)\n", file, line);
    if (first)
        backtrace_print((virt_addr_t)__builtin_return_address(0), caller_rbp);
    panic_end();
}

void panic_trap(const struct trap_frame *frame, const char *format, ...)
{
    bool first = panic_begin();
    va_list arguments;
    va_start(arguments, format);
    print_reason(format, arguments);
    va_end(arguments);
    console_write("\n", 1);
    if (first) {
        print_registers(frame);
        backtrace_print(frame->rip, frame->rbp);
    }
    panic_end();
}

void assert_failed(const char *condition, const char *file, int line)
{
    panic_at(file, line, "ASSERT(%s)", condition);
}
