/*
 * The change from a framebuffer's corner to the whole screen, and the screen's memory. A panic that
 * comes at any instruction of the change has to be seen. So the processor runs the change in single
 * steps, and the test writes to the console at each instruction that it meets for the first time.
 */
#include <drivers/vga_text.h>
#include <kernel/displays.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <mm/heap.h>
#include <string.h>

#include "../test.h"
#include "physical_memory.h"
#include "single_step.h"
#include "support.h"
#include "test_arena.h"

/* Stand-ins for functions that kernel/displays.c calls: of a driver that is not linked here, and of
 * the log. */

enum error vga_text_init(const struct boot_framebuffer *framebuffer,
                         struct terminal_display **display)
{
    (void)framebuffer;
    (void)display;
    return ERROR_NO_DEVICE;
}

static const struct console_sink *shown_again;

/* The change ends here: all that is written from now on stays on the screen. */
void log_show_again(struct console_sink *sink)
{
    single_step(NULL);
    shown_again = sink;
}

/* --- Step by step --------------------------------------------------------------------------- */

static bool seen[1 << 16]; /* by the lower bits of the instruction's address */
static unsigned interruptions;

static void panic_once_at_each(uintptr_t instruction)
{
    bool *met = &seen[instruction % ARRAY_SIZE(seen)];
    if (*met)
        return;
    *met = true;
    interruptions++;
    console_write("\nPANIC: now", 11);
}

/* A font without any glyph: a search in a real one would take many single steps. */
static const uint8_t font[] = "FILE\0\0\0\4PFF2"
                              "ASCE\0\0\0\2\0\xe"
                              "DESC\0\0\0\2\0\2"
                              "CHIX\0\0\0\x9\0\0\0 \0\0\0\0\0";

static struct boot_info info;

static void make_machine(void)
{
    enum { FONT = MIB(1), ROWS = 2, COLUMNS = 20 };
    physical_memory_reset();
    memcpy(phys_to_virt(FONT), font, sizeof(font) - 1);
    info.framebuffer = (struct boot_framebuffer){
        .kind = FRAMEBUFFER_RGB,
        .address = 0xfd000000,
        .pitch = COLUMNS * 8 * 4,
        .width = COLUMNS * 8,
        .height = ROWS * 16,
        .bits_per_pixel = 32,
        .red_position = 16,
        .red_size = 8,
        .green_position = 8,
        .green_size = 8,
        .blue_size = 8,
    };
    info.modules[0] = (struct boot_module){{FONT, FONT + sizeof(font) - 1}, "font"};
    info.module_count = 1;
}

/* The tests follow each other: each goes on with the screen that the one before has left. */
TEST(displays, a_panic_at_any_moment_has_a_screen)
{
    static struct test_arena *arena; /* never destroyed: the screen lies in it */
    arena = test_arena_create(MIB(4));
    EXPECT_EQ(heap_init(NULL, false, &arena->arena), OK);
    make_machine();
    displays_start(&info, false);
    const struct console_sink *corner = console_sinks(), *others = corner->next;

    host_log[0] = '\0';
    bool steps = single_step(panic_once_at_each);
    displays_complete(&info); /* log_show_again() ends the steps */

    EXPECT(interruptions > 500 || !steps);
    EXPECT_STR(host_log, ""); /* the font was good */
    EXPECT(console_sinks() == shown_again && shown_again != corner && shown_again->next == others);
}

static size_t live_blocks(void)
{
    struct allocator_stats stats;
    heap_stats(&stats);
    return stats.live_blocks;
}

static void move_to_larger_memory(void)
{
    static struct executor executor;
    executor = (struct executor)EXECUTOR_INIT(executor);
    displays_keep_history(&executor);
    executor_run_ready(&executor);
}

TEST(displays, history_replaces_the_memory_of_the_rows)
{
    size_t blocks = live_blocks();
    EXPECT_EQ(blocks, 2);
    move_to_larger_memory();
    EXPECT_EQ(live_blocks(), blocks);
}

TEST(displays, a_full_heap_leaves_the_screen_as_it_is)
{
    const struct console_sink *screen = console_sinks();
    while (kmalloc(PAGE_SIZE))
        ;
    size_t blocks = live_blocks();
    move_to_larger_memory();
    EXPECT_STR(host_log, "screen: no memory for the lines that scroll off it");
    displays_complete(&info);
    EXPECT_STR(host_log, "screen: no memory for its 2 rows of 20 characters");
    EXPECT_EQ(live_blocks(), blocks);
    EXPECT(console_sinks() == screen);
}
