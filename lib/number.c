#include <lib/number.h>

static int digit_value(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    if (character >= 'A' && character <= 'F')
        return character - 'A' + 10;
    return -1;
}

static const char *skip_blanks(const char *text)
{
    while (*text == ' ')
        text++;
    return text;
}

bool parse_hexadecimal(const char *text, uint64_t *value)
{
    text = skip_blanks(text);
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    uint64_t number = 0;
    const char *first = text;
    for (; digit_value(*text) >= 0; text++) {
        if (number >> 60) /* a 17th digit */
            return false;
        number = number << 4 | (unsigned)digit_value(*text);
    }
    if (text == first || *skip_blanks(text))
        return false;
    *value = number;
    return true;
}
