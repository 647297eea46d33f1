/*
 * The command line as GRUB and QEMU hand it over. The fake bus has QEMU's configuration device on
 * it, with one file.
 */
#include <kernel/options.h>
#include <string.h>

#include "../test.h"
#include "fake_ports.h"
#include "support.h"

enum { SELECTOR_LOW = 0x510, SELECTOR_HIGH = 0x511, DATA = 0x511 };
enum { KEY_DIRECTORY = 0x19, KEY_FILE = 0x20 };

static char file[4096];
static uint8_t directory[4 + 64];
static const uint8_t *stream;
static uint8_t selector_low;

static void select_key(uint16_t key)
{
    stream = key == KEY_DIRECTORY ? directory
             : key == KEY_FILE    ? (const uint8_t *)file
                                  : (const uint8_t *)"QEMU";
}

static void write(uint16_t port, uint8_t value)
{
    if (port == SELECTOR_LOW)
        selector_low = value;
    else if (port == SELECTOR_HIGH)
        select_key((uint16_t)(value << 8 | selector_low));
}

static uint8_t read(uint16_t port)
{
    return port == DATA && stream ? *stream++ : 0xff;
}

/* Reads `line` from GRUB and `more` from QEMU. */
static void start(const char *line, const char *more)
{
    static struct boot_info info;
    memset(&info, 0, sizeof(info));
    strcpy(info.command_line, line);
    strcpy(file, more);
    memset(directory, 0, sizeof(directory));
    size_t size = strlen(more);
    directory[3] = 1;
    directory[6] = (uint8_t)(size >> 8);
    directory[7] = (uint8_t)size;
    directory[9] = KEY_FILE;
    strcpy((char *)directory + 12, "opt/cairn/cmdline");
    fake_ports_set((struct fake_device){.read = read, .write = write});
    options_init(&info);
}

TEST(options, later_words_win)
{
    start("heap=bump loglevel=info quiet", "loglevel=error heap_debug=0 empty=");
    EXPECT_STR(options_get("heap"), "bump");
    EXPECT_STR(options_get("loglevel"), "error");
    EXPECT_STR(options_get("quiet"), "");
    EXPECT_STR(options_get("empty"), "");
    EXPECT(options_get("heap_") == NULL);
    EXPECT(options_is_set("quiet"));
    EXPECT(!options_is_set("heap_debug"));
    EXPECT(!options_is_set("missing"));
}

TEST(options, as_many_words_as_fit)
{
    char words[BOOT_COMMAND_LINE];
    memset(words, ' ', sizeof(words));
    for (size_t i = 0; i < sizeof(words) - 2; i += 2)
        words[i] = 'x';
    words[sizeof(words) - 1] = '\0';
    start(words, "x=1 last");
    EXPECT_STR(options_get("x"), "1");
    EXPECT_STR(options_get("last"), "");
}

TEST(options, a_line_that_is_too_long_is_told_of)
{
    static char words[3000];
    memset(words, 'x', sizeof(words) - 1);
    host_log[0] = '\0';
    start("first", "second");
    EXPECT_STR(host_log, "");
    start("first", words);
    EXPECT_STR(host_log, "options: the command line is too long and was cut");
    EXPECT_STR(options_get("first"), "");
}
