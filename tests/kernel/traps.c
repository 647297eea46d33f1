/*
 * The ways in which the processor leaves the running code: exceptions, interrupts, the gates and
 * stacks that they come through, and what the log says of them.
 */
#include <drivers/irq.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/gdt.h>
#include <kernel/cpu/stacks.h>
#include <kernel/cpu/trap.h>
#include <kernel/fault/place.h>
#include <kernel/fault/trigger.h>
#include <kernel/log/log.h>
#include <kernel/log/symbols.h>
#include <kernel/task/clock.h>
#include <layout.h>
#include <lib/string.h>

#include "../test.h"
#include "record.h"

/* Post 5: a breakpoint is reported, and execution goes on behind it. */
TEST(traps, breakpoint_continues)
{
    uint64_t before = trap_count(VECTOR_BREAKPOINT);
    __asm__ volatile("int3");
    EXPECT_EQ(trap_count(VECTOR_BREAKPOINT), before + 1);
}

TEST(traps, breakpoint_keeps_every_register)
{
    uint64_t wrong;
    __asm__ volatile(
        "movq $1, %%rax; movq $2, %%rbx; movq $3, %%rcx; movq $4, %%rdx; movq $5, %%rsi\n\t"
        "movq $6, %%rdi; movq $8, %%r8; movq $9, %%r9; movq $10, %%r10; movq $11, %%r11\n\t"
        "movq $12, %%r12; movq $13, %%r13; movq $14, %%r14; movq $15, %%r15\n\t"
        "int3\n\t"
        /* Each register less what it held, all or-ed together: zero. */
        "subq $1, %%rax; subq $2, %%rbx; subq $3, %%rcx; subq $4, %%rdx; subq $5, %%rsi\n\t"
        "subq $6, %%rdi; subq $8, %%r8; subq $9, %%r9; subq $10, %%r10; subq $11, %%r11\n\t"
        "subq $12, %%r12; subq $13, %%r13; subq $14, %%r14; subq $15, %%r15\n\t"
        "orq %%rbx, %%rax; orq %%rcx, %%rax; orq %%rdx, %%rax; orq %%rsi, %%rax\n\t"
        "orq %%rdi, %%rax; orq %%r8, %%rax; orq %%r9, %%rax; orq %%r10, %%rax\n\t"
        "orq %%r11, %%rax; orq %%r12, %%rax; orq %%r13, %%rax; orq %%r14, %%rax\n\t"
        "orq %%r15, %%rax"
        : "=a"(wrong)
        :
        : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
          "memory", "cc");
    EXPECT_EQ(wrong, 0);
}

/* Intel SDM 3A table 6-1, vector by vector. */
TEST(traps, the_vectors_with_an_error_code_are_known)
{
    static const unsigned char with[] = {8, 10, 11, 12, 13, 14, 17, 21, 29, 30};
    size_t next = 0;
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
        bool expected = next < sizeof(with) && with[next] == vector;
        next += expected;
        EXPECT_EQ(trap_has_error_code(vector), expected);
    }
}

/* `int` pushes no error code, so only vectors without one can be raised so. Every gate from 32 up
 * has to lead back here. */
#define RAISE(vector) __asm__ volatile("int %0" : : "i"(vector) : "memory")

TEST(traps, unexpected_interrupts_are_counted)
{
    static const unsigned vectors[] = {48, 128, 255};
    uint64_t before[ARRAY_SIZE(vectors)];
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
        before[i] = trap_count(vectors[i]);
    RAISE(48);
    RAISE(48);
    RAISE(128);
    RAISE(255);
    EXPECT_EQ(trap_count(48), before[0] + 2);
    EXPECT_EQ(trap_count(128), before[1] + 1);
    EXPECT_EQ(trap_count(255), before[2] + 1);
    EXPECT(!in_interrupt());
}

/* Each of the 32 exceptions has a name of its own. */
TEST(traps, each_exception_has_a_name_of_its_own)
{
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++)
        EXPECT(trap_name(vector) && trap_name(vector)[0]);
    for (unsigned vector = 1; vector < EXCEPTION_COUNT; vector++) {
        for (unsigned other = 0; other < vector; other++)
            EXPECT(strcmp(trap_name(vector), trap_name(other)) != 0);
    }
}

