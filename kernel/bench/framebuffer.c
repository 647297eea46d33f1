/*
 * Draws characters on a framebuffer, through a terminal. The framebuffer is ordinary memory, so
 * that every machine can run it. Each line differs from the one before in nearly every character,
 * so that nearly all of them are drawn.
 */
#include <assert.h>
#include <drivers/framebuffer.h>
#include <kernel/bench/bench.h>
#include <kernel/log/screen.h>
#include <layout.h>
#include <mm/frames.h>

enum { WIDTH = 640, HEIGHT = 480, COLUMNS = WIDTH / GLYPH_WIDTH, ROWS = HEIGHT / GLYPH_HEIGHT };

enum { ORDER = 9 /* of the frames: 2 MiB */, LINES = 100 };

/* Lies in frames of its own, as it is too large for the kernel's image. */
struct memory {
    uint8_t pixels[HEIGHT * WIDTH * 4];
    uint64_t cells[FRAMEBUFFER_MEMORY(ROWS, COLUMNS) / 8];
    uint64_t rows[GRID_SIZE(ROWS, COLUMNS) / 8];
    struct font font;
    struct framebuffer framebuffer;
    struct screen screen;
};

_Static_assert(sizeof(struct memory) <= PAGE_SIZE << ORDER, "more frames are needed");

static void start_screen(struct memory *memory, unsigned bytes)
{
    struct boot_framebuffer info = {
        .kind = FRAMEBUFFER_RGB,
        .address = virt_to_phys(memory->pixels),
        .pitch = WIDTH * bytes,
        .width = WIDTH,
        .height = HEIGHT,
        .bits_per_pixel = (uint8_t)(8 * bytes),
        .red_position = 10,
        .green_position = 5,
        .red_size = 5,
        .green_size = 5,
        .blue_size = 5,
    };
    ASSERT(framebuffer_check(&info) == OK);
    ASSERT(font_open(&memory->font, font_builtin, font_builtin_size) == OK);
    ASSERT(framebuffer_init(&memory->framebuffer, &info, &memory->font, memory->cells,
                            sizeof(memory->cells)) == OK);
    ASSERT(screen_init(&memory->screen, &memory->framebuffer.display, memory->rows,
                       sizeof(memory->rows)) == OK);
}

/* Returns the instructions for a line of 80 characters that is written over another one. */
static uint64_t measure_line(struct memory *memory)
{
    static const char lines[2][COLUMNS + 1] = {
        "[   0.012345] mm: 129600 KiB of memory to hand out, of which 4 KiB are one frame",
        "The Quick Brown Fox Jumps Over The Lazy Dog; the quick brown fox jumps over it!!",
    };
    struct console_sink *sink = &memory->screen.sink;
    uint64_t sum = 0;
    for (unsigned i = 0; i < LINES; i++) {
        uint64_t start = bench_start();
        sink->write(sink, lines[i % 2], COLUMNS);
        sum += bench_stop(start);
        sink->write(sink, "\r", 1);
    }
    return sum / LINES;
}

BENCH(framebuffer, "fb.")
{
    static const char *const names[] = {"fb.char.16", "fb.char.24", "fb.char"};
    phys_addr_t frames = frames_alloc_run(ORDER);
    if (frames == NO_FRAME) {
        bench_report_no_memory("fb.char");
        return;
    }
    struct memory *memory = phys_to_virt(frames);
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        start_screen(memory, 2 + i);
        bench_report(names[i], measure_line(memory) / COLUMNS);
    }
    frames_free_run(frames, ORDER);
}
