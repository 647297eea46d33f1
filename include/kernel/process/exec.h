/*
 * Programs: loading one into a new address space, and replacing the running one by it.
 *
 * program_load() reads #! lines and ELF headers, and makes areas, the interpreter's among them, and
 * the first stack. program_run() takes the new space.
 */
#ifndef KERNEL_PROCESS_EXEC_H
#define KERNEL_PROCESS_EXEC_H

#include <error.h>
#include <fs/file.h>
#include <fs/path.h>
#include <mm/address_space.h>

/* Strings one after the other, each with its NUL: the arguments, then the environment. */
struct program_strings {
    char *bytes;
    size_t size, room;
    size_t argument_count, environment_count;
};

/* Linux's limits: for all strings together, a quarter of the stack, and for each. */
enum { PROGRAM_STRINGS_MAX = 2 << 20, PROGRAM_STRING_MAX = 128 << 10 };

/* Appends a string, which the caller counts; and `size` bytes of strings, each with its NUL.
 * ERROR_TOO_BIG, ERROR_OUT_OF_FRAMES. */
enum error program_strings_add(struct program_strings *strings, const char *string);
enum error program_strings_append(struct program_strings *strings, const char *bytes, size_t size);

/* Appends a string of the running program's. ERROR_BAD_ADDRESS as well; may wait. */
enum error program_strings_add_user(struct program_strings *strings, virt_addr_t string);

/* Frees the strings. */
void program_strings_free(struct program_strings *strings);

/* A program that is ready to run. */
struct program {
    struct address_space *space;
    struct file *file;
    virt_addr_t entry, stack; /* where it starts, and with which stack pointer */
    virt_addr_t arguments, arguments_end, environment, environment_end;
    uint32_t uid, euid, gid, egid; /* as which it will run: credentials_choose() */
};

/* Loads the program that `name` leads to from `start` (NULL: the working directory). `strings` is
 * changed by #! lines. ERROR_NOT_EXECUTABLE, ERROR_ACCESS, what file_open() says. May wait. */
enum error program_load(struct fs_context *context, const struct path *start, const char *name,
                        struct program_strings *strings, struct program *program);

/* Gives back a program that does not run after all. */
void program_free(struct program *program);

struct file_table;
struct process;
struct trap_frame;

/* The running process becomes the program: its frame, which is that of a system call, leads there.
 * It waits until its other threads have ended. ERROR_AGAIN: one of them has ended the process
 * already. */
enum error program_run(struct program *program, const char *name, struct trap_frame *frame);

/* The first process, with a program and standard files (NULL: none). ERROR_OUT_OF_FRAMES. */
enum error program_start_first(struct program *program, const char *name,
                               struct fs_context *context, struct file_table *files);

#endif
