/*
 * Opening a program's file, and following scripts. The kernel executes no script itself: its first
 * line, "#!/bin/sh -e", names an interpreter, which is executed instead and finds the script's name
 * among its arguments. An interpreter may be a script itself.
 */
#include <fs/inode.h>
#include <kernel/process/program_file.h>
#include <lib/string.h>

enum {
    SCRIPT_LINE = 256, /* bytes of a #! line that are looked at */
    SCRIPT_DEPTH = 5,  /* scripts that are interpreted by scripts */
};

/* --- Opening and reading ---------------------------------------------------------------------- */

enum error program_file_read_some(struct file *file, uint64_t offset, void *to, size_t size,
                                  size_t *read)
{
    struct buffer buffer;
    buffer_init_kernel(&buffer, to, size);
    enum error error = file_read_at(file, &buffer, offset);
    *read = size - buffer.left;
    return error;
}

enum error program_file_read(struct file *file, uint64_t offset, void *to, size_t size)
{
    size_t read;
    enum error error = program_file_read_some(file, offset, to, size, &read);
    if (error)
        return error;
    return read == size ? OK : ERROR_NOT_EXECUTABLE;
}

enum error program_file_open(struct fs_context *context, const struct path *start, const char *name,
                             struct file **file)
{
    enum error error = file_open(context, start, name, O_RDONLY, 0, file);
    if (error)
        return error;
    const struct inode *inode = (*file)->inode;
    error = inode_check_access(context, inode, MAY_EXECUTE);
    const struct mount *mount = (*file)->mount;
    if ((inode->mode & S_IFMT) != S_IFREG || (mount && mount->flags & MOUNT_NO_EXEC))
        error = ERROR_ACCESS;
    if (error)
        file_release(*file);
    return error;
}

/* --- Scripts --------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Splits a line that begins with #! into the interpreter's name and its one argument, or "". Each
 * then ends in a NUL. The argument of a line that is too long is cut. ERROR_NOT_EXECUTABLE: there
 * is no name, or it may be cut. ERROR_ACCESS: there is no name, and the file ends in this line;
 * Linux then opens "", the working directory, as the interpreter. */
static enum error split_line(char *line, size_t size, char **name, char **argument)
{
    char *at = line + 2, *end = line, *last = line + SCRIPT_LINE - 1;
    while (end < line + size && *end != '\n')
        end++;
    bool is_cut = end > last, is_last = end == line + size;
    end = MIN(end, last);
    while (at < end && is_blank(*at))
        at++;
    *name = at;
    while (at < end && *at && !is_blank(*at))
        at++;
    if (is_cut && at == end)
        return ERROR_NOT_EXECUTABLE;
    while (end > at && is_blank(end[-1]))
        end--;
    *end = '\0';
    if (*at)
        *at++ = '\0';
    while (is_blank(*at))
        at++;
    *argument = at;
    if (**name)
        return OK;
    return is_last ? ERROR_ACCESS : ERROR_NOT_EXECUTABLE;
}

/* Changes the arguments to: the interpreter, its argument, the script's name, and the script's own
 * arguments without the first. */
static enum error prepend(struct program_strings *strings, const char *interpreter,
                          const char *argument, const char *script)
{
    struct program_strings longer = {.argument_count = strings->argument_count + 1,
                                     .environment_count = strings->environment_count};
    size_t first = strings->argument_count ? strlen(strings->bytes) + 1 : 0;
    enum error error = program_strings_add(&longer, interpreter);
    if (!strings->argument_count)
        longer.argument_count++;
    if (!error && *argument) {
        longer.argument_count++;
        error = program_strings_add(&longer, argument);
    }
    if (!error)
        error = program_strings_add(&longer, script);
    if (!error)
        error = program_strings_append(&longer, strings->bytes + first, strings->size - first);
    if (error) {
        program_strings_free(&longer);
        return error;
    }
    program_strings_free(strings);
    *strings = longer;
    return OK;
}

/* Opens the program. If it is a script, `line` is its first line, cut to SCRIPT_LINE bytes, and
 * *size is not 0. */
static enum error open_and_look(struct fs_context *context, const struct path *start,
                                const char *name, struct file **file, char *line, size_t *size)
{
    enum error error = program_file_open(context, start, name, file);
    if (error)
        return error;
    error = program_file_read_some(*file, 0, line, SCRIPT_LINE, size);
    if (error)
        file_release(*file);
    else if (*size < 2 || line[0] != '#' || line[1] != '!')
        *size = 0;
    return error;
}

enum error program_file_find(struct fs_context *context, const struct path *start, const char *name,
                             struct program_strings *strings, struct file **file)
{
    char line[SCRIPT_LINE + 1], script[SCRIPT_LINE + 1], *interpreter, *argument;
    size_t size;
    enum error error = open_and_look(context, start, name, file, line, &size);
    for (unsigned depth = 0; !error && size; depth++) {
        file_release(*file);
        error = depth < SCRIPT_DEPTH ? split_line(line, size, &interpreter, &argument) : ERROR_LOOP;
        if (!error)
            error = prepend(strings, interpreter, argument, depth ? script : name);
        if (error)
            return error;
        memcpy(script, interpreter, strlen(interpreter) + 1);
        error = open_and_look(context, NULL, script, file, line, &size);
    }
    return error;
}
