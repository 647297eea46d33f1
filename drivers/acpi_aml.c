/*
 * The one thing that has to be fetched out of AML, the byte code of ACPI (specification 6.5,
 * chapter 20): the package \_S5_, in which a machine says what switches it off. Firmware writes it
 * as a constant package in the root scope, so it stands in the bytes as
 *
 *     08 [5c] 5f 53 35 5f  12 PkgLength NumElements  element element ...
 *
 * that is NameOp, an optional backslash, the name, PackageOp. The name alone may stand anywhere (in
 * a comment, in code that reads it); with both operations around it, it is the definition.
 */
#include <drivers/acpi_tables.h>
#include <lib/string.h>

enum aml {
    ZERO_OP = 0x00,
    ONE_OP = 0x01,
    NAME_OP = 0x08,
    BYTE_PREFIX = 0x0a,
    WORD_PREFIX = 0x0b,
    DWORD_PREFIX = 0x0c,
    PACKAGE_OP = 0x12,
    ROOT_CHARACTER = 0x5c,
};

enum { NAME_LENGTH = 4, SLEEP_TYPES = 8 /* the field has three bits */ };

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

/* The next byte, or -1 at the end. */
static int next(struct cursor *cursor)
{
    return cursor->at < cursor->end ? *cursor->at++ : -1;
}

/* PkgLength (20.2.4): the two upper bits of the first byte say how many follow. Cuts the cursor
 * down to the package; false when that runs over the end. */
static bool enter_package(struct cursor *cursor)
{
    const uint8_t *start = cursor->at;
    int first = next(cursor);
    if (first < 0)
        return false;
    unsigned more = (unsigned)first >> 6;
    size_t length = (unsigned)first & (more ? 0x0f : 0x3f);
    for (unsigned i = 0; i < more; i++) {
        int byte = next(cursor);
        if (byte < 0)
            return false;
        length |= (size_t)byte << (4 + 8 * i);
    }
    if (length > (size_t)(cursor->end - start) || length < (size_t)(cursor->at - start))
        return false;
    cursor->end = start + length;
    return true;
}

/* An integer constant of up to 32 bits; its low byte has to be one that fits into the register. */
static bool read_sleep_type(struct cursor *cursor, uint8_t *type)
{
    int op = next(cursor);
    if (op == ZERO_OP || op == ONE_OP) {
        *type = (uint8_t)op;
        return true;
    }
    unsigned bytes = op == BYTE_PREFIX ? 1 : op == WORD_PREFIX ? 2 : op == DWORD_PREFIX ? 4 : 0;
    if (bytes == 0 || (size_t)(cursor->end - cursor->at) < bytes || *cursor->at >= SLEEP_TYPES)
        return false;
    *type = *cursor->at;
    cursor->at += bytes;
    return true;
}

/* Is the name at `name` being defined, as a package that begins with two constants? */
static bool read_definition(const uint8_t *aml, const uint8_t *name, const uint8_t *end,
                            struct acpi_sleep_type *type)
{
    struct cursor cursor = {name + NAME_LENGTH, end};
    const uint8_t *before = name;
    if (before > aml && before[-1] == ROOT_CHARACTER)
        before--;
    if (before == aml || before[-1] != NAME_OP || next(&cursor) != PACKAGE_OP)
        return false;
    return enter_package(&cursor) && next(&cursor) >= 2 && read_sleep_type(&cursor, &type->a) &&
           read_sleep_type(&cursor, &type->b);
}

enum error acpi_find_s5(const uint8_t *aml, size_t size, struct acpi_sleep_type *type)
{
    for (size_t at = 0; at + NAME_LENGTH <= size; at++) {
        if (memcmp(aml + at, "_S5_", NAME_LENGTH) == 0 &&
            read_definition(aml, aml + at, aml + size, type))
            return OK;
    }
    return ERROR_NO_DEVICE;
}
