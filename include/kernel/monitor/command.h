/*
 * A command of the monitor is one step: write
 *
 *     COMMAND(greet, "NAME", "says hello to NAME")
 *     {
 *         console_printf("hello, %s\n", arguments);
 *     }
 *
 * in a file below kernel/monitor/. The linker collects the commands, sorted by name; `help` lists
 * them.
 */
#ifndef KERNEL_MONITOR_COMMAND_H
#define KERNEL_MONITOR_COMMAND_H

#include <types.h>

struct command {
    const char *name;
    const char *parameters; /* for help: "" or "NAME" */
    const char *summary;    /* for help, in a few words */
    /* `arguments` is the rest of the line behind the one blank that ends the name. Runs in the
     * monitor's task. */
    void (*run)(const char *arguments);
};

#define COMMAND(command_name, command_parameters, command_summary)                             \
    static void command_##command_name(const char *arguments);                                 \
    static const struct command command__##command_name                                        \
        __attribute__((used, section("commands." #command_name), aligned(sizeof(void *)))) = { \
            .name = #command_name,                                                             \
            .parameters = (command_parameters),                                                \
            .summary = (command_summary),                                                      \
            .run = command_##command_name,                                                     \
    };                                                                                         \
    static void command_##command_name(const char *arguments)

extern const struct command __start_commands[], __stop_commands[];

/* Runs the command that `line` begins with. An empty line does nothing; an unknown command gets one
 * line that says so. */
void command_run(const char *line);

/* For commands without parameters: true, and a line that says so, when there are arguments all the
 * same. */
bool command_refuse_arguments(const char *name, const char *arguments);

#endif
