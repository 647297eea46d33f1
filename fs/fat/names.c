/*
 * Names. Each file has a short name, eight characters and three, in capitals. Where that is not its
 * name, slots with the long one stand before its entry, in UTF-16. Two flags in the entry say that
 * all letters of a short name, or of its ending, are small: then no long name is needed. Other
 * letters than ASCII's in short names are taken as code page 437 has them, like on Linux.
 */
#include <assert.h>
#include <fs/fat/fat.h>
#include <lib/cp437.h>
#include <lib/letter_case.h>
#include <lib/string.h>
#include <lib/utf8.h>

enum { BASE = 8, SMALL_BASE = 8, SMALL_ENDING = 16 };

/* The first character 0xe5 would mean a slot that is free: 5 stands for it. */
enum { FIRST_E5 = 0xe5, STANDS_FOR_E5 = 5 };

static bool is_between(uint32_t code, uint32_t first, uint32_t last)
{
    return code >= first && code <= last;
}

static uint8_t to_capital(uint8_t character)
{
    return is_between(character, 'a', 'z') ? (uint8_t)(character - 'a' + 'A') : character;
}

static uint8_t to_small(uint8_t character)
{
    return is_between(character, 'A', 'Z') ? (uint8_t)(character - 'A' + 'a') : character;
}

/* --- Long names ------------------------------------------------------------------------------ */

bool fat_name_to_units(const char *name, size_t length, uint16_t units[FAT_NAME_UNITS],
                       size_t *count)
{
    struct utf8 decoder = {0};
    *count = 0;
    for (size_t i = 0; i < length; i++) {
        uint32_t code;
        enum utf8_event event = utf8_feed(&decoder, (uint8_t)name[i], &code);
        if (event == UTF8_PENDING)
            continue;
        bool is_pair = code > 0xffff;
        if (code == UTF8_REPLACEMENT || code < ' ' ||
            (code < 0x80 && strchr("\"*/:<>?\\|", (char)code)) ||
            *count + is_pair >= FAT_NAME_UNITS)
            return false;
        if (is_pair)
            units[(*count)++] = (uint16_t)(0xd800 + ((code - 0x10000) >> 10));
        units[(*count)++] = (uint16_t)(is_pair ? 0xdc00 + (code & 0x3ff) : code);
    }
    return !decoder.missing && *count > 0 && name[length - 1] != '.' && name[length - 1] != ' ';
}

size_t fat_name_from_units(const uint16_t *units, size_t count, char name[FAT_NAME_MAX])
{
    size_t length = 0;
    ASSERT(count <= FAT_NAME_UNITS);
    for (size_t i = 0; i < count; i++) {
        uint32_t code = units[i];
        if (is_between(code, 0xd800, 0xdbff) && i + 1 < count &&
            is_between(units[i + 1], 0xdc00, 0xdfff))
            code = 0x10000 + ((code & 0x3ff) << 10) + (units[++i] & 0x3ff);
        else if (is_between(code, 0xd800, 0xdfff))
            code = UTF8_REPLACEMENT;
        length += utf8_encode(code, name + length);
    }
    return length;
}

bool fat_names_equal(const char *a, size_t a_length, const char *b, size_t b_length)
{
    if (a_length != b_length)
        return false;
    for (size_t i = 0; i < a_length; i++) {
        if (to_small((uint8_t)a[i]) != to_small((uint8_t)b[i]))
            return false;
    }
    return true;
}

/* --- Short names ----------------------------------------------------------------------------- */

static size_t show_part(const uint8_t *part, size_t size, bool is_small, char *name)
{
    size_t length = 0;
    while (size > 0 && part[size - 1] == ' ')
        size--;
    for (size_t i = 0; i < size; i++) {
        uint32_t code = cp437_code(part[i]);
        length += utf8_encode(is_small ? letter_to_lower(code) : code, name + length);
    }
    return length;
}

size_t fat_show_short(const uint8_t short_name[FAT_SHORT], uint8_t cases,
                      char name[FAT_SHORT_SHOWN])
{
    uint8_t base[BASE];
    memcpy(base, short_name, BASE);
    if (base[0] == STANDS_FOR_E5)
        base[0] = FIRST_E5;
    size_t length = show_part(base, BASE, cases & SMALL_BASE, name);
    size_t ending =
        show_part(short_name + BASE, FAT_SHORT - BASE, cases & SMALL_ENDING, name + length + 1);
    if (ending == 0)
        return length;
    name[length] = '.';
    return length + 1 + ending;
}

static bool may_be_short(char character)
{
    return is_between((uint8_t)character, '!', '~') && !strchr("\"*+,./:;<=>?[\\]|", character);
}

/* Copies a part in capitals, and notes by `cases` whether all its letters are small. False: that is
 * not all there is to say. */
static bool take_part(const char *from, size_t length, uint8_t *part, size_t size, uint8_t flag,
                      uint8_t *cases)
{
    bool has_small = false, has_capital = false, fits = length <= size;
    size_t used = 0;
    for (size_t i = 0; i < length && used < size; i++) {
        if (from[i] == ' ' || from[i] == '.') {
            fits = false; /* left out */
            continue;
        }
        bool allowed = may_be_short(from[i]);
        has_small |= is_between((uint8_t)from[i], 'a', 'z');
        has_capital |= is_between((uint8_t)from[i], 'A', 'Z');
        fits &= allowed;
        part[used++] = allowed ? to_capital((uint8_t)from[i]) : '_';
    }
    if (has_small)
        *cases |= flag;
    return fits && !(has_small && has_capital);
}

bool fat_make_short(const char *name, size_t length, unsigned number, uint8_t short_name[FAT_SHORT],
                    uint8_t *cases)
{
    size_t dot = length;
    for (size_t i = 1; i < length; i++) {
        if (name[i] == '.')
            dot = i;
    }
    memset(short_name, ' ', FAT_SHORT);
    *cases = 0;
    bool fits = take_part(name, dot, short_name, BASE, SMALL_BASE, cases);
    if (dot < length)
        fits &= take_part(name + dot + 1, length - dot - 1, short_name + BASE, FAT_SHORT - BASE,
                          SMALL_ENDING, cases);
    if (fits)
        return true;
    *cases = 0;
    size_t at = BASE;
    for (; number > 0 || at == BASE; number /= 10)
        short_name[--at] = (uint8_t)('0' + number % 10);
    short_name[--at] = '~';
    size_t end = 0; /* of what stays of the name */
    while (end < at && short_name[end] != ' ')
        end++;
    memmove(short_name + end, short_name + at, BASE - at);
    memset(short_name + end + BASE - at, ' ', at - end);
    return false;
}

uint8_t fat_short_sum(const uint8_t short_name[FAT_SHORT])
{
    uint8_t sum = 0;
    for (unsigned i = 0; i < FAT_SHORT; i++)
        sum = (uint8_t)((sum >> 1 | sum << 7) + short_name[i]);
    return sum;
}
