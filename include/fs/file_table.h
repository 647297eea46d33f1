/*
 * A process's descriptors. Threads share a table, or fork copies it.
 */
#ifndef FS_FILE_TABLE_H
#define FS_FILE_TABLE_H

#include <error.h>
#include <fs/file.h>

enum { FILE_TABLE_LIMIT = 1024, FILE_TABLE_HARD_LIMIT = 4096, FILE_TABLE_MAX = 1 << 20 };

struct file_table {
    size_t references;
    unsigned limit;          /* RLIMIT_NOFILE: descriptors are below; at most FILE_TABLE_MAX */
    unsigned capacity;       /* of what follows; a multiple of 64 */
    struct file **files;     /* by descriptor; NULL: not open */
    uint64_t *open;          /* a bit for each descriptor: it is open */
    uint64_t *close_on_exec; /* likewise, for those that are open */
};

/* An empty one, and one with the same files. ERROR_OUT_OF_FRAMES. */
enum error file_table_create(struct file_table **table);
enum error file_table_copy(const struct file_table *from, struct file_table **copy);

/* One more user; and one less: with the last one all its files are released, which may wait. */
void file_table_reference(struct file_table *table);
void file_table_release(struct file_table *table);

/* Closes the descriptors from `first` to `last`, or marks them to be closed on exec. May wait. */
void file_table_close_range(struct file_table *table, unsigned first, unsigned last, bool on_exec);

/* Closes what is marked for that. May wait. */
void file_table_close_on_exec(struct file_table *table);

/* Is the descriptor, which may be any number, open? */
static inline bool file_table_is_open(const struct file_table *table, int fd)
{
    return (unsigned)fd < table->capacity && table->files[fd];
}

/* The file of a descriptor, referenced: file_release() comes after. One that was opened with O_PATH
 * can do no more than name a file: for that it is found, too. ERROR_BAD_DESCRIPTOR. */
static inline enum error file_table_get_named(const struct file_table *table, int fd,
                                              struct file **file)
{
    if (!file_table_is_open(table, fd))
        return ERROR_BAD_DESCRIPTOR;
    *file = table->files[fd];
    file_reference(*file);
    return OK;
}

/* The same for all other uses: such a file is ERROR_BAD_DESCRIPTOR. */
static inline enum error file_table_get(const struct file_table *table, int fd, struct file **file)
{
    if (!file_table_is_open(table, fd) || table->files[fd]->flags & O_PATH)
        return ERROR_BAD_DESCRIPTOR;
    *file = table->files[fd];
    file_reference(*file);
    return OK;
}

/* Are all descriptors below the limit open? It may be so later, when another thread opens one. */
bool file_table_is_full(const struct file_table *table);

/* Opens the lowest free descriptor from `lowest` on for the file, and takes over the caller's
 * reference. ERROR_TOO_MANY_FILES, ERROR_INVALID (`lowest` is negative),
 * ERROR_OUT_OF_FRAMES; the reference stays the caller's then. */
enum error file_table_add(struct file_table *table, struct file *file, int lowest,
                          bool close_on_exec, int *fd);

/* The same for that very descriptor; what was open there is closed, which may wait.
 * ERROR_BAD_DESCRIPTOR (beyond the limit), ERROR_OUT_OF_FRAMES. */
enum error file_table_put(struct file_table *table, struct file *file, int fd, bool close_on_exec);

/* Closes a descriptor; may wait. ERROR_BAD_DESCRIPTOR. */
enum error file_table_close(struct file_table *table, int fd);

/* Closes a descriptor that the caller has opened for the file, for a program that was not told its
 * number. Another thread may have closed it since, or opened another file there, which stays. The
 * caller has a reference on the file. May wait. */
void file_table_take_back(struct file_table *table, int fd, const struct file *file);

/* The mark of an open descriptor. ERROR_BAD_DESCRIPTOR. */
enum error file_table_get_close_on_exec(const struct file_table *table, int fd, bool *value);
enum error file_table_set_close_on_exec(struct file_table *table, int fd, bool value);

/* The lowest open descriptor from `fd` on; -1: there is none. */
int file_table_next(const struct file_table *table, int fd);

#endif
