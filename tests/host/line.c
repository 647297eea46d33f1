/*
 * The line editor against a simple model: what is typed goes into an array of characters with a
 * cursor, and the model says what terminals of different widths have to show. Two of them are made
 * here and take no liberties: what real ones do not agree about (an erasure or \b in a row that is
 * just full) is a failure, and so is every sequence that they do not know. The third is the
 * kernel's.
 */
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/line.h>
#include <lib/ecma48.h>
#include <lib/string.h>

#include "../test.h"
#include "fake_display.h"

/* --- Terminals ------------------------------------------------------------------------------ */

enum { ROWS = 70, MAX_COLUMNS = 132 };

struct screen {
    struct console_sink sink;
    unsigned columns, row, column; /* column == columns: the row is full */
    char cells[ROWS][MAX_COLUMNS][5];
    struct ecma48 parser;
    char character[5]; /* as much of it as has come */
    unsigned missing;
    bool asked;
    const char *complaint;
};

static struct screen wide = {.columns = 80}, narrow = {.columns = 37};

static void complain(struct screen *screen, const char *about)
{
    if (!screen->complaint)
        screen->complaint = about;
}

static void feed_line(struct screen *screen)
{
    screen->column = 0;
    if (++screen->row == ROWS) {
        screen->row--;
        memmove(screen->cells[0], screen->cells[1],
                sizeof(screen->cells) - sizeof(screen->cells[0]));
        memset(screen->cells[screen->row], 0, sizeof(screen->cells[0]));
    }
}

static const char *const wide_character = "\xe6\x97\xa5", *const right_half = "\xff";

static void put(struct screen *screen, const char *character)
{
    string_copy(screen->cells[screen->row][screen->column++], character, 5);
}

static void show(struct screen *screen, const char *character)
{
    bool is_wide = strcmp(character, wide_character) == 0;
    if (screen->column + is_wide >= screen->columns)
        feed_line(screen);
    put(screen, character);
    if (is_wide)
        put(screen, right_half);
}

static void take_text(struct screen *screen, char byte)
{
    unsigned char value = (unsigned char)byte;
    if ((value & 0xc0) != 0x80) {
        if (screen->missing)
            complain(screen, "an incomplete character");
        screen->missing = value < 0x80 ? 0 : value < 0xe0 ? 1 : value < 0xf0 ? 2 : 3;
        screen->character[0] = '\0';
    } else if (screen->missing == 0) {
        complain(screen, "a stray continuation");
        return;
    } else {
        screen->missing--;
    }
    size_t length = strlen(screen->character);
    screen->character[length] = byte;
    screen->character[length + 1] = '\0';
    if (!screen->missing)
        show(screen, screen->character);
}

static void take_control(struct screen *screen, char byte)
{
    if (byte == '\r')
        screen->column = 0;
    else if (byte == '\n')
        feed_line(screen);
    else if (byte == '\b' && screen->column > 0 && screen->column < screen->columns)
        screen->column--;
    else if (byte != '\a')
        complain(screen, byte == '\b' ? "\\b at an edge" : "an unknown control character");
}

static void erase_below(struct screen *screen)
{
    if (screen->column == screen->columns)
        complain(screen, "an erasure from a full row");
    memset(screen->cells[screen->row][screen->column], 0,
           sizeof(screen->cells[0][0]) * (MAX_COLUMNS - screen->column));
    for (unsigned row = screen->row + 1; row < ROWS; row++)
        memset(screen->cells[row], 0, sizeof(screen->cells[row]));
}

static void take_sequence(struct screen *screen, char final)
{
    unsigned count = ecma48_parameter(&screen->parser, 0, 1);
    if (final == 'A' && count <= screen->row) {
        screen->row -= count;
        if (screen->column == screen->columns)
            complain(screen, "a step up from a full row");
    } else if (final == 'C' && screen->column + count < screen->columns) {
        screen->column += count;
    } else if (final == 'J' && screen->parser.count == 0) {
        erase_below(screen);
    } else if (final == 'J') {
        memset(screen->cells, 0, sizeof(screen->cells));
    } else if (final == 'H') {
        screen->row = screen->parser.count ? ROWS - 1 : 0;
        screen->column = screen->parser.count ? screen->columns - 1 : 0;
    } else if (final == 'n') {
        screen->asked = true;
    } else {
        complain(screen, "an unknown sequence, or one beyond the edge");
    }
}

