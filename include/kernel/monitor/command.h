/*
 * A command of the monitor is one step: write
 *
 *     COMMAND(greet, "NAME", "say hello to NAME")
 *     {
 *         console_printf("hello, %s\n", arguments);
 *     }
 *
 * in a file below kernel/monitor/. The linker collects the commands, sorted by name; `help` lists
 * them. What is optional follows the summary: COMMAND(greet, "NAME", "...", .words = person_name).
 */
#ifndef KERNEL_MONITOR_COMMAND_H
#define KERNEL_MONITOR_COMMAND_H

#include <kernel/monitor/completion.h>
#include <section.h>

struct command {
    const char *name;
    const char *parameters; /* for help: "" or "NAME" */
    const char *summary;    /* for help, in a few words */
    /* `arguments` is the rest of the line behind the one blank that ends the name. Runs in the
     * monitor's task. */
    void (*run)(const char *arguments);
    const char *details;   /* for `help NAME`: lines of at most 78 columns; NULL: none */
    completion_list words; /* what the first argument can be, for completion; NULL: anything */
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

/* Runs the command that `line` begins with. An empty line does nothing; an unknown command gets one
 * line that says so. */
void command_run(const char *line);

/* The command of that name, or NULL. */
const struct command *command_find(const char *name, size_t length);

/* The names of the commands, as a list. */
const char *command_name(size_t index);

/* What the word that ends with the `length` bytes of `line` can be, or NULL when that is anything;
 * and where the word starts. */
completion_list command_words(const char *line, size_t length, size_t *start);

/* A command that goes on in tasks of its own says how it is stopped; one at a time, a new one stops
 * the one before. command_stop() is for Ctrl-C and for who clears the screen, and harmless when
 * there is none. */
void command_set_stop(void (*stop)(void));
void command_stop(void);

enum { COMMAND_WORD = 32 /* bytes, a NUL included: longer than any word that means something */ };

/* Copies the next word of `*arguments` to `word`, and goes on behind it. One that is too long is
 * cut behind a whole character and ends in "...", so that it is never taken for a shorter one.
 * False, and "", when there is none. */
bool command_word(const char **arguments, char word[COMMAND_WORD]);

/* Takes the next word as a hexadecimal address. False, and a line that says so on behalf of the
 * command `name`, when it is none; likewise those that follow. */
bool command_address(const char *name, const char **arguments, virt_addr_t *address);

/* For who has taken all the words that it knows: true when there are more. */
bool command_refuse_rest(const char *name, const char *arguments);

/* For commands without parameters: true when there are arguments all the same. */
bool command_refuse_arguments(const char *name, const char *arguments);

#endif
