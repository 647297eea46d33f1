/*
 * Faults on purpose, by name. `fault NAME` in the monitor and the tests trigger them to show that
 * the kernel catches them. To add one, write
 *
 *     FAULT(divide, "divide", "divide by zero")
 *     {
 *         ...
 *     }
 *
 * in a file below kernel/fault/; the linker collects them, sorted by identifier. The backtrace of
 * the report shows the function as fault_IDENTIFIER. The function returns only if the program can
 * go on after the fault, or if this build or mode cannot produce it; then it prints the reason.
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

/* Triggers the fault of that name; false if there is none. In a task, or before the executor runs.
 */
bool fault_trigger(const char *name);

#endif
