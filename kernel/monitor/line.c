/*
 * The line editor. Its parts are in files of their own: key_parser.c decodes bytes to keys, edit.c
 * holds the text, history.c the earlier lines, completion.c completes a word, and picture.c draws
 * on a terminal. This file connects them. A change of the text is drawn on each sink in two steps,
 * one before the change and one after it; nothing about a sink's screen is stored in between.
 */
#include <assert.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/history.h>
#include <kernel/monitor/key_parser.h>
#include <kernel/monitor/line.h>
#include <kernel/monitor/picture.h>
#include <lib/string.h>

enum { USUAL_COLUMNS = 80 };

static struct edit edit;
static bool visible;
static bool changing; /* the sinks may show another text or cursor than `edit` has */
static struct history history;
static char draft[LINE_MAX]; /* the line that was being typed when history was first shown */
static struct key_parser parsers[LINE_INPUTS];
static bool width_asked;

/* --- The sinks ------------------------------------------------------------------------------ */

/* Collects a change, so that the sink gets it in few pieces: each one costs an update of the
 * cursor.
 */
struct sink_picture {
    struct picture picture;
    struct console_sink *sink;
    size_t gathered;
    char text[128];
};

static void flush(struct sink_picture *picture)
{
    console_write_to(picture->sink, picture->text, picture->gathered);
    picture->gathered = 0;
}

static void gather(struct picture *base, const char *text, size_t length)
{
    struct sink_picture *picture = CONTAINER_OF(base, struct sink_picture, picture);
    if (picture->gathered + length > sizeof(picture->text))
        flush(picture);
    if (length > sizeof(picture->text)) {
        console_write_to(picture->sink, text, length);
        return;
    }
    ASSERT(picture->gathered + length <= sizeof(picture->text));
    memcpy(picture->text + picture->gathered, text, length);
    picture->gathered += length;
}

static void on_sink(struct console_sink *sink,
                    void (*draw)(struct picture *picture, size_t position), size_t position)
{
    struct sink_picture picture;
    picture.picture.send = gather;
    picture.picture.edit = &edit;
    picture.picture.columns = sink->columns < PICTURE_NARROWEST ? USUAL_COLUMNS : sink->columns;
    picture.sink = sink;
    picture.gathered = 0;
    draw(&picture.picture, position);
    flush(&picture);
}

/* Calls `draw` for every sink. */
static void on_each_sink(void (*draw)(struct picture *picture, size_t position), size_t position)
{
    for (struct console_sink *sink = console_sinks(); sink; sink = sink->next)
        on_sink(sink, draw, position);
}

static void draw_from_start(struct picture *picture, size_t position)
{
    (void)position;
    picture_draw(picture);
}

static void draw(void)
{
    on_each_sink(draw_from_start, 0);
}

static void erase_all(struct picture *picture, size_t position)
{
    (void)position;
    picture_erase(picture);
}

/* The timer's interrupt may come at any time, and it hides the line when it reports a task that
 * does not yield. */
static void set_changing(bool is)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    changing = is;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void line_hide(void)
{
    if (visible && !changing)
        on_each_sink(erase_all, 0);
}

void line_show(void)
{
    if (visible && !changing)
        draw();
}

void line_show_on(struct console_sink *sink)
{
    if (visible)
        on_sink(sink, draw_from_start, 0);
}

static void bell(void)
{
    console_write("\a", 1);
}

/* --- Editing -------------------------------------------------------------------------------- */

static void move(size_t to)
{
    if (to == edit.cursor)
        return;
    on_each_sink(picture_move, to);
    edit.cursor = to;
}

static void replace(size_t from, size_t to, const char *bytes, size_t count)
{
    if (!edit_fits(&edit, to - from, count)) {
        bell(); /* says that the key did nothing */
        return;
    }
    if (from == edit.length) {
        edit_replace(&edit, from, to, bytes, count);
        console_write(bytes, count);
        return;
    }
    on_each_sink(picture_cut, from);
    edit_replace(&edit, from, to, bytes, count);
    on_each_sink(picture_paste, from);
}

static void insert(const char *bytes, size_t count)
{
    replace(edit.cursor, edit.cursor, bytes, count);
}

static void erase(size_t from, size_t to)
{
    if (from < to)
        replace(from, to, "", 0);
}

/* --- History -------------------------------------------------------------------------------- */

static void show_line(const char *line)
{
    replace(0, edit.length, line, strlen(line));
}

static void go_older(void)
{
    bool leaves_draft = history.at == history.used;
    const char *line = history_older(&history);
    if (!line) {
        bell();
        return;
    }
    if (leaves_draft)
        string_copy(draft, edit_end(&edit), sizeof(draft));
    show_line(line);
}

static void go_newer(void)
{
    const char *line = history_newer(&history);
    if (!line)
        bell();
    else
        show_line(history.at == history.used ? draft : line);
}

/* --- Completion ----------------------------------------------------------------------------- */

static void list_words(completion_list list, const char *typed, size_t length)
{
    enum { WORDS_IN_A_ROW = 4, FIELD = USUAL_COLUMNS / WORDS_IN_A_ROW - 1 };
    const char *word;
    unsigned shown = 0;
    for (size_t i = 0; (word = list(i)); i++) {
        if (strncmp(word, typed, length) == 0)
            console_printf("%-*s%s", FIELD, word, ++shown % WORDS_IN_A_ROW ? " " : "\n");
    }
    console_fresh_line();
}

