#include <lib/command_line.h>

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

bool command_line_next(const char **cursor, struct command_line_word *word)
{
    const char *at = *cursor;
    while (is_blank(*at))
        at++;
    word->key = at;
    while (*at && !is_blank(*at) && *at != '=')
        at++;
    word->key_length = (size_t)(at - word->key);
    if (*at == '=')
        at++;
    word->value = at;
    while (*at && !is_blank(*at))
        at++;
    word->value_length = (size_t)(at - word->value);
    *cursor = at;
    return at != word->key;
}
