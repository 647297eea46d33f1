/*
 * A line longer than the screen is wide continues on the rows below its first. The console is taken
 * to be COLUMNS wide; both the VGA text screen and most serial terminals are.
 */
#include <kernel/log/console.h>
#include <kernel/monitor/line.h>
#include <lib/string.h>

enum { COLUMNS = 80, DELETE = 0x7f };

static const char prompt[] = "cairn> ";
enum { PROMPT_LENGTH = sizeof(prompt) - 1 };

static char text[LINE_MAX];
static size_t length;
static bool visible;

static void draw(void)
{
    console_write(prompt, PROMPT_LENGTH);
    console_write(text, length);
}

/* Erases what draw() drew: up to the row of the prompt, then everything below. A row that is just
 * full has not wrapped yet, so the cursor is on the row of the last character. */
static void erase(void)
{
    size_t rows_above = (PROMPT_LENGTH + length - 1) / COLUMNS;
    console_write("\r", 1);
    if (rows_above)
        console_printf("\033[%zuA", rows_above);
    console_write("\033[J\r", 4); /* \r: see console_fresh_line() */
}

void line_begin(void)
{
    console_fresh_line();
    length = 0;
    visible = true;
    draw();
}

void line_hide(void)
{
    if (visible)
        erase();
}

void line_show(void)
{
    if (visible)
        draw();
}

static void add(char byte)
{
    if (length == LINE_MAX - 1) {
        console_write("\a", 1); /* full: the terminal's bell says that the key did nothing */
        return;
    }
    text[length++] = byte;
    console_write(&byte, 1);
}

/* The bytes of a UTF-8 character after its first. */
static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* How many columns such a character takes depends on who shows it, so the line is drawn again. */
static void take_back_utf8(void)
{
    erase();
    do
        length--;
    while (length && is_continuation(text[length]));
    draw();
}

static void take_back(void)
{
    if (length == 0)
        return;
    if ((unsigned char)text[length - 1] >= 0x80) {
        take_back_utf8();
        return;
    }
    /* At a row's edge the cursor's column does not tell where the character was (see erase()). */
    if ((PROMPT_LENGTH + length) % COLUMNS > 1) {
        console_write("\b \b", 3);
        length--;
    } else {
        erase();
        length--;
        draw();
    }
}

static const char *end(void)
{
    visible = false;
    text[length] = '\0';
    console_write("\n", 1);
    return text;
}

const char *line_feed(char byte)
{
    if (byte == '\n' || byte == '\r')
        return end();
    if (byte == '\b' || byte == DELETE)
        take_back();
    else if ((unsigned char)byte >= ' ')
        add(byte);
    return NULL;
}