static unsigned random_below(unsigned limit);

/* What the log does around the lines that it shows. */
static void show_log(void)
{
    static bool showing;
    if (showing)
        return;
    showing = true;
    line_hide();
    line_show();
    showing = false;
}

static void write_screen(struct console_sink *sink, const char *text, size_t length)
{
    struct screen *screen = CONTAINER_OF(sink, struct screen, sink);
    if (random_below(10) == 0)
        show_log(); /* the timer's interrupt may come between any two writes */
    for (; length; length--, text++) {
        enum ecma48_event event = ecma48_feed(&screen->parser, *text);
        if (event == ECMA48_PRINT)
            take_text(screen, *text);
        else if (event == ECMA48_CONTROL)
            take_control(screen, *text);
        else if (event == ECMA48_SEQUENCE)
            take_sequence(screen, *text);
    }
}

/* And the kernel's own. */
enum { OWN_ROWS = 60, OWN_COLUMNS = 80 };

static struct own {
    struct console_sink sink;
    struct fake_display display;
    struct terminal terminal;
    uint64_t storage[GRID_SIZE(OWN_ROWS + 10, OWN_COLUMNS) / 8];
} own;

static void write_own(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    terminal_write(&own.terminal, text, length);
}

static void add_own(void)
{
    own.sink = (struct console_sink){.write = write_own, .rows = OWN_ROWS, .columns = OWN_COLUMNS};
    fake_display_init(&own.display, OWN_ROWS, OWN_COLUMNS, true);
    terminal_init(&own.terminal, &own.display.display, own.storage, sizeof(own.storage));
    console_add_sink(&own.sink);
}

static void begin(unsigned wide_columns, unsigned narrow_columns)
{
    static bool added;
    wide.columns = wide_columns;
    narrow.columns = narrow_columns;
    wide.sink.write = narrow.sink.write = write_screen;
    wide.sink.rows = ROWS;
    wide.sink.columns = wide_columns;
    narrow.sink.columns = narrow_columns;
    if (!added) {
        console_add_sink(&wide.sink);
        console_add_sink(&narrow.sink);
        add_own();
    }
    added = true;
    wide.complaint = narrow.complaint = NULL;
    line_feed(LINE_KEYBOARD, '\r');
    line_begin();
}

/* --- What the editor needs beside the console ------------------------------------------------- */

static unsigned stops;

void command_stop(void)
{
    stops++;
}

const char *command_name(size_t index)
{
    static const char *const names[] = {"echo", "heap", "help", "hello"};
    return index < ARRAY_SIZE(names) ? names[index] : NULL;
}

static const char *colour(size_t index)
{
    static const char *const names[] = {"red", "green"};
    return index < ARRAY_SIZE(names) ? names[index] : NULL;
}

completion_list command_words(const char *line, size_t length, size_t *start)
{
    size_t at = 0;
    while (at < length && line[at] != ' ')
        at++;
    *start = at < length ? at + 1 : 0;
    return at < length ? colour : command_name;
}

/* --- The model ------------------------------------------------------------------------------ */

enum { MODEL_MAX = LINE_MAX };

static struct model {
    char text[MODEL_MAX][5]; /* characters */
    unsigned length, cursor;
    size_t bytes;
} model;

static void model_insert(const char *character)
{
    size_t size = strlen(character);
    if (model.bytes + size > LINE_MAX - 1)
        return;
    memmove(model.text[model.cursor + 1], model.text[model.cursor],
            sizeof(model.text[0]) * (model.length - model.cursor));
    string_copy(model.text[model.cursor++], character, 5);
    model.length++;
    model.bytes += size;
}

static void model_erase(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        model.bytes -= strlen(model.text[i]);
    memmove(model.text[from], model.text[to], sizeof(model.text[0]) * (model.length - to));
    model.length -= to - from;
    model.cursor = from;
}

static bool is_blank(unsigned at)
{
    return model.text[at][0] == ' ';
}

static unsigned model_word_start(void)
{
    unsigned at = model.cursor;
    while (at > 0 && is_blank(at - 1))
        at--;
    while (at > 0 && !is_blank(at - 1))
        at--;
    return at;
}

