/*
 * A framebuffer is set up in two steps. Early in the boot there is no memory for all its
 * characters, and the first page tables map nothing above 4 GiB. So the console starts in a corner
 * of the screen, with the built-in font, or without a screen. Once there is a heap, the console
 * gets the whole screen, with the font from the loader, and shows the log again.
 *
 * A panic during the second step must be visible. So the whole screen is made ready while the
 * corner stays on the console, and then replaces it with a single store.
 */
#include <assert.h>
#include <drivers/framebuffer.h>
#include <drivers/vga_text.h>
#include <kernel/cpu/control.h>
#include <kernel/displays.h>
#include <kernel/log/log.h>
#include <kernel/log/screen.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { HISTORY = 1000 /* lines */ };

/* The first bytes of `first_memory` hold the corner's cells; the screen's rows lie behind them. */
enum { CORNER = FRAMEBUFFER_MEMORY(25, 80) };

static struct screen first_screen;
static uint8_t first_memory[GRID_SIZE(VGA_TEXT_MAX_ROWS, VGA_TEXT_MAX_COLUMNS)] ALIGNED(8);
static struct framebuffer corner;
static struct font built_in_font;

/* The whole of a framebuffer; on the heap. */
struct whole_screen {
    struct screen screen;
    struct framebuffer framebuffer;
    struct font font;
    terminal_cell_t cells[] ALIGNED(8);
};

static struct screen *screen; /* the one on the console, or NULL */
static uint8_t *heap_memory;  /* its rows, if they are on the heap; else NULL */

static void put_on_console(struct screen *new)
{
    if (screen)
        console_replace_sink(&screen->sink, &new->sink);
    else
        console_add_sink(&new->sink);
    screen = new;
}

static void open_built_in_font(struct font *font)
{
    enum error error = font_open(font, font_builtin, font_builtin_size);
    ASSERT(!error);
}

static bool is_reachable_at_start(const struct boot_framebuffer *info)
{
    return info->address < GIB(4) && (uint64_t)info->pitch * info->height <= GIB(4) - info->address;
}

static enum error start_in_corner(const struct boot_framebuffer *info)
{
    enum error error = framebuffer_check(info);
    if (error)
        return error;
    if (!is_reachable_at_start(info))
        return ERROR_NOT_MAPPED;
    open_built_in_font(&built_in_font);
    error = framebuffer_init(&corner, info, &built_in_font, first_memory, CORNER);
    if (error)
        return error;
    return screen_init(&first_screen, &corner.display, first_memory + CORNER,
                       sizeof(first_memory) - CORNER);
}

static enum error start_vga_text(const struct boot_framebuffer *info)
{
    struct terminal_display *display;
    enum error error = vga_text_init(info, &display);
    if (error)
        return error;
    return screen_init(&first_screen, display, first_memory, sizeof(first_memory));
}

void displays_start(const struct boot_info *info, bool has_vga)
{
    if ((has_vga && start_vga_text(&info->framebuffer) == OK) ||
        start_in_corner(&info->framebuffer) == OK)
        put_on_console(&first_screen);
}

/* Returns the loader's module of that name, or NULL. */
static const struct boot_module *find_module(const struct boot_info *info, const char *name)
{
    for (size_t i = 0; i < info->module_count; i++) {
        if (strcmp(info->modules[i].name, name) == 0)
            return &info->modules[i];
    }
    return NULL;
}

/* Opens the loader's font, or the built-in one if that is missing or broken. */
static void open_font(struct font *font, const struct boot_info *info)
{
    const struct boot_module *module = find_module(info, "font");
    if (module && font_open(font, phys_to_virt(module->range.start),
                            module->range.end - module->range.start) == OK)
        return;
    if (module)
        log_warn("font: what was loaded is no PF2 font of at most %d lines; only Latin characters "
                 "can be shown",
                 GLYPH_HEIGHT);
    else
        log_warn("font: none was loaded; only Latin characters can be shown");
    open_built_in_font(font);
}

static void use_whole_framebuffer(const struct boot_info *info)
{
    unsigned rows, columns;
    framebuffer_size(&info->framebuffer, &rows, &columns);
    size_t cells_size = FRAMEBUFFER_MEMORY(rows, columns), size = GRID_SIZE(rows, columns);
    struct whole_screen *whole = kzalloc(sizeof(*whole) + cells_size);
    heap_memory = kmalloc(size);
    if (!whole || !heap_memory) {
        kfree(whole);
        kfree(heap_memory);
        heap_memory = NULL;
        log_warn("screen: no memory for its %u rows of %u characters", rows, columns);
        return;
    }
    open_font(&whole->font, info);
    enum error error = framebuffer_init(&whole->framebuffer, &info->framebuffer, &whole->font,
                                        whole->cells, cells_size);
    if (!error)
        error = screen_init(&whole->screen, &whole->framebuffer.display, heap_memory, size);
    ASSERT(!error); /* there is room for all of it */
    put_on_console(&whole->screen);
    log_show_again(&whole->screen.sink);
}

static void log_unusable(const struct boot_framebuffer *info, enum error error)
{
    if (info->kind == FRAMEBUFFER_NONE)
        log_warn("screen: the loader has none to show anything on");
    else
        log_warn("screen: %ux%u, %u bits a pixel, %u bytes a row: cannot be drawn on (%s)",
                 info->width, info->height, info->bits_per_pixel, info->pitch, error_name(error));
}

void displays_complete(const struct boot_info *info)
{
    if (info->framebuffer.kind == FRAMEBUFFER_TEXT)
        return;
    enum error error = framebuffer_check(&info->framebuffer);
    if (error) {
        log_unusable(&info->framebuffer, error);
        return;
    }
    use_whole_framebuffer(info);
}

struct screen *displays_screen(void)
{
    return screen;
}

static enum poll_result poll_history(struct task *task)
{
    size_t size = GRID_SIZE(screen->sink.rows + HISTORY, screen->sink.columns);
    void *memory = kmalloc(size);
    (void)task;
    if (!memory) {
        log_warn("screen: no memory for the lines that scroll off it");
        return POLL_READY;
    }
    uint64_t flags = interrupts_save(); /* the timer's handler writes to the screen, too */
    enum error error = grid_move(&screen->terminal.grid, memory, size);
    interrupts_restore(flags);
    ASSERT(!error); /* it has room for the screen */
    kfree(heap_memory);
    heap_memory = memory;
    return POLL_READY;
}

static struct task history_task = {.name = "history", .poll = poll_history, .priority = TASK_LOW};

void displays_keep_history(struct executor *executor)
{
    if (screen)
        executor_spawn(executor, &history_task);
}
