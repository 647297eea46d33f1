#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <lib/string.h>

#include "record.h"

static char record[65536];
static size_t recorded;
static void (*interrupt)(void);

static void write(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    for (; length && recorded < sizeof(record) - 1; length--) {
        void (*call)(void) = interrupt;
        record[recorded++] = *text++;
        interrupt = NULL;
        if (call)
            call();
    }
    record[recorded] = '\0';
}

void record_start(void)
{
    static struct console_sink sink;
    if (!sink.write) {
        sink.write = write;
        console_add_sink(&sink);
    }
    recorded = 0;
    record[0] = '\0';
}

const char *record_text(void)
{
    return record;
}

static unsigned count(const char *in, const char *text)
{
    unsigned found = 0;
    size_t length = strlen(text);
    for (; *in; in++)
        found += strncmp(in, text, length) == 0;
    return found;
}

unsigned record_count(const char *text)
{
    return count(record, text);
}

void record_interrupt(void (*call)(void))
{
    interrupt = call;
}

struct search {
    const char *text;
    unsigned lines;
};

static void look(void *context, enum log_level level, const char *line, size_t length)
{
    struct search *search = context;
    (void)level;
    (void)length;
    search->lines += count(line, search->text) > 0;
}

unsigned log_count(const char *text)
{
    struct search search = {.text = text};
    log_for_each(look, &search);
    return search.lines;
}