TEST(traps, breakpoint_is_reported)
{
    EXPECT(fault_trigger("breakpoint"));
    EXPECT(log_count("fault: breakpoint in fault_breakpoint+0x"));
}

TEST(traps, debug_exceptions_are_reported_and_continue)
{
    uint64_t before = trap_count(VECTOR_DEBUG);
    EXPECT(fault_trigger("debug"));
    uint64_t steps = trap_count(VECTOR_DEBUG) - before;
    EXPECT(steps > 0 && steps < 10);
    EXPECT(log_count("fault: debug exception (single step) in fault_debug+0x"));
    EXPECT(fault_trigger("hardware-breakpoint"));
    EXPECT_EQ(trap_count(VECTOR_DEBUG), before + steps + 1);
    EXPECT(
        log_count("fault: debug exception (hardware breakpoint) in fault_hardware_breakpoint+0x"));
}

static volatile uint64_t watched;

static uint64_t write_watched(void)
{
    watched++;
    return clock_now();
}

/* A second debug exception would overwrite the frame of the first, for both come on one stack. */
TEST(traps, a_debug_exceptions_handler_meets_no_breakpoint)
{
    enum { WRITES_TO_8_BYTES = 9 << 16, LOCAL_0 = 1 };
    uint64_t before = trap_count(VECTOR_DEBUG);
    uint64_t breakpoints = read_dr7();
    log_set_clock(write_watched);
    __asm__ volatile("movq %0, %%dr0" : : "r"(&watched));
    write_dr7(breakpoints | WRITES_TO_8_BYTES | LOCAL_0);
    watched = 1;
    uint64_t armed = read_dr7();
    write_dr7(breakpoints);
    log_set_clock(clock_now);
    EXPECT_EQ(trap_count(VECTOR_DEBUG), before + 1);
    EXPECT_EQ(watched, 2);
    EXPECT_EQ(armed, breakpoints | WRITES_TO_8_BYTES | LOCAL_0);
}

TEST(traps, nmi_is_reported_and_survived)
{
    uint64_t before = trap_count(VECTOR_NMI);
    EXPECT(fault_trigger("nmi"));
    EXPECT_EQ(trap_count(VECTOR_NMI), before + 1);
    EXPECT(log_count("fault: non-maskable interrupt (no known reason) in fault_nmi+0x"));
    EXPECT(!in_interrupt());
}

static bool in_interrupt_when_logging;

/* The log asks for the time, so this runs in a handler that logs. */
static uint64_t note_context(void)
{
    in_interrupt_when_logging = in_interrupt();
    return clock_now();
}

/* An exception's handler runs as if the interrupted code had called it. */
TEST(traps, an_exceptions_handler_is_no_interrupt_handler)
{
    log_set_clock(note_context);
    EXPECT(fault_trigger("breakpoint"));
    EXPECT(!in_interrupt_when_logging);
    EXPECT(fault_trigger("nmi"));
    EXPECT(in_interrupt_when_logging);
    RAISE(246);
    EXPECT(in_interrupt_when_logging);
    log_set_clock(clock_now);
    EXPECT(!in_interrupt());
}

TEST(traps, gs_leads_to_the_processors_own_struct)
{
    enum { MSR_GS_BASE = (int)0xc0000101 };
    EXPECT(this_cpu() == &boot_cpu);
    EXPECT_EQ(read_msr(MSR_GS_BASE), (virt_addr_t)&boot_cpu);
}

/* A thread's stack is written there when the thread gets the processor. */
TEST(traps, the_tss_stays_writable)
{
    this_cpu()->tss.rsp[0] = stacks[STACK_BOOT].top;
    EXPECT_EQ(this_cpu()->tss.rsp[0], stacks[STACK_BOOT].top);
    this_cpu()->tss.rsp[0] = 0;
}

TEST(traps, a_fault_that_does_not_exist_is_not_triggered)
{
    EXPECT(!fault_trigger("no-such-fault"));
}

TEST(traps, ist_stacks_are_aligned)
{
    for (unsigned i = 0; i < STACK_COUNT; i++) {
        EXPECT_EQ(stacks[i].top % 16, 0);
        EXPECT_EQ(stacks[i].bottom % PAGE_SIZE, 0);
        EXPECT(stacks[i].top - stacks[i].bottom >= PAGE_SIZE);
    }
}