static unsigned model_word_end(void)
{
    unsigned at = model.cursor;
    while (at < model.length && is_blank(at))
        at++;
    while (at < model.length && !is_blank(at))
        at++;
    return at;
}

/* What a terminal of some width has to show. */
static struct picture_expected {
    unsigned row, column; /* of the cursor, from the prompt's first cell */
    const char *cells[ROWS][MAX_COLUMNS];
} expected;

static void expect_text(unsigned columns)
{
    static const char prompt[][2] = {"c", "a", "i", "r", "n", ">", " "};
    unsigned row = 0, column = 0;
    memset(&expected, 0, sizeof(expected));
    for (unsigned i = 0; i < ARRAY_SIZE(prompt) + model.length; i++) {
        const char *character =
            i < ARRAY_SIZE(prompt) ? prompt[i] : model.text[i - ARRAY_SIZE(prompt)];
        bool is_wide = strcmp(character, wide_character) == 0;
        if (column + is_wide >= columns) {
            row++;
            column = 0;
        }
        if (i == ARRAY_SIZE(prompt) + model.cursor) {
            expected.row = row;
            expected.column = column;
        }
        expected.cells[row][column++] = character;
        if (is_wide)
            expected.cells[row][column++] = right_half;
    }
    if (model.cursor == model.length) {
        expected.row = row;
        expected.column = column;
    }
}

/* Does the terminal show prompt, text, and cursor, and nothing to their right and below? */
static const char *compare(const struct screen *screen)
{
    if (screen->complaint)
        return screen->complaint;
    expect_text(screen->columns);
    if (screen->column != expected.column || screen->row < expected.row)
        return "the cursor is elsewhere";
    unsigned top = screen->row - expected.row;
    for (unsigned row = 0; row + top < ROWS; row++) {
        for (unsigned column = 0; column < screen->columns; column++) {
            const char *cell = expected.cells[row][column];
            if (strcmp(screen->cells[top + row][column], cell ? cell : "") != 0)
                return "a cell is wrong";
        }
    }
    return NULL;
}

/* The code point of a character that is expected in a cell; NULL: nothing stands there. */
static uint32_t code_of(const char *character)
{
    uint32_t code = ' ';
    struct utf8 decoder = {0};
    for (; character && *character; character++)
        utf8_feed(&decoder, (uint8_t)*character, &code);
    return code;
}

/* The same for the kernel's own terminal. */
static const char *compare_own(void)
{
    const struct terminal_cursor *cursor = &own.terminal.cursor;
    expect_text(OWN_COLUMNS);
    if (cursor->column != expected.column || cursor->row < expected.row)
        return "our own terminal: the cursor is elsewhere";
    unsigned top = cursor->row - expected.row;
    for (unsigned row = 0; row + top < OWN_ROWS; row++) {
        for (unsigned column = 0; column < OWN_COLUMNS; column++) {
            terminal_cell_t cell = own.display.cells[(top + row) * OWN_COLUMNS + column];
            const char *character = expected.cells[row][column];
            bool right = character == right_half
                             ? cell & CELL_RIGHT_HALF
                             : (cell & (CELL_CODE | CELL_RIGHT_HALF)) == code_of(character);
            if (!right)
                return "our own terminal: a cell is wrong";
        }
    }
    return NULL;
}

static const char *compare_all(void)
{
    const char *difference = compare(&wide);
    if (!difference)
        difference = compare(&narrow);
    return difference ? difference : compare_own();
}

static const char *type(const char *bytes)
{
    const char *line = NULL;
    for (; *bytes && !line; bytes++)
        line = line_feed(LINE_KEYBOARD, *bytes);
    return line;
}

static void reset_model(void)
{
    model.length = model.cursor = 0;
    model.bytes = 0;
}

/* --- Random typing -------------------------------------------------------------------------- */

static uint64_t random_state = 1;

static unsigned random_below(unsigned limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((random_state >> 33) % limit);
}

