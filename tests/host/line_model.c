#include <lib/string.h>

#include "line_model.h"

struct line_model model;

void model_reset(void)
{
    model.length = model.cursor = 0;
    model.bytes = 0;
}

void model_insert(const char *character)
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

void model_erase(unsigned from, unsigned to)
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

unsigned model_word_start(void)
{
    unsigned at = model.cursor;
    while (at > 0 && is_blank(at - 1))
        at--;
    while (at > 0 && !is_blank(at - 1))
        at--;
    return at;
}

unsigned model_word_end(void)
{
    unsigned at = model.cursor;
    while (at < model.length && is_blank(at))
        at++;
    while (at < model.length && !is_blank(at))
        at++;
    return at;
}

const struct model_picture *model_picture(unsigned columns)
{
    static struct model_picture picture;
    static const char prompt[][2] = {"c", "a", "i", "r", "n", ">", " "};
    unsigned row = 0, column = 0;
    memset(&picture, 0, sizeof(picture));
    for (unsigned i = 0; i < ARRAY_SIZE(prompt) + model.length; i++) {
        const char *character =
            i < ARRAY_SIZE(prompt) ? prompt[i] : model.text[i - ARRAY_SIZE(prompt)];
        bool is_wide = strcmp(character, wide_character) == 0;
        if (column + is_wide >= columns) {
            row++;
            column = 0;
        }
        if (i == ARRAY_SIZE(prompt) + model.cursor) {
            picture.row = row;
            picture.column = column;
        }
        picture.cells[row][column++] = character;
        if (is_wide)
            picture.cells[row][column++] = right_half;
    }
    if (model.cursor == model.length) {
        picture.row = row;
        picture.column = column;
    }
    return &picture;
}

bool model_is(const char *line)
{
    for (unsigned i = 0; i < model.length; line += strlen(model.text[i++])) {
        if (strncmp(line, model.text[i], strlen(model.text[i])) != 0)
            return false;
    }
    return *line == '\0';
}
