/*
 * The first program of a Linux in QEMU: writes each case of the file /cases to the first virtual
 * terminal, and prints to COM1 what is on the screen then. tests/record_screens.py starts it.
 *
 * A case is a line, NAME BYTES with the bytes in hexadecimal; so is its answer: NAME COLUMN ROW
 * CELLS ANSWERS, with eight digits a cell: the code point in six, and the VGA's attribute in two.
 * Where the character set or the font is not the usual one, Linux does not tell the code point:
 * then it is the place in the VGA's font, above GLYPHS.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { ROWS = 25, COLUMNS = 80, CELLS = ROWS * COLUMNS, GLYPHS = 0xe000 };

static int terminal, attributes, codes;
static char *line;

static int need(const char *path, int flags)
{
    int file = open(path, flags);
    if (file < 0) {
        perror(path);
        reboot(RB_POWER_OFF);
    }
    return file;
}

static size_t parse(const char *text, uint8_t *bytes)
{
    size_t count = 0;
    unsigned byte;
    for (; sscanf(text, "%2x", &byte) == 1; text += 2)
        bytes[count++] = (uint8_t)byte;
    return count;
}

static void write_all(const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(terminal, bytes, count);
        if (written <= 0)
            return;
        bytes += written;
        count -= (size_t)written;
    }
}

static void print_screen(const char *name)
{
    static uint8_t shown[4 + 2 * CELLS], answers[256];
    static uint32_t text[CELLS];
    ssize_t count;
    tcdrain(terminal);
    if (pread(attributes, shown, sizeof(shown), 0) != sizeof(shown) ||
        pread(codes, text, sizeof(text), 0) != sizeof(text))
        perror("vcs");
    printf("%s %u %u ", name, shown[2], shown[3]);
    for (size_t i = 0; i < CELLS; i++) {
        uint8_t glyph = shown[4 + 2 * i];
        bool is_other = text[i] < 0x80 ? text[i] != glyph : text[i] < 0x100 && text[i] == glyph;
        printf("%06x%02x", is_other ? GLYPHS + glyph : text[i], shown[4 + 2 * i + 1]);
    }
    putchar(' ');
    while ((count = read(terminal, answers, sizeof(answers))) > 0) {
        for (ssize_t i = 0; i < count; i++)
            printf("%02x", answers[i]);
    }
    putchar('\n');
}

int main(void)
{
    static uint8_t bytes[1 << 20];
    static char name[256];
    struct termios settings;
    size_t size = 0;
    mkdir("/dev", 0755);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    freopen("/dev/ttyS0", "w", stdout);
    terminal = need("/dev/tty1", O_RDWR | O_NOCTTY | O_NONBLOCK);
    attributes = need("/dev/vcsa1", O_RDONLY);
    codes = need("/dev/vcsu1", O_RDONLY);
    tcgetattr(terminal, &settings);
    cfmakeraw(&settings);
    tcsetattr(terminal, TCSANOW, &settings);
    FILE *cases = fopen("/cases", "r");
    pread(codes, bytes, 4, 0); /* Linux keeps code points from the first look on */
    while (cases && getline(&line, &size, cases) > 0) {
        char *data = strchr(line, ' ');
        if (!data)
            continue;
        snprintf(name, sizeof(name), "%.*s", (int)(data - line), line);
        write_all((const uint8_t *)"\033c", 2);
        write_all(bytes, parse(data + 1, bytes));
        print_screen(name);
    }
    printf("end\n");
    fflush(stdout);
    tcdrain(STDOUT_FILENO);
    reboot(RB_POWER_OFF);
}
