/*
 * A row that is just full has not wrapped yet: on most terminals, and on ours, the cursor stays on
 * its last character until the next one is printed. Its column then counts as `columns`. Terminals
 * do not agree where the cursor is in this state, so only a return or a printed character follows
 * it. Nothing is erased from there, and to move the cursor to the next row, that row's first
 * character is printed.
 *
 * The cursor moves forwards by printing the text that it passes, as this wraps by itself. It moves
 * backwards by \b, or by \r and the sequences for up and right.
 */
#include <assert.h>
#include <kernel/monitor/picture.h>
#include <lib/format.h>
#include <lib/string.h>

enum { PROMPT_LENGTH = sizeof(PROMPT) - 1 };
_Static_assert(sizeof(PROMPT) <= PICTURE_NARROWEST, "the prompt stands in one row");

struct place {
    size_t row, column; /* counted from the prompt's first character; column <= columns */
};

static const struct place start = {0, 0};

static void send(struct picture *picture, const char *text)
{
    picture->send(picture, text, strlen(text));
}

/* The place that is `width` columns after `place`. */
static struct place advance(const struct picture *picture, struct place place, unsigned width)
{
    if (place.column + width > picture->columns)
        return (struct place){place.row + 1, width};
    return (struct place){place.row, place.column + width};
}

/* Where the terminal's cursor is when everything before `at` has been printed. */
static struct place printed(const struct picture *picture, size_t at)
{
    struct place place = {0, PROMPT_LENGTH};
    ASSERT(at <= picture->edit->length);
    unsigned width;
    for (size_t i = 0; i < at;) {
        i += edit_decode(picture->edit, i, &width);
        place = advance(picture, place, width);
    }
    return place;
}

/* Where the cursor is shown when it is at `at`: on the character there, which may be the first of
 * the next row. */
static struct place shown(const struct picture *picture, size_t at)
{
    struct place place = printed(picture, at);
    if (at == picture->edit->length)
        return place;
    unsigned width;
    edit_decode(picture->edit, at, &width);
    if (advance(picture, place, width).row != place.row)
        return (struct place){place.row + 1, 0};
    return place;
}

static void send_count(struct picture *picture, size_t count, char final)
{
    char sequence[32];
    if (count == 0)
        return;
    snprintf(sequence, sizeof(sequence), "\033[%zu%c", count, final);
    send(picture, sequence);
}

/* From a place to an earlier one in a row that is not full. */
static void go_back(struct picture *picture, struct place from, struct place to)
{
    enum { FEW = 4 };
    ASSERT(to.row < from.row || (to.row == from.row && to.column <= from.column));
    if (from.row == to.row && from.column < picture->columns && from.column - to.column <= FEW) {
        picture->send(picture, "\b\b\b\b", from.column - to.column);
        return;
    }
    send(picture, "\r");
    send_count(picture, from.row - to.row, 'A');
    send_count(picture, to.column, 'C');
}

static void print(struct picture *picture, size_t from, size_t to)
{
    picture->send(picture, picture->edit->text + from, to - from);
}

static void go_forward(struct picture *picture, size_t from, size_t to)
{
    print(picture, from, to);
    struct place here = printed(picture, to), there = shown(picture, to);
    if (here.row != there.row) {
        size_t next = edit_next(picture->edit, to);
        print(picture, to, next);
        go_back(picture, printed(picture, next), there);
    }
}

void picture_move(struct picture *picture, size_t to)
{
    size_t from = picture->edit->cursor;
    if (to > from)
        go_forward(picture, from, to);
    else
        go_back(picture, shown(picture, from), shown(picture, to));
}

/* The place from which the text is printed after a change at `from`. When that is at the end of a
 * full row, the character before it is printed again. */
static size_t first_printed(const struct picture *picture, size_t from)
{
    return printed(picture, from).column == picture->columns ? edit_previous(picture->edit, from)
                                                             : from;
}

void picture_cut(struct picture *picture, size_t from)
{
    size_t first = first_printed(picture, from);
    go_back(picture, shown(picture, picture->edit->cursor), printed(picture, first));
    send(picture, "\033[J");
}

void picture_paste(struct picture *picture, size_t from)
{
    size_t length = picture->edit->length, cursor = picture->edit->cursor;
    print(picture, first_printed(picture, from), length);
    if (cursor < length)
        go_back(picture, printed(picture, length), shown(picture, cursor));
}

void picture_draw(struct picture *picture)
{
    ASSERT(picture->columns >= PICTURE_NARROWEST);
    send(picture, PROMPT);
    picture_paste(picture, 0);
}

void picture_erase(struct picture *picture)
{
    go_back(picture, shown(picture, picture->edit->cursor), start);
    send(picture, "\r\033[J\r"); /* the last one: see console_fresh_line() */
}
