/*
 * The command line from GRUB and from QEMU. The fake bus has QEMU's configuration device, with the
 * files that a test puts there.
 */
#include <kernel/options.h>
#include <string.h>

#include "../test.h"
#include "fake_ports.h"
#include "support.h"

OPTION(heap);
OPTION(heap_debug);
OPTION(loglevel);
OPTION(panic);
OPTION(test);

/* docs/specs/fw_cfg: an address register of 8 bytes; writing its last byte starts a transfer. */
enum { REGISTER = 0x514, REGISTER_END = 0x51c };
enum { ERROR = 0x01, READ = 0x02, SELECT = 0x08 };
enum { KEY_DIRECTORY = 0x19, KEY_FILE = 0x20, KEY_OTHER = 0x21, ENTRY = 64, MAX_FILES = 40 };

static char file[4096];
static uint8_t directory[4 + MAX_FILES * ENTRY];
static const uint8_t *stream;
static uint8_t address[8];
static bool fails, hangs;

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint8_t *pointer(const uint8_t *bytes)
{
    uint64_t value = (uint64_t)big_endian(bytes) << 32 | big_endian(bytes + 4);
    return (uint8_t *)(uintptr_t)value;
}

static void transfer(uint8_t *description)
{
    uint32_t control = big_endian(description);
    if (control & SELECT)
        stream = control >> 16 == KEY_DIRECTORY ? directory
                 : control >> 16 == KEY_FILE    ? (const uint8_t *)file
                                                : NULL;
    if (hangs)
        return;
    memset(description, 0, 4);
    if (fails || !stream || !(control & READ)) {
        description[3] = ERROR;
        return;
    }
    uint32_t length = big_endian(description + 4);
    memcpy(pointer(description + 8), stream, length);
    stream += length;
}

static void write(uint16_t port, uint8_t value)
{
    if (port < REGISTER || port >= REGISTER_END)
        return;
    address[port - REGISTER] = value;
    if (port == REGISTER_END - 1)
        transfer(pointer(address));
}

static uint8_t read(uint16_t port)
{
    static const char signature[] = "QEMU CFG";
    return port >= REGISTER && port < REGISTER_END ? (uint8_t)signature[port - REGISTER] : 0xff;
}

static void add_file(const char *name, uint8_t key, size_t size)
{
    uint8_t *entry = &directory[4 + directory[3] * ENTRY];
    directory[3]++;
    entry[2] = (uint8_t)(size >> 8);
    entry[3] = (uint8_t)size;
    entry[5] = key;
    strcpy((char *)entry + 8, name);
}

static void read_options(const char *line)
{
    static struct boot_info info;
    memset(&info, 0, sizeof(info));
    strcpy(info.command_line, line);
    option_heap = option_heap_debug = option_loglevel = option_panic = option_test = NULL;
    host_log[0] = '\0';
    options_init(&info);
}

static void start_device(void)
{
    memset(directory, 0, sizeof(directory));
    fails = hangs = false;
    fake_ports_set((struct fake_device){.read = read, .write = write});
}

/* Reads `line` from GRUB and `more` from QEMU. */
static void start(const char *line, const char *more)
{
    start_device();
    strcpy(file, more);
    add_file("opt/cairn/cmdline", KEY_FILE, strlen(more));
    read_options(line);
}

TEST(options, later_words_win)
{
    start("heap=bump loglevel=info test", "loglevel=error heap_debug=0 panic=");
    EXPECT_STR(option_heap, "bump");
    EXPECT_STR(option_loglevel, "error");
    EXPECT_STR(option_test, "");
    EXPECT_STR(option_panic, "");
    start("heap_ =bump", "");
    EXPECT(option_heap == NULL);
}

TEST(options, values_are_compared_as_a_whole)
{
    EXPECT(option_is("exit", "exit"));
    EXPECT(!option_is("exits", "exit"));
    EXPECT(!option_is(NULL, ""));
    EXPECT(option_is_on(""));
    EXPECT(option_is_on("1"));
    EXPECT(!option_is_on("0"));
    EXPECT(!option_is_on(NULL));
}

TEST(options, words_that_nobody_knows_are_told_of_once)
{
    start("heap=bump heaps=1", "");
    EXPECT_STR(host_log, "");
    options_log_unknown();
    EXPECT_STR(host_log, "options: 'heaps' is not known; ignored");
    host_log[0] = '\0';
    options_log_unknown();
    EXPECT_STR(host_log, "");
}

TEST(options, as_many_words_as_fit_are_read)
{
    char words[BOOT_COMMAND_LINE];
    memset(words, ' ', sizeof(words));
    for (size_t i = 0; i < sizeof(words) - 2; i += 2)
        words[i] = 'x';
    words[sizeof(words) - 1] = '\0';
    start(words, "heap=1 test");
    EXPECT_STR(option_heap, "1");
    EXPECT_STR(option_test, "");
    options_log_unknown();
}

TEST(options, a_line_that_is_too_long_is_told_of)
{
    static char words[3000];
    memset(words, 'x', sizeof(words) - 1);
    start("test", "second");
    EXPECT_STR(host_log, "");
    start("test", words);
    EXPECT_STR(host_log, "options: the command line is too long and was cut");
    EXPECT_STR(option_test, "");
    options_log_unknown();
}

TEST(options, the_file_is_found_among_many)
{
    for (unsigned before = 14; before < MAX_FILES; before++) {
        start_device();
        for (unsigned i = 0; i < before; i++)
            add_file("opt/cairn/cmdlin", KEY_OTHER, 5);
        strcpy(file, "heap=bump");
        add_file("opt/cairn/cmdline", KEY_FILE, strlen(file));
        read_options("heap=none");
        EXPECT_STR(option_heap, "bump");
    }
}

TEST(options, without_the_device_or_the_file_the_loaders_line_counts)
{
    start_device();
    add_file("opt/cairn/cmdlines", KEY_OTHER, 5);
    read_options("heap=bump");
    EXPECT_STR(option_heap, "bump");
    fake_ports_set((struct fake_device){0});
    read_options("heap=none");
    EXPECT_STR(option_heap, "none");
    EXPECT_STR(host_log, "");
}

TEST(options, a_device_that_fails_is_told_of)
{
    start_device();
    fails = true;
    read_options("heap=bump");
    EXPECT_STR(option_heap, "bump");
    EXPECT_STR(host_log,
               "options: opt/cairn/cmdline cannot be read (wrong answer from the device)");
    start_device();
    hangs = true;
    read_options("test");
    EXPECT_STR(option_test, "");
    EXPECT_STR(host_log, "options: opt/cairn/cmdline cannot be read (no answer in time)");
}
