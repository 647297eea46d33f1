/*
 * Characters on a framebuffer, on memory of the same shape, so that every machine has the figure;
 * the code is the one that draws on the screen. Each line is unlike the one that it replaces in
 * every character.
 */
#include <assert.h>
#include <drivers/framebuffer.h>
#include <kernel/bench/bench.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>

enum { WIDTH = 640, HEIGHT = 480, COLUMNS = WIDTH / GLYPH_WIDTH, ROWS = HEIGHT / GLYPH_HEIGHT };

enum { ORDER = 9 /* of the frames: 2 MiB */, LINES = 2 * ROWS };

static const char lines[2][COLUMNS + 1] = {
    "[   0.012345] mm: 129600 KiB of memory to hand out, of which 4 KiB are one frame",
    "the quick brown fox jumps over the lazy dog; THE QUICK BROWN FOX JUMPS OVER IT!!",
};

static struct framebuffer framebuffer;
static uint64_t cells[ROWS * COLUMNS];

static void bench_depth(const char *name, phys_addr_t memory, uint8_t bytes)
{
    struct boot_framebuffer info = {FRAMEBUFFER_RGB,
                                    memory,
                                    WIDTH * bytes,
                                    WIDTH,
                                    HEIGHT,
                                    (uint8_t)(8 * bytes),
                                    10,
                                    5,
                                    5,
                                    5,
                                    0,
                                    5};
    struct font font;
    ASSERT(framebuffer_check(&info) == OK);
    ASSERT(font_open(&font, font_builtin, font_builtin_size) == OK);
    ASSERT(framebuffer_init(&framebuffer, &info, &font, cells, sizeof(cells)) == OK);
    struct terminal_display *display = &framebuffer.display;
    uint64_t sum = 0;
    for (unsigned i = 0; i < LINES; i++) {
        uint64_t start = bench_start();
        display->draw_ascii(display, i % ROWS, 0, lines[i / ROWS], COLUMNS,
                            CELL_COLOURS(LIGHT_GREY, BLACK));
        display->flush(display, i % ROWS, COLUMNS - 1, true);
        if (i >= 1)
            sum += bench_stop(start);
    }
    bench_report(name, sum / (COLUMNS * (LINES - 1)));
}

BENCH(framebuffer, "fb.")
{
    phys_addr_t memory = frames_alloc_run(ORDER);
    ASSERT(memory != NO_FRAME);
    bench_depth("fb.char", memory, 4);
    bench_depth("fb.char.24", memory, 3);
    bench_depth("fb.char.16", memory, 2);
    frames_free_run(memory, ORDER);
}