static void complete(void)
{
    size_t start;
    completion_list list = command_words(edit.text, edit.cursor, &start);
    size_t length = edit.cursor - start;
    struct completion found = {0};
    if (list)
        found = completion_find(list, edit.text + start, length);
    if (found.matches == 0) {
        bell();
    } else if (found.common > length || found.matches == 1) {
        insert(found.first + length, found.common - length);
        if (found.matches == 1 && list == command_name)
            insert(" ", 1);
    } else if (found.matches > 1) {
        size_t cursor = edit.cursor;
        move(edit.length);
        console_write("\n", 1);
        list_words(list, edit.text + start, length);
        edit.cursor = cursor;
        draw();
    }
}

/* --- Screens -------------------------------------------------------------------------------- */

/* A sink without a number of rows is a terminal of unknown size. The cursor is sent beyond the far
 * corner, and the terminal is asked for its position: that is the size (ECMA-48 8.3.14, CPR, and
 * 8.3.35, DSR). */
static void clear_screens(void)
{
    static const char clear[] = "\033[H\033[2J", corner[] = "\033[999;999H\033[6n\033[H";
    command_stop(); /* it may use rows of the screen */
    for (struct console_sink *sink = console_sinks(); sink; sink = sink->next) {
        console_write_to(sink, clear, sizeof(clear) - 1);
        if (!sink->rows)
            console_write_to(sink, corner, sizeof(corner) - 1);
    }
    width_asked = true;
    draw();
}

static void set_width(unsigned columns)
{
    if (!width_asked)
        return;
    width_asked = false;
    for (struct console_sink *sink = console_sinks(); sink; sink = sink->next) {
        if (!sink->rows)
            sink->columns = columns;
    }
    on_each_sink(erase_all, 0);
    draw();
}

/* --- Lines ---------------------------------------------------------------------------------- */

static void begin(void)
{
    ASSERT(!in_interrupt());
    console_fresh_line();
    edit.length = edit.cursor = 0;
    visible = true;
    draw();
}

void line_begin(void)
{
    set_changing(true);
    begin();
    set_changing(false);
}

static const char *end(void)
{
    move(edit.length);
    visible = false;
    console_write("\n", 1);
    history_add(&history, edit_end(&edit));
    return edit.text;
}

static void interrupt(void)
{
    move(edit.length);
    console_write("^C\n", 3);
    command_stop();
    history_add(&history, "");
    begin();
}

static void act(const struct key *key)
{
    switch ((enum edit_code)key->code) {
    case EDIT_TEXT:
        insert(key->text, key->length);
        break;
    case EDIT_TAB:
        complete();
        break;
    case EDIT_BACKSPACE:
        erase(edit_previous(&edit, edit.cursor), edit.cursor);
        break;
    case EDIT_DELETE:
        erase(edit.cursor, edit_next(&edit, edit.cursor));
        break;
    case EDIT_LEFT:
        move(edit_previous(&edit, edit.cursor));
        break;
    case EDIT_RIGHT:
        move(edit_next(&edit, edit.cursor));
        break;
    case EDIT_WORD_LEFT:
        move(edit_word_start(&edit, edit.cursor));
        break;
    case EDIT_WORD_RIGHT:
        move(edit_word_end(&edit, edit.cursor));
        break;
    case EDIT_HOME:
        move(0);
        break;
    case EDIT_END:
        move(edit.length);
        break;
    case EDIT_OLDER:
        go_older();
        break;
    case EDIT_NEWER:
        go_newer();
        break;
    case EDIT_KILL_TO_START:
        erase(0, edit.cursor);
        break;
    case EDIT_KILL_TO_END:
        erase(edit.cursor, edit.length);
        break;
    case EDIT_KILL_WORD_LEFT:
        erase(edit_word_start(&edit, edit.cursor), edit.cursor);
        break;
    case EDIT_KILL_WORD_RIGHT:
        erase(edit.cursor, edit_word_end(&edit, edit.cursor));
        break;
    case EDIT_CLEAR:
        clear_screens();
        break;
    case EDIT_INTERRUPT:
        interrupt();
        break;
    case EDIT_VIEW_BACK:
        console_view(1);
        break;
    case EDIT_VIEW_FORWARD:
        console_view(-1);
        break;
    case EDIT_WIDTH:
        set_width(key->columns);
        break;
    case EDIT_ENTER: /* see line_feed() */
        break;
    }
}

static const char *feed_keys(enum line_input input, char byte)
{
    struct key keys[KEYS_PER_BYTE];
    unsigned count = key_parser_feed(&parsers[input], byte, keys);
    for (unsigned i = 0; i < count; i++) {
        if (keys[i].code == EDIT_ENTER) /* always the last */
            return end();
        act(&keys[i]);
    }
    return NULL;
}

const char *line_feed(enum line_input input, char byte)
{
    const char *line = NULL;
    set_changing(true);
    /* The most frequent case by far: a character at the line's end. */
    if (key_parser_is_plain(&parsers[input], byte) && edit_append(&edit, byte))
        console_write(edit.text + edit.length - 1, 1);
    else
        line = feed_keys(input, byte);
    set_changing(false);
    return line;
}
