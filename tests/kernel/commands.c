/*
 * The monitor's commands that only show something, run as the monitor runs them.
 * tests/e2e/commands.py types them and reads all of their output; here it is a line or two that
 * must be there.
 */
#include <image.h>
#include <kernel/monitor/command.h>
#include <layout.h>
#include <lib/format.h>
#include <lib/string.h>

#include "../test.h"
#include "record.h"

/* Runs a line; does what it prints contain `text`? */
static bool prints(const char *line, const char *text)
{
    record_start();
    command_run(line);
    return record_count(text) > 0;
}

TEST(commands, help_lists_and_explains_commands)
{
    EXPECT(prints("help", "  translate"));
    EXPECT(prints("help dump", "dump ADDR LEN: memory from a hexadecimal address on\nLEN, up to"));
    EXPECT(prints("help echo", "echo TEXT: print TEXT unchanged\n"));
    EXPECT(prints("help x", "help: no command is named 'x'"));
    EXPECT(prints("  echo  two  words", " two  words\n"));
    EXPECT(prints("nothing x", "nothing: unknown command"));
    record_start();
    command_run("   ");
    EXPECT_STR(record_text(), "");
}

TEST(commands, wrong_words_are_refused_with_a_reason)
{
    EXPECT(prints("mem x", "mem: takes no arguments, but was given 'x'\n"));
    EXPECT(prints("translate", "translate: the address is missing"));
    EXPECT(prints("translate xyz", "translate: 'xyz' is no hexadecimal address"));
    EXPECT(prints("translate 0 1", "translate: '1' is one word too many\n"));
    EXPECT(prints("help 0123456789012345678901234567\xc3\xa4\xc3\xa4",
                  "help: no command is named '0123456789012345678901234567...'"));
    EXPECT(prints("log 1 2", "log: '2' is one word too many\n"));
    EXPECT(prints("log x", "log: 'x' is neither"));
    EXPECT(prints("keymap x", "keymap: 'x' is none of"));
    EXPECT(prints("fault x", "fault: no fault is named 'x'"));
}

TEST(commands, memory_and_heap_are_shown)
{
    EXPECT(prints("mem", "  all of it "));
    EXPECT_EQ(record_count("KiB free, "), 1);
    EXPECT(record_count(" [") >= 2); /* a region, and the sum */
    EXPECT(prints("heap", "live blocks: "));
}

TEST(commands, a_translation_shows_each_level)
{
    char line[40];
    snprintf(line, sizeof(line), "translate %lx", (virt_addr_t)text_start);
    EXPECT(prints(line, "  CR3 "));
    EXPECT_EQ(record_count("  PML4 ["), 1);
    EXPECT_EQ(record_count(" 4 KiB page,"), 1);
    EXPECT_EQ(record_count(" is physical "), 1);
    snprintf(line, sizeof(line), "translate %lx", (virt_addr_t)DIRECT_MAP_BASE);
    EXPECT(prints(line, " is physical 0000000000000000\n"));
    EXPECT(record_count(" no-execute") > 0);
    EXPECT(prints("translate 0", " not present\n"));
    EXPECT(prints("translate 800000000000", "800000000000: "));
    EXPECT_EQ(record_count("PML4"), 0);
}

/* Tab completes the word that the cursor stands behind. */
TEST(commands, the_word_to_complete_is_found)
{
    size_t start;
    EXPECT(command_words("he", 2, &start) == command_name);
    EXPECT_EQ(start, 0);
    EXPECT(command_words("  he", 4, &start) == command_name);
    EXPECT_EQ(start, 2);
    EXPECT(command_words("log  in", 7, &start) != NULL);
    EXPECT_EQ(start, 5);
    EXPECT(command_words("log info x", 10, &start) == NULL);
    EXPECT(command_words("mem x", 5, &start) == NULL);
    EXPECT(command_words("nothing x", 9, &start) == NULL);
}
