/*
 * AML is ACPI's byte code (specification 6.5, chapter 20). Only one thing is read out of it: the
 * package \_S5_, which holds the values that switch the machine off. Firmware writes it as a
 * constant package in the root scope, so the bytes are
 *
 *     08 [5c] 5f 53 35 5f  12 PkgLength NumElements  element element ...
 *
 * that is NameOp, an optional backslash, the name, PackageOp. The name alone may occur anywhere,
 * for example in code that reads it. Between these two operations it is the definition.
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
    bool failed; /* the bytes have ended too early, or are not what they should be */
};

/* The next byte; 0 when there is none. */
static uint8_t next(struct cursor *cursor)
{
    if (cursor->at < cursor->end)
        return *cursor->at++;
    cursor->failed = true;
    return 0;
}

/* PkgLength (20.2.4): the two upper bits of the first byte say how many follow. The cursor then
 * ends where the package does. */
static void enter_package(struct cursor *cursor)
{
    const uint8_t *start = cursor->at;
    uint8_t first = next(cursor);
    unsigned more = first >> 6;
    size_t length = first & (more ? 0x0f : 0x3f);
    for (unsigned i = 0; i < more; i++)
        length |= (size_t)next(cursor) << (4 + 8 * i);
    if (length > (size_t)(cursor->end - start) || length < (size_t)(cursor->at - start))
        cursor->failed = true;
    else
        cursor->end = start + length;
}

/* An integer constant of up to 32 bits. Its low byte has to fit into the register's field. */
static uint8_t read_sleep_type(struct cursor *cursor)
{
    uint8_t op = next(cursor);
    if (op == ZERO_OP || op == ONE_OP)
        return op;
    unsigned bytes = op == BYTE_PREFIX ? 1 : op == WORD_PREFIX ? 2 : op == DWORD_PREFIX ? 4 : 0;
    uint8_t type = bytes ? next(cursor) : SLEEP_TYPES;
    for (unsigned i = 1; i < bytes; i++)
        next(cursor);
    if (type >= SLEEP_TYPES)
        cursor->failed = true;
    return type;
}

/* Is the name at `name` being defined, as a package that begins with two constants? */
static bool read_definition(const uint8_t *aml, const uint8_t *name, const uint8_t *end,
                            struct acpi_sleep_type *type)
{
    const uint8_t *before = name;
    if (before > aml && before[-1] == ROOT_CHARACTER)
        before--;
    if (before == aml || before[-1] != NAME_OP)
        return false;
    struct cursor cursor = {.at = name + NAME_LENGTH, .end = end};
    if (next(&cursor) != PACKAGE_OP)
        return false;
    enter_package(&cursor);
    uint8_t elements = next(&cursor);
    type->a = read_sleep_type(&cursor);
    type->b = read_sleep_type(&cursor);
    return elements >= 2 && !cursor.failed;
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
