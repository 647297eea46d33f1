/*
 * The table is an array of files and two bit maps, which grow together as higher descriptors are
 * opened. The lowest free descriptor is found by looking at 64 of them at a time.
 */
#include <assert.h>
#include <fs/file_locks.h>
#include <fs/file_table.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { WORD = 64 };

static bool test_bit(const uint64_t *bits, unsigned fd)
{
    return bits[fd / WORD] >> (fd % WORD) & 1;
}

static void set_bit(uint64_t *bits, unsigned fd, bool value)
{
    uint64_t bit = UINT64_C(1) << (fd % WORD);
    bits[fd / WORD] = value ? bits[fd / WORD] | bit : bits[fd / WORD] & ~bit;
}

/* The lowest descriptor from `from` on whose bit is set in `bits`, or clear if `flip` is all ones;
 * `capacity` when there is none. */
static unsigned next_bit(const struct file_table *table, unsigned from, uint64_t flip)
{
    for (unsigned word = from / WORD; word < table->capacity / WORD; word++) {
        uint64_t bits = table->open[word] ^ flip;
        if (word == from / WORD)
            bits &= UINT64_MAX << (from % WORD);
        if (bits)
            return word * WORD + (unsigned)__builtin_ctzll(bits);
    }
    return table->capacity;
}

static void free_arrays(struct file_table *table)
{
    kfree(table->files);
    kfree(table->open);
    kfree(table->close_on_exec);
}

/* Makes room for descriptors below `capacity`, which is more than there is. */
static enum error grow(struct file_table *table, unsigned capacity)
{
    ASSERT(capacity > table->capacity);
    struct file_table larger = {.capacity = ALIGN_UP(capacity, (unsigned)WORD)};
    size_t words = larger.capacity / WORD, old_words = table->capacity / WORD;
    larger.files = kzalloc(larger.capacity * sizeof(struct file *));
    larger.open = kzalloc(words * sizeof(uint64_t));
    larger.close_on_exec = kzalloc(words * sizeof(uint64_t));
    if (!larger.files || !larger.open || !larger.close_on_exec) {
        free_arrays(&larger);
        return ERROR_OUT_OF_FRAMES;
    }
    if (table->capacity > 0) {
        memcpy(larger.files, table->files, table->capacity * sizeof(struct file *));
        memcpy(larger.open, table->open, old_words * sizeof(uint64_t));
        memcpy(larger.close_on_exec, table->close_on_exec, old_words * sizeof(uint64_t));
        free_arrays(table);
    }
    table->files = larger.files;
    table->open = larger.open;
    table->close_on_exec = larger.close_on_exec;
    table->capacity = larger.capacity;
    return OK;
}

static enum error create(unsigned capacity, struct file_table **table)
{
    struct file_table *made = kzalloc(sizeof(*made));
    if (!made)
        return ERROR_OUT_OF_FRAMES;
    made->references = 1;
    made->limit = FILE_TABLE_LIMIT;
    enum error error = grow(made, capacity);
    if (error) {
        kfree(made);
        return error;
    }
    *table = made;
    return OK;
}

enum error file_table_create(struct file_table **table)
{
    return create(WORD, table);
}

enum error file_table_copy(const struct file_table *from, struct file_table **copy)
{
    unsigned end = from->capacity;
    while (end > WORD && !from->open[end / WORD - 1])
        end -= WORD;
    enum error error = create(end, copy);
    if (error)
        return error;
    struct file_table *table = *copy;
    table->limit = from->limit;
    for (unsigned fd = 0; (fd = next_bit(from, fd, 0)) < from->capacity; fd++) {
        file_reference(from->files[fd]);
        table->files[fd] = from->files[fd];
        set_bit(table->open, fd, true);
        set_bit(table->close_on_exec, fd, test_bit(from->close_on_exec, fd));
    }
    return OK;
}

void file_table_reference(struct file_table *table)
{
    ASSERT(table->references > 0);
    table->references++;
}

/* A descriptor of the file is closed: with any of them go the locks that the table has on it. */
static void release(struct file_table *table, struct file *file)
{
    if (file->inode->locks)
        file_locks_release(file->inode, table);
    file_release(file);
}