/* One key, of the editor and of the model. */
static void random_key(void)
{
    static const char *const characters[] = {"a",           "b", " ", "\xc3\xa4", "\xe2\x82\xac",
                                             wide_character};
    const char *character = characters[random_below(ARRAY_SIZE(characters))];
    switch (random_below(24)) {
    case 0:
        type(random_below(2) ? "\x1b[D" : "\x02");
        model.cursor -= model.cursor > 0;
        break;
    case 1:
        type(random_below(2) ? "\x1b[C" : "\x06");
        model.cursor += model.cursor < model.length;
        break;
    case 2:
        type(random_below(2) ? "\x1b[H" : "\x01");
        model.cursor = 0;
        break;
    case 3:
        type(random_below(2) ? "\x1b[F" : "\x05");
        model.cursor = model.length;
        break;
    case 4:
        type(random_below(2) ? "\x7f" : "\b");
        if (model.cursor)
            model_erase(model.cursor - 1, model.cursor);
        break;
    case 5:
        type(random_below(2) ? "\x1b[3~" : "\x04");
        if (model.cursor < model.length)
            model_erase(model.cursor, model.cursor + 1);
        break;
    case 6:
        type("\x1b[1;5D");
        model.cursor = model_word_start();
        break;
    case 7:
        type("\x1b[1;5C");
        model.cursor = model_word_end();
        break;
    case 8:
        type("\x17");
        model_erase(model_word_start(), model.cursor);
        break;
    case 9:
        show_log();
        break;
    case 10:
        if (random_below(40))
            break;
        type("\x15");
        model_erase(0, model.cursor);
        break;
    case 11:
        if (random_below(40))
            break;
        type("\x0b");
        model_erase(model.cursor, model.length);
        break;
    case 12:
        if (random_below(10) == 0)
            type("\x0c");
        break;
    default:
        type(character);
        model_insert(character);
        break;
    }
}

static bool model_is(const char *line)
{
    for (unsigned i = 0; i < model.length; line += strlen(model.text[i++])) {
        if (strncmp(line, model.text[i], strlen(model.text[i])) != 0)
            return false;
    }
    return *line == '\0';
}

/* `length`: how long lines become, more or less. */
static const char *random_line(unsigned keys)
{
    reset_model();
    line_begin();
    for (unsigned i = 0; i < keys; i++) {
        random_key();
        const char *difference = compare_all();
        if (difference)
            return difference;
    }
    const char *line = type("\r");
    if (!line || !model_is(line))
        return "the line is not what was typed";
    return wide.column || narrow.column ? "the line's end is not at the left" : NULL;
}

static void random_lines(unsigned wide_columns, unsigned narrow_columns)
{
    begin(wide_columns, narrow_columns);
    type("\r");
    for (unsigned round = 0; round < 100; round++) {
        const char *difference = random_line(random_below(round % 10 ? 100 : 2000));
        EXPECT_STR(difference ? difference : "", "");
    }
}

TEST(line, random_keys_on_two_terminals)
{
    random_lines(80, 37);
    random_lines(132, 20);
}

/* --- By hand -------------------------------------------------------------------------------- */

static const char *show_model(const char *text)
{
    reset_model();
    for (; *text; text++)
        model_insert((const char[]){*text, '\0'});
    return compare_all();
}

#define EXPECT_SHOWN(text)                            \
    do {                                              \
        const char *difference = show_model(text);    \
        EXPECT_STR(difference ? difference : "", ""); \
    } while (0)

TEST(line, history_and_draft)
{
    begin(80, 40);
    type("one\r");
    line_begin();
    type("two\r");
    line_begin();
    type("dra");
    type("\x1b[A");
    EXPECT_SHOWN("two");
    type("\x10");
    EXPECT_SHOWN("one");
    type("\x1b[B\x0e");
    EXPECT_SHOWN("dra");
    type("ft\x1b[A\x1b[A!");
    EXPECT_SHOWN("one!");
    EXPECT_STR(type("\r"), "one!");
    line_begin();
    type("\x1b[A");
    EXPECT_SHOWN("one!");
}

TEST(line, completion)
{
    begin(80, 40);
    type("e\t");
    EXPECT_SHOWN("echo ");
    type("g\t");
    EXPECT_SHOWN("echo green");
    type("\x15h\t");
    EXPECT_SHOWN("he");
    type("l\t");
    EXPECT_SHOWN("hel");
    EXPECT_STR(wide.cells[wide.row - 1][20], "h");
    type("p\t");
    EXPECT_SHOWN("help ");
    type("x\t");
    EXPECT_SHOWN("help x");
}

