#include "memory_files.h"

#include <fs/filesystem.h>
#include <fs/fs.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <mm/heap.h>
#include <string.h>

#include "fake_processor.h"
#include "physical_memory.h"
#include "test_arena.h"

struct fs_context *files_context;
static struct test_arena *arena;

struct fs_context *files_start(void)
{
    if (files_context)
        return files_context;
    fake_processor_set_plain();
    physical_memory_simple(MIB(64));
    arena = test_arena_create(MIB(64));
    if (heap_init(NULL, false, &arena->arena) != OK || fs_start() != OK ||
        fs_context_create(&files_context) != OK)
        return NULL;
    return files_context;
}

int64_t write_bytes(struct file *file, const void *bytes, size_t size)
{
    struct buffer buffer;
    buffer_init_kernel(&buffer, (void *)(uintptr_t)bytes, size);
    enum error error = file_write(file, &buffer);
    return buffer.left < size ? (int64_t)(size - buffer.left) : -(int64_t)error;
}

int64_t read_bytes(struct file *file, void *bytes, size_t size)
{
    struct buffer buffer;
    buffer_init_kernel(&buffer, bytes, size);
    enum error error = file_read(file, &buffer);
    return buffer.left < size ? (int64_t)(size - buffer.left) : -(int64_t)error;
}

/* The log has a line of each level. */
void log_for_each(void (*show)(void *context, enum log_level level, const char *line,
                               size_t length),
                  void *log_context)
{
    static const char *const lines[] = {
        [LOG_ALWAYS] = "[   1.000002] host: always\n",
        [LOG_ERROR] = "[   1.000002] host: an error\n",
        [LOG_WARNING] = "[   1.000002] host: a warning\n",
        [LOG_INFO] = "[   2.500000] host: news\n",
        [LOG_DEBUG] = "[  12.000000] host: details\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        show(log_context, (enum log_level)i, lines[i], strlen(lines[i]));
}

struct file *memory_file_open(const char *name, unsigned flags)
{
    struct file *file;
    return file_open(files_context, NULL, name, flags, 0666, &file) == OK ? file : NULL;
}

bool memory_file_make(const char *name, const char *content)
{
    struct file *file = memory_file_open(name, O_WRONLY | O_CREAT | O_EXCL);
    if (!file)
        return false;
    int64_t written = write_bytes(file, content, strlen(content));
    file_release(file);
    return written == (int64_t)strlen(content) || *content == '\0';
}

bool memory_directory_make(const char *name)
{
    return path_make(files_context, NULL, name, S_IFDIR | 0777, 0) == OK;
}

enum error memory_file_look_up(const char *name, unsigned flags)
{
    struct dentry *found;
    enum error error = path_walk(files_context, NULL, name, flags, &found);
    if (!error)
        dentry_release(found);
    return error;
}
