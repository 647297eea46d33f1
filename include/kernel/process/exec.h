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

/* Linux's limits: for all strings together (a quarter of the usual stack), and for each. */
enum { PROGRAM_STRINGS_MAX = 2 << 20, PROGRAM_STRING_MAX = 128 << 10 };

/* Append a string, and `size` bytes of strings that have their NULs. The caller counts them.
 * ERROR_TOO_BIG, ERROR_OUT_OF_FRAMES. In threads. */
enum error program_strings_add(struct program_strings *strings, const char *string);
enum error program_strings_append(struct program_strings *strings, const char *bytes, size_t size);

/* The same for a string in the running program's memory. ERROR_BAD_ADDRESS as well; may wait. */
enum error program_strings_add_user(struct program_strings *strings, virt_addr_t string);

/* Frees the strings. In threads. */
void program_strings_free(struct program_strings *strings);

/* A program that is ready to run. */
struct program {
    struct address_space *space;
    struct file *file;
    virt_addr_t entry, stack; /* where it starts, and with which stack pointer */
    virt_addr_t arguments, arguments_end, environment, environment_end;
    uint32_t uid, euid, gid, egid; /* that it will have: credentials_choose() */
};

/* Loads the program that `name` leads to from `start` (NULL: the working directory). #! lines
 * change `strings`. ERROR_NOT_EXECUTABLE, ERROR_ACCESS, what file_open() says. In threads; may
 * wait. */
enum error program_load(struct fs_context *context, const struct path *start, const char *name,
                        struct program_strings *strings, struct program *program);

/* Gives back a program that was loaded and does not run after all. In threads; may wait. */
void program_free(struct program *program);

struct file_table;
struct process;
struct trap_frame;

/* Replaces the running process's program. `frame`, which is a system call's, then leads to the new
 * one. Waits until the process's other threads have ended. ERROR_AGAIN: one of them has ended the
 * process already; ERROR_OUT_OF_FRAMES. After an error the old program is whole, and `program` is
 * the caller's. In threads of programs. */
enum error program_run(struct program *program, const char *name, struct trap_frame *frame);

/* Makes and starts the first process, with a program, and takes over `context` and `files`.
 * ERROR_OUT_OF_FRAMES. In threads. */
enum error program_start_first(struct program *program, const char *name,
                               struct fs_context *context, struct file_table *files);

#endif
