/*
 * Faults on purpose: exceptions that an instruction raises by itself, and bugs that the kernel's
 * checks find.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/fault/trigger.h>
#include <kernel/log/console.h>
#include <kernel/log/panic.h>

FAULT(breakpoint, "breakpoint", "int3; is reported, and execution goes on")
{
    __asm__ volatile("int3");
}

FAULT(debug, "debug", "single steps, by the trap flag; execution goes on")
{
    __asm__ volatile("pushfq\n\t"
                     "orq %0, (%%rsp)\n\t"
                     "popfq\n\t" /* takes effect after the next instruction */
                     "pushfq\n\t"
                     "andq %1, (%%rsp)\n\t"
                     "popfq"
                     :
                     : "i"(RFLAGS_TF), "i"(~RFLAGS_TF)
                     : "memory", "cc");
}

/* DR7's bit for "stop when the address in DR0 is executed" (Intel SDM 3B 18.2.4). */
enum { DR7_L0 = 1 << 0 };

FAULT(hardware_breakpoint, "hardware-breakpoint", "a debug register; execution goes on")
{
    virt_addr_t here;
    uint64_t before = read_dr7();
    __asm__ volatile("leaq 1f(%%rip), %0\n\t"
                     "movq %0, %%dr0\n\t"
                     "movq %1, %%dr7\n"
                     "1:\n\t"
                     "nop"
                     : "=&r"(here)
                     : "r"(before | DR7_L0)
                     : "memory");
    write_dr7(before);
}

FAULT(nmi, "nmi", "a non-maskable interrupt; execution goes on")
{
    __asm__ volatile("int $2");
}

FAULT(divide, "divide", "divide by zero")
{
    uint32_t quotient = 1, remainder = 0;
    __asm__ volatile("divl %2" : "+a"(quotient), "+d"(remainder) : "r"(0));
}

FAULT(invalid_opcode, "invalid-opcode", "execute ud2")
{
    __asm__ volatile("ud2");
}

FAULT(sse, "sse", "execute an SSE instruction; the kernel uses none")
{
    __asm__ volatile("movups %xmm0, %xmm1");
}

FAULT(x87, "x87", "execute an x87 instruction")
{
    __asm__ volatile("fld1");
}

FAULT(bad_selector, "bad-selector", "load a segment that is not in the GDT")
{
    __asm__ volatile("movw %w0, %%fs" : : "r"(0x1230));
}

FAULT(non_canonical_call, "non-canonical-call", "call an address that is not canonical")
{
    __asm__ volatile("call *%0" : : "r"(UINT64_C(0x1234000000000000)) : "memory");
}

FAULT(non_canonical, "non-canonical", "read from an address that is not canonical")
{
    uint64_t value;
    __asm__ volatile("movq 8(%1), %0" : "=r"(value) : "r"(UINT64_C(0x8000000000000000)));
}

FAULT(broken_stack, "broken-stack", "push with a stack pointer outside of all stacks")
{
    __asm__ volatile("movq %0, %%rsp; pushq $0" : : "r"(UINT64_C(0x123450000)) : "memory");
}

FAULT(assert, "assert", "fail an ASSERT")
{
    unsigned apples = 3;
    __asm__("" : "+r"(apples)); /* hides the value from the compiler */
    ASSERT(apples == 4);
}

FAULT(hang, "hang", "loop for ever in a task; the watchdog names it")
{
    for (;;)
        wait_for_interrupt();
}

FAULT(panic, "panic", "panic")
{
    PANIC("requested by a command");
}

static void write_nowhere(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    (void)text;
    (void)length;
    PANIC("a sink that cannot be written to");
}

FAULT(panic_in_every_panic, "panic-in-every-panic", "panic with a console sink that panics, too")
{
    static struct console_sink sink = {.write = write_nowhere};
    struct console_sink *last = console_sinks();
    while (last->next)
        last = last->next;
    last->next = &sink;
    PANIC("requested by a command");
}

FAULT(panic_in_panic, "panic-in-panic", "panic with a message that cannot be read")
{
    const char *message = (const char *)UINT64_C(0x10);
    __asm__("" : "+r"(message));
    PANIC("%s", message);
}