/* Takes an open descriptor out of the table; its reference is the caller's. */
static struct file *take_out(struct file_table *table, unsigned fd)
{
    struct file *file = table->files[fd];
    ASSERT(file);
    table->files[fd] = NULL;
    set_bit(table->open, fd, false);
    return file;
}

void file_table_release(struct file_table *table)
{
    ASSERT(table->references > 0);
    if (--table->references > 0)
        return;
    for (unsigned fd = 0; (fd = next_bit(table, fd, 0)) < table->capacity; fd++)
        release(table, take_out(table, fd));
    free_arrays(table);
    kfree(table);
}

void file_table_close_range(struct file_table *table, unsigned first, unsigned last, bool on_exec)
{
    if (first >= table->capacity)
        return;
    file_table_reference(table); /* for its users may leave it while a file is released */
    for (unsigned fd = first; (fd = next_bit(table, fd, 0)) < table->capacity && fd <= last; fd++) {
        if (on_exec)
            set_bit(table->close_on_exec, fd, true);
        else
            release(table, take_out(table, fd));
    }
    file_table_release(table);
}

void file_table_close_on_exec(struct file_table *table)
{
    for (unsigned fd = 0; (fd = next_bit(table, fd, 0)) < table->capacity; fd++) {
        if (test_bit(table->close_on_exec, fd))
            release(table, take_out(table, fd));
    }
}

/* Room for the descriptor, which is below the limit. */
static enum error make_room(struct file_table *table, unsigned fd)
{
    return fd < table->capacity ? OK : grow(table, MAX(fd + 1, 2 * table->capacity));
}

bool file_table_is_full(const struct file_table *table)
{
    return next_bit(table, 0, UINT64_MAX) >= table->limit;
}

static void set(struct file_table *table, unsigned fd, struct file *file, bool close_on_exec)
{
    table->files[fd] = file;
    set_bit(table->open, fd, true);
    set_bit(table->close_on_exec, fd, close_on_exec);
}

enum error file_table_add(struct file_table *table, struct file *file, int lowest,
                          bool close_on_exec, int *fd)
{
    if (lowest < 0)
        return ERROR_INVALID;
    unsigned free = MAX((unsigned)lowest, next_bit(table, (unsigned)lowest, UINT64_MAX));
    if (free >= table->limit)
        return ERROR_TOO_MANY_FILES;
    enum error error = make_room(table, free);
    if (error)
        return error;
    set(table, free, file, close_on_exec);
    *fd = (int)free;
    return OK;
}

enum error file_table_put(struct file_table *table, struct file *file, int fd, bool close_on_exec)
{
    if (fd < 0 || (unsigned)fd >= table->limit)
        return ERROR_BAD_DESCRIPTOR;
    enum error error = make_room(table, (unsigned)fd);
    if (error)
        return error;
    struct file *replaced = table->files[fd];
    set(table, (unsigned)fd, file, close_on_exec);
    if (replaced)
        release(table, replaced);
    return OK;
}

enum error file_table_close(struct file_table *table, int fd)
{
    if (!file_table_is_open(table, fd))
        return ERROR_BAD_DESCRIPTOR;
    release(table, take_out(table, (unsigned)fd));
    return OK;
}

void file_table_take_back(struct file_table *table, int fd, const struct file *file)
{
    if (file_table_is_open(table, fd) && table->files[fd] == file)
        release(table, take_out(table, (unsigned)fd));
}

enum error file_table_get_close_on_exec(const struct file_table *table, int fd, bool *value)
{
    if (!file_table_is_open(table, fd))
        return ERROR_BAD_DESCRIPTOR;
    *value = test_bit(table->close_on_exec, (unsigned)fd);
    return OK;
}

enum error file_table_set_close_on_exec(struct file_table *table, int fd, bool value)
{
    if (!file_table_is_open(table, fd))
        return ERROR_BAD_DESCRIPTOR;
    set_bit(table->close_on_exec, (unsigned)fd, value);
    return OK;
}

int file_table_next(const struct file_table *table, int fd)
{
    unsigned next = next_bit(table, (unsigned)fd, 0);
    return next < table->capacity ? (int)next : -1;
}
