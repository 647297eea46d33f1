/*
 * /proc/PID/fdinfo: descriptions of a process's descriptors.
 */
#include <fs/file_locks.h>
#include <fs/mount.h>
#include <fs/proc_node.h>

/* The format is that of Linux (fs/proc/fd.c:seq_show there). */
static void describe(struct text *text, const struct file *file, const struct file_table *table,
                     bool close_on_exec)
{
    unsigned flags = file->flags | (close_on_exec ? (unsigned)O_CLOEXEC : 0);
    text_printf(text, "pos:\t%ld\nflags:\t0", (int64_t)file->position);
    text_append_octal(text, flags, 1);
    text_printf(text, "\nmnt_id:\t%u\nino:\t%lu\n", file->mount ? file->mount->id : 0,
                file->inode->number);
    file_locks_describe_file(text, file, table);
    if (file->operations->describe)
        file->operations->describe(file, text);
}

enum error proc_describe_descriptor(struct text *text, int process, int fd)
{
    struct file_table *table;
    struct file *file;
    bool close_on_exec = false;
    enum error error = proc_processes->files(process, &table);
    if (error)
        return error;
    error = file_table_get_named(table, fd, &file);
    if (!error) {
        error = file_table_get_close_on_exec(table, fd, &close_on_exec);
        describe(text, file, table, close_on_exec);
        file_release(file);
    }
    file_table_release(table);
    return error ? ERROR_NO_ENTRY : OK;
}