/* The vector's gate, read from where the processor reads it. */
static const uint8_t *gate(unsigned vector)
{
    struct descriptor_table_pointer table;
    __asm__ volatile("sidt %0" : "=m"(table));
    return (const uint8_t *)table.base + 16 * vector;
}

static unsigned ist_of_gate(unsigned vector)
{
    return gate(vector)[4];
}

/* User mode may raise a breakpoint by `int3`, and nothing else. */
TEST(traps, programs_may_raise_a_breakpoint_alone)
{
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++)
        EXPECT_EQ(gate(vector)[5] >> 5 & 3, vector == VECTOR_BREAKPOINT ? 3 : 0);
}

TEST(traps, what_may_come_on_a_broken_stack_has_its_own)
{
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
        unsigned expected = vector == VECTOR_DOUBLE_FAULT    ? IST_DOUBLE_FAULT
                            : vector == VECTOR_NMI           ? IST_NMI
                            : vector == VECTOR_MACHINE_CHECK ? IST_MACHINE_CHECK
                            : vector == VECTOR_DEBUG         ? IST_DEBUG
                                                             : IST_NONE;
        EXPECT_EQ(ist_of_gate(vector), expected);
    }
}

/* These lines are not in service, so each of these interrupts is spurious. */
TEST(traps, spurious_interrupts_are_told_apart)
{
    struct irq_line line;
    if (irq_controller()->at_local_apic)
        return; /* it has a vector of its own for them: see the suite interrupts */
    RAISE(39);
    RAISE(47);
    RAISE(47);
    irq_line(7, &line);
    EXPECT_EQ(line.spurious, 1);
    irq_line(15, &line);
    EXPECT_EQ(line.spurious, 2);
    EXPECT_EQ(line.interrupts, 0);
    EXPECT(log_count("irq: spurious interrupt on line 15"));
}

TEST(traps, unexpected_interrupts_are_logged_once)
{
    uint64_t before = trap_count(245);
    RAISE(245);
    RAISE(245);
    EXPECT(log_count("fault: unexpected interrupt on vector 245;"));
    EXPECT_EQ(trap_count(245), before + 2);
    EXPECT_EQ(log_count("unexpected interrupt on vector 245"), 1);
}

/* The timer's interrupts come, whatever is raised besides. */
TEST(traps, the_timer_ticks)
{
    uint64_t start = trap_count(IRQ_FIRST_VECTOR + IRQ_TIMER);
    for (unsigned i = 0; i < 10; i++)
        wait_for_interrupt();
    EXPECT(trap_count(IRQ_FIRST_VECTOR + IRQ_TIMER) > start);
}

static const char message_table[] = "its name is looked for";

TEST(traps, addresses_are_named)
{
    char place[80];
    uint64_t offset;
    EXPECT_STR(symbol_find((virt_addr_t)message_table + 4, &offset), "message_table");
    EXPECT_EQ(offset, 4);
    fault_spell_place((virt_addr_t)message_table, place, sizeof(place));
    EXPECT_STR(place, "kernel .rodata, \"message_table\"");
    fault_spell_place((virt_addr_t)&boot_cpu, place, sizeof(place));
    EXPECT_STR(place, "kernel .data, \"boot_cpu\"");
    fault_spell_place(stacks[STACK_NMI].top, place, sizeof(place));
    EXPECT_STR(place, "guard page above the NMI stack");
    fault_spell_place((virt_addr_t)phys_to_virt(0xb8000), place, sizeof(place));
    EXPECT_STR(place, "direct map of physical 0xb8000");
    fault_spell_place(0x123456, place, sizeof(place));
    EXPECT_STR(place, "the half for user programs");
    fault_spell_place(UINT64_C(0x1234567812345678), place, sizeof(place));
    EXPECT_STR(place, "not a canonical address");
    EXPECT(symbol_find(0x123456, &offset) == NULL);
}

/* The canary is not what it was linked as, and stops strings. */
TEST(traps, the_canary_is_set)
{
    EXPECT((this_cpu()->canary & 0xff) == 0);
    EXPECT(this_cpu()->canary >> 8 != 0 && this_cpu()->canary != 0x00c0ffee0badcafe);
}
