/*
 * The commands of the monitor. To add one, write
 *
 *     COMMAND(greet, "NAME", "say hello to NAME")
 *     {
 *         console_printf("hello, %s\n", arguments);
 *     }
 *
 * in a file below kernel/monitor/. The linker collects the commands, sorted by name; `help` lists
 * them. Optional fields follow the summary: COMMAND(greet, "NAME", "...", .words = person_name).
 */
#ifndef KERNEL_MONITOR_COMMAND_H
#define KERNEL_MONITOR_COMMAND_H

#include <kernel/monitor/completion.h>
#include <section.h>

struct command {
    const char *name;
    const char *parameters; /* for help: "" or "NAME" */
    const char *summary;    /* for help, in a few words */
    /* `arguments` is the rest of the line after the blank that ends the name. Runs in the monitor's
     * task. */
    void (*run)(const char *arguments);
    const char *details;   /* for `help NAME`: lines of at most 78 columns; NULL: none */
    completion_list words; /* the possible first arguments, for completion; NULL: any */
};

#define COMMAND(command_name, command_parameters, command_summary, ...)                        \
    static void command_##command_name(const char *arguments);                                 \
    static const struct command command__##command_name                                        \
        __attribute__((used, section("commands." #command_name), aligned(sizeof(void *)))) = { \
            .name = #command_name,                                                             \
            .parameters = (command_parameters),                                                \
            .summary = (command_summary),                                                      \
            .run = command_##command_name,                                                     \
            __VA_ARGS__};                                                                      \
    static void command_##command_name(const char *arguments)

SECTION_ARRAY(struct command, commands);

/* Runs the command that `line` begins with. An empty line does nothing; an unknown command prints
 * one line. In the monitor's task. */
void command_run(const char *line);

/* The command of that name, or NULL. */
const struct command *command_find(const char *name, size_t length);

/* The names of the commands, as a list. */
const char *command_name(size_t index);

/* The possible words for the one at the end of the first `length` bytes of `line`, or NULL if any
 * word is possible; `*start` is where it starts. */
completion_list command_words(const char *line, size_t length, size_t *start);

/* A command that goes on in tasks of its own registers a function that stops it. There is one such
 * command at a time: a new one stops the one before. command_stop() stops it, if there is one, for
 * Ctrl-C and before the screen is cleared. In tasks. */
void command_set_stop(void (*stop)(void));
void command_stop(void);

enum { COMMAND_WORD = 32 /* bytes with the NUL; longer than any valid word */ };

/* Copies the next word of `*arguments` to `word` and advances `*arguments` past it. A word that is
 * too long is cut after a whole character and ends in "...", so that it never equals a shorter
 * word. False, and "", if there is none. */
bool command_word(const char **arguments, char word[COMMAND_WORD]);

/* Takes the next word as a hexadecimal address. If it is none, prints a line for the command `name`
 * and returns false. */
bool command_address(const char *name, const char **arguments, virt_addr_t *address);

/* Called after the last word that the command takes. If there are more, prints a line and returns
 * true. */
bool command_refuse_rest(const char *name, const char *arguments);

/* For commands without parameters. If there are arguments, prints a line and returns true. */
bool command_refuse_arguments(const char *name, const char *arguments);

#endif
