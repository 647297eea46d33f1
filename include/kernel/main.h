/*
 * The kernel's entry from boot/, and the boot modes: tests and benches, which run instead of the
 * monitor when the command line asks for them.
 */
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

#include <boot/boot_info.h>
#include <kernel/options.h>

/* Sets everything up and runs the executor. Called once, by boot/entry.asm, with interrupts masked.
 */
NORETURN void kernel_main(const struct boot_info *info);

/* The time that setting up frames and page tables took, in TSC ticks; for the benches. */
extern uint64_t memory_set_up_ticks;

/* A function that runs instead of the monitor when the command line has `key=`. The linker collects
 * these; kernel/ending.c runs them. */
struct boot_mode {
    const char **value; /* of its option */
    /* Runs once everything is set up, outside of any task, with interrupts enabled. It returns
     * whether it succeeded. QEMU exits with the result. */
    bool (*run)(const char *value);
};

#define BOOT_MODE(key, function)                                                  \
    OPTION(key);                                                                  \
    static const struct boot_mode boot_mode_##key                                 \
        __attribute__((used, section("boot_modes"), aligned(sizeof(void *)))) = { \
            .value = &option_##key, .run = (function)}

/* The time stamp counter right before the boot mode runs, when everything is set up; 0 if the
 * monitor runs. */
extern uint64_t boot_mode_tsc;

#endif
