/*
 * Runs the kernel's keyboard code on the build machine, for tests that compare it with other data.
 * Each line of standard input is a new keyboard: the layout's name, the scancode set (1 or 2), and
 * scancodes in hexadecimal. The answer is a line with the bytes that the last scancode types, in
 * hexadecimal, and the dead key that is waiting then ("+0301"), if any.
 */
#include <assert.h>
#include <drivers/keyboard.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void type_line(struct keyboard *keyboard, char *scancodes)
{
    char bytes[KEYBOARD_BYTES];
    unsigned length = 0;
    for (char *word = strtok(scancodes, " \n"); word; word = strtok(NULL, " \n"))
        length = keyboard_type(keyboard, (uint8_t)strtoul(word, NULL, 16), bytes);
    for (unsigned i = 0; i < length; i++)
        printf("%02x", (unsigned char)bytes[i]);
    if (keyboard->accent)
        printf("+%04x", keyboard->accent);
    putchar('\n');
}

int main(void)
{
    char line[1024], name[32];
    while (fgets(line, sizeof(line), stdin)) {
        unsigned set;
        int used;
        if (sscanf(line, "%31s %u %n", name, &set, &used) != 2 || !layout_find(name)) {
            fprintf(stderr, "no such layout: %s", line);
            return 1;
        }
        struct keyboard keyboard = {.decoder.state = set == 2 ? SCANCODE_SET_2 : SCANCODE_SET_1,
                                    .layout = layout_find(name)};
        type_line(&keyboard, line + used);
    }
    return 0;
}

void assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "ASSERT(%s) %s:%d\n", condition, file, line);
    abort();
}
