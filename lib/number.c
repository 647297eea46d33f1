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

static bool has_prefix(const char *text)
{
    return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

static bool parse(const char *text, unsigned base, uint64_t *value)
{
    uint64_t number = 0;
    const char *first = text;
    for (int digit; (digit = digit_value(*text)) >= 0 && (unsigned)digit < base; text++) {
        if (number > (UINT64_MAX - (unsigned)digit) / base)
            return false;
        number = number * base + (unsigned)digit;
    }
    if (text == first || *skip_blanks(text))
        return false;
    *value = number;
    return true;
}

bool parse_hexadecimal(const char *text, uint64_t *value)
{
    text = skip_blanks(text);
    return parse(has_prefix(text) ? text + 2 : text, 16, value);
}

bool parse_number(const char *text, uint64_t *value)
{
    text = skip_blanks(text);
    return has_prefix(text) ? parse(text + 2, 16, value) : parse(text, 10, value);
}
