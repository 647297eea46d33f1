/*
 * Faults on purpose, by name: what `fault NAME` in the monitor and the tests do to see that a thing
 * is caught. One more is one step: write
 *
 *     FAULT(divide, "divide", "divide by zero")
 *     {
 *         ...
 *     }
 *
 * in a file below kernel/fault/; the linker collects them, sorted by identifier. A function named
 * fault_IDENTIFIER is what the backtrace of the report shows. It returns only when the fault is one
 * that is survived, or cannot be had in this build or mode; then it says so on the console.
 */
#ifndef KERNEL_FAULT_TRIGGER_H
#define KERNEL_FAULT_TRIGGER_H

#include <section.h>
#include <types.h>

struct fault {
    const char *name;
    const char *summary; /* in a few words */
    void (*run)(void);
};

#define FAULT(identifier, fault_name, fault_summary)                                       \
    static void fault_##identifier(void);                                                  \
    static const struct fault fault__##identifier                                          \
        __attribute__((used, section("faults." #identifier), aligned(sizeof(void *)))) = { \
            .name = (fault_name), .summary = (fault_summary), .run = fault_##identifier};  \
    static __attribute__((noinline)) void fault_##identifier(void)

SECTION_ARRAY(struct fault, faults);

/* Runs the fault of that name; false when there is none. In a task, or before the executor runs. */
bool fault_trigger(const char *name);

#endif
