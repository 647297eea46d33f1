/*
 * From a framebuffer's corner to all of it. A panic may come at any instruction of the change and
 * wants to be seen, so the processor goes through the change step by step, and at each instruction
 * that is met for the first time something is written on the console.
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

/* What kernel/displays.c needs of a driver that is not here, and of the log. */

enum error vga_text_init(const struct boot_framebuffer *framebuffer,
                         struct terminal_display **display)
{
    (void)framebuffer;
    (void)display;
    return ERROR_NO_DEVICE;
}

static const struct console_sink *shown_again;

/* The last of the change: from here on, what is written stays on the screen. */
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

/* A font with a single glyph, which is not there: to look through a real one takes a step for each
 * instruction as well. */
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

TEST(displays, a_panic_at_any_moment_has_a_screen)
{
    static struct test_arena *arena; /* stays, for the screen does */
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
