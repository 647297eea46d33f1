/*
 * Devices without hardware behind them: /dev/null, zero, full, random, urandom, kmsg (null(4),
 * full(4), random(4)).
 */
#include <fs/device.h>
#include <fs/memory_devices.h>
#include <fs/text.h>
#include <kernel/cpu/random.h>
#include <kernel/log/log.h>
#include <kernel/task/thread.h>
#include <mm/heap.h>

enum { MEMORY_MAJOR = 1, PIECE = 65536 };

static enum error read_nothing(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)file, (void)buffer, (void)position;
    return OK;
}

/* Takes all and forgets it. */
static enum error write_nowhere(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)file, (void)position;
    buffer->left = 0;
    return OK;
}

static enum error write_to_full(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)file, (void)buffer, (void)position;
    return ERROR_FULL;
}

/* Between the pieces of a long read. */
static void let_others_run(const struct buffer *buffer)
{
    if (buffer->left > 0 && thread_current())
        thread_yield();
}

static enum error read_zeros(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)file, (void)position;
    enum error error = OK;
    while (!error && buffer->left > 0) {
        error = buffer_put_zeros(buffer, MIN(buffer->left, (size_t)PIECE));
        let_others_run(buffer);
    }
    return error;
}

static enum error read_random(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)file, (void)position;
    enum error error = OK;
    while (!error && buffer->left > 0) {
        uint8_t bytes[256];
        size_t size = MIN(sizeof(bytes), buffer->left);
        random_bytes(bytes, size);
        error = buffer_put(buffer, bytes, size);
        if (buffer->left % PIECE < size)
            let_others_run(buffer);
    }
    return error;
}

static enum error mix_in(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)file, (void)position;
    enum error error = OK;
    while (!error && buffer->left > 0) {
        uint64_t sample = 0;
        error = buffer_get(buffer, &sample, MIN(sizeof(sample), buffer->left));
        random_add(sample);
    }
    return error;
}

/* A line of the log for each read, as Linux's /dev/kmsg has it: priority, number, microseconds.
 * What the log holds when the file is opened is read, and then the end. */
struct log_copy {
    struct text text;
    uint64_t records;
};

static void add_record(void *context, enum log_level level, const char *line, size_t length)
{
    static const uint8_t priorities[] = {
        [LOG_ALWAYS] = 5, [LOG_ERROR] = 3, [LOG_WARNING] = 4, [LOG_INFO] = 6, [LOG_DEBUG] = 7};
    struct log_copy *copy = context;
    uint64_t microseconds = 0;
    const char *at = line + 1;
    for (; *at != ']'; at++) {
        if (*at >= '0' && *at <= '9')
            microseconds = microseconds * 10 + (uint64_t)(*at - '0');
    }
    text_printf(&copy->text, "%u,%lu,%lu,-;%.*s", priorities[level], copy->records++, microseconds,
                (int)(length - (size_t)(at + 2 - line)), at + 2);
}

static void close_log(struct file *file)
{
    struct log_copy *copy = file->data;
    text_free(&copy->text);
    kfree(copy);
}

static enum error open_log(struct file *file)
{
    struct log_copy *copy = kzalloc(sizeof(*copy));
    if (!copy)
        return ERROR_OUT_OF_FRAMES;
    log_for_each(add_record, copy);
    file->data = copy;
    if (!copy->text.error)
        return OK;
    close_log(file); /* a line may have no end */
    return ERROR_OUT_OF_FRAMES;
}

static enum error read_log(struct file *file, struct buffer *buffer, uint64_t *position)
{
    const struct text *text = &((const struct log_copy *)file->data)->text;
    uint64_t end = *position;
    if (*position >= text->length)
        return OK;
    while (text->bytes[end++] != '\n')
        ;
    if (end - *position > buffer->left)
        return ERROR_INVALID;
    enum error error = buffer_put(buffer, text->bytes + *position, end - *position);
    *position = error ? *position : end;
    return error;
}

static enum error write_log(struct file *file, struct buffer *buffer, uint64_t *position)
{
    char line[LOG_TEXT];
    size_t length = MIN(buffer->left, sizeof(line) - 1);
    (void)file, (void)position;
    enum error error = buffer_get(buffer, line, length);
    if (error)
        return error;
    buffer->left = 0;
    while (length > 0 && line[length - 1] == '\n')
        length--;
    log_info("%.*s", (int)length, line);
    return OK;
}

/* The position is always 0. */
static enum error seek_nowhere(struct file *file, int64_t offset, int whence, uint64_t *position)
{
    (void)file, (void)offset, (void)whence;
    *position = 0;
    return OK;
}

static const struct file_operations null_operations = {
    .has_position = true, .seek = seek_nowhere, .read = read_nothing, .write = write_nowhere};
static const struct file_operations zero_operations = {
    .has_position = true, .seek = seek_nowhere, .read = read_zeros, .write = write_nowhere};
static const struct file_operations full_operations = {
    .has_position = true, .seek = seek_nowhere, .read = read_zeros, .write = write_to_full};
static const struct file_operations random_operations = {
    .has_position = true, .seek = seek_nowhere, .read = read_random, .write = mix_in};
static const struct file_operations log_operations = {.has_position = true,
                                                      .open = open_log,
                                                      .close = close_log,
                                                      .read = read_log,
                                                      .write = write_log};

static struct device memory_devices[] = {
    {.name = "null", .number = DEVICE_NUMBER(MEMORY_MAJOR, 3), .operations = &null_operations},
    {.name = "zero", .number = DEVICE_NUMBER(MEMORY_MAJOR, 5), .operations = &zero_operations},
    {.name = "full", .number = DEVICE_NUMBER(MEMORY_MAJOR, 7), .operations = &full_operations},
    {.name = "random", .number = DEVICE_NUMBER(MEMORY_MAJOR, 8), .operations = &random_operations},
    {.name = "urandom", .number = DEVICE_NUMBER(MEMORY_MAJOR, 9), .operations = &random_operations},
    {.name = "kmsg", .number = DEVICE_NUMBER(MEMORY_MAJOR, 11), .operations = &log_operations},
};

void memory_devices_add(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(memory_devices); i++) {
        memory_devices[i].mode = 0666;
        device_add(&memory_devices[i]);
    }
}