TEST(line, completion_leaves_the_cursor)
{
    begin(80, 40);
    type("he x\x02\x02\tl\x05");
    EXPECT_SHOWN("hel x");
}

TEST(line, ctrl_c_drops_the_line)
{
    begin(80, 40);
    unsigned before = stops;
    type("never mind\x01\x03");
    EXPECT_SHOWN("");
    EXPECT_EQ(stops, before + 1);
    EXPECT_STR(wide.cells[wide.row - 1][17], "^");
    EXPECT_STR(type("a\r"), "a");
}

/* Sequences of one input do not mix with what comes from the other. */
TEST(line, two_inputs)
{
    begin(80, 40);
    line_feed(LINE_SERIAL, 'a');
    line_feed(LINE_SERIAL, '\x1b');
    line_feed(LINE_KEYBOARD, 'b');
    line_feed(LINE_SERIAL, '[');
    line_feed(LINE_KEYBOARD, 'A');
    line_feed(LINE_SERIAL, 'D');
    line_feed(LINE_KEYBOARD, '!');
    reset_model();
    model_insert("a");
    model_insert("b");
    model_insert("A");
    model.cursor--;
    model_insert("!");
    const char *difference = compare_all();
    EXPECT_STR(difference ? difference : "", "");
}

/* The sink without rows is asked when the screen is cleared, and believed once. */
TEST(line, the_width_is_asked_for)
{
    static const char text[] = "a line that is longer than the narrower one of the two is wide";
    begin(80, 37);
    narrow.columns = 60; /* in truth */
    wide.asked = narrow.asked = false;
    type("\x0c");
    EXPECT(narrow.asked);
    EXPECT(!wide.asked);
    type("\x1b[70;60R");
    EXPECT_EQ(narrow.sink.columns, 60);
    EXPECT_EQ(wide.sink.columns, 80);
    type("\x1b[70;50R"); /* nobody has asked */
    EXPECT_EQ(narrow.sink.columns, 60);
    type(text);
    type("\x01\x1b[3~\x05");
    EXPECT_SHOWN(text + 1);
}

/* What is typed at the end of the line is echoed as it is, without a byte more. */
static char echoed[64];
static size_t echoed_length;

static void remember(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    for (size_t i = 0; i < length && echoed_length < sizeof(echoed) - 1; i++)
        echoed[echoed_length++] = text[i];
    echoed[echoed_length] = '\0';
}

TEST(line, a_character_echoes_just_itself)
{
    static const char text[] = "echo \xc3\xa4 and enough more to fill a row";
    begin(80, 37);
    narrow.sink.write = remember;
    echoed_length = 0;
    type(text);
    narrow.sink.write = write_screen;
    EXPECT_STR(echoed, text);
}

/* A line that is full takes no more, and stays as it is. */
TEST(line, a_full_line)
{
    begin(132, 80);
    for (unsigned i = 0; i < LINE_MAX + 5; i++)
        type("x");
    const char *line = type("\r");
    EXPECT_EQ(strlen(line), LINE_MAX - 1);
    EXPECT(!wide.complaint && !narrow.complaint);
}

/* Whatever comes, from both inputs: the sanitizers are the expectation, and that a line typed
 * afterwards is shown as it is. */
TEST(line, any_bytes)
{
    static const char likely[] =
        "\x1b[O;15~ABCDHFR\t\b\x7f\x01\x05\x0b\x15\x17\x10\x0e\x0c\x03 he\xc3\xa4";
    begin(80, 37);
    for (unsigned i = 0; i < 200000; i++) {
        char byte =
            random_below(8) ? likely[random_below(sizeof(likely) - 1)] : (char)random_below(256);
        if (random_below(1000) == 0)
            byte = '\r';
        const char *line = line_feed(random_below(2) ? LINE_KEYBOARD : LINE_SERIAL, byte);
        if (line) {
            EXPECT(strlen(line) < LINE_MAX);
            line_begin();
        }
        if (random_below(100) == 0)
            show_log();
    }
    line_feed(LINE_SERIAL, '\r');
    begin(80, 37);
    type("\x0c");
    wide.complaint = narrow.complaint = NULL; /* about the malformed characters that came back */
    type("ok");
    EXPECT_SHOWN("ok");
}
