/*
 * A report descriptor is a sequence of items (6.2.2.2). Global items stay in force until they are
 * changed, local ones until the next main item; an input item is a field of a report. A report's
 * fields lie one behind the other, each report having its own count of bits.
 */
#include <drivers/usb/hid_report.h>
#include <lib/string.h>

/* An item's tag and type, without its size. */
enum item {
    INPUT = 0x80,
    COLLECTION = 0xa0,
    END_COLLECTION = 0xc0,
    USAGE_PAGE = 0x04,
    LOGICAL_MINIMUM = 0x14,
    REPORT_SIZE = 0x74,
    REPORT_ID = 0x84,
    REPORT_COUNT = 0x94,
    PUSH = 0xa4,
    POP = 0xb4,
    USAGE = 0x08,
    USAGE_MINIMUM = 0x18,
    LONG_ITEM = 0xfc,
};

enum input { IS_CONSTANT = 1 << 0, IS_VARIABLE = 1 << 1 };

enum usages { PAGE_DESKTOP = 1, DESKTOP_KEYBOARD = 6, PAGE_KEYS = 7, FIRST_MODIFIER = 0xe0 };

enum { APPLICATION = 1 /* a kind of collection */, MOST_PUSHED = 4, MOST_BITS = 8 * 1024 };

struct globals {
    uint32_t usage_page, minimum, size, count;
    uint8_t id;
};

struct parser {
    struct globals globals, pushed[MOST_PUSHED];
    unsigned pushed_count;
    uint32_t usage; /* the first one since the last main item */
    bool has_usage;
    unsigned depth, keyboard_depth; /* of collections; 0: not within a keyboard */
    uint32_t bits[UINT8_MAX + 1];   /* of each report so far, by its ID */
};

/* --- The descriptor ------------------------------------------------------------------------- */

static bool is_field_of_keys(const struct parser *parser, uint32_t flags)
{
    const struct globals *globals = &parser->globals;
    bool bits = flags & IS_VARIABLE && globals->size == 1;
    bool list = !(flags & IS_VARIABLE) && globals->size >= 1 && globals->size <= 8;
    return parser->keyboard_depth && globals->usage_page == PAGE_KEYS && !(flags & IS_CONSTANT) &&
           (bits || list);
}

static void add_field(struct hid_keyboard *keyboard, const struct parser *parser, uint32_t flags)
{
    const struct globals *globals = &parser->globals;
    if (keyboard->field_count == 0)
        keyboard->id = globals->id;
    if (keyboard->field_count == HID_FIELDS || keyboard->id != globals->id)
        return;
    keyboard->fields[keyboard->field_count++] = (struct hid_field){
        .bit = parser->bits[globals->id],
        .count = (uint16_t)globals->count,
        .size = (uint8_t)globals->size,
        .is_list = !(flags & IS_VARIABLE),
        .usage = (uint8_t)parser->usage,
        .least = (uint8_t)globals->minimum,
    };
}

/* False: the report is larger than any can be. */
static bool take_input(struct parser *parser, uint32_t flags, struct hid_keyboard *keyboard)
{
    const struct globals *globals = &parser->globals;
    if (globals->size > MOST_BITS || globals->count > MOST_BITS)
        return false;
    if (is_field_of_keys(parser, flags))
        add_field(keyboard, parser, flags);
    parser->bits[globals->id] += globals->size * globals->count;
    return parser->bits[globals->id] <= MOST_BITS;
}

static void begin_collection(struct parser *parser, uint32_t kind)
{
    bool is_keyboard = kind == APPLICATION && parser->globals.usage_page == PAGE_DESKTOP &&
                       parser->usage == DESKTOP_KEYBOARD;
    parser->depth++;
    if (is_keyboard && !parser->keyboard_depth)
        parser->keyboard_depth = parser->depth;
}

static void end_collection(struct parser *parser)
{
    if (parser->depth == parser->keyboard_depth)
        parser->keyboard_depth = 0;
    if (parser->depth)
        parser->depth--;
}

static void take_global(struct parser *parser, unsigned item, uint32_t value)
{
    struct globals *globals = &parser->globals;
    if (item == USAGE_PAGE)
        globals->usage_page = value;
    else if (item == LOGICAL_MINIMUM)
        globals->minimum = value;
    else if (item == REPORT_SIZE)
        globals->size = value;
    else if (item == REPORT_COUNT)
        globals->count = value;
    else if (item == REPORT_ID)
        globals->id = (uint8_t)value;
    else if (item == PUSH && parser->pushed_count < MOST_PUSHED)
        parser->pushed[parser->pushed_count++] = *globals;
    else if (item == POP && parser->pushed_count)
        *globals = parser->pushed[--parser->pushed_count];
}

/* Only the first usage counts: of a collection there is one, and of keys it is the lowest. */
static void take_usage(struct parser *parser, uint32_t value)
{
    if (!parser->has_usage)
        parser->usage = value & UINT16_MAX;
    parser->has_usage = true;
}

/* False: the descriptor is broken. */
static bool take_item(struct parser *parser, unsigned item, uint32_t value,
                      struct hid_keyboard *keyboard)
{
    enum { TYPE = 0x0c, TYPE_MAIN = 0x00 };
    bool good = true;
    if (item == INPUT)
        good = take_input(parser, value, keyboard);
    else if (item == COLLECTION)
        begin_collection(parser, value);
    else if (item == END_COLLECTION)
        end_collection(parser);
    else if (item == USAGE || item == USAGE_MINIMUM)
        take_usage(parser, value);
    else
        take_global(parser, item, value);
    if ((item & TYPE) == TYPE_MAIN) {
        parser->usage = 0;
        parser->has_usage = false;
    }
    return good;
}

enum error hid_find_keyboard(const uint8_t *descriptor, size_t size, struct hid_keyboard *keyboard)
{
    struct parser parser;
    memset(&parser, 0, sizeof(parser));
    *keyboard = (struct hid_keyboard){0};
    for (size_t at = 0; at < size;) {
        unsigned item = descriptor[at] & 0xfc;
        size_t length = descriptor[at] & 3;
        uint32_t value = 0;
        if (length == 3)
            length = 4;
        if (item == LONG_ITEM)
            return ERROR_NO_DEVICE; /* no device has one */
        at++;
        for (size_t i = 0; i < length && at + i < size; i++)
            value |= (uint32_t)descriptor[at + i] << 8 * i;
        at += length;
        if (!take_item(&parser, item, value, keyboard))
            return ERROR_NO_DEVICE;
    }
    return keyboard->field_count ? OK : ERROR_NO_DEVICE;
}

/* --- A report ------------------------------------------------------------------------------- */

static unsigned get_bits(const uint8_t *report, uint32_t bit, unsigned size)
{
    unsigned value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (unsigned)(report[(bit + i) / 8] >> (bit + i) % 8 & 1) << i;
    return value;
}

/* Adds a key to a report of the boot protocol. */
static void hold(uint8_t boot[HID_BOOT_REPORT], unsigned usage)
{
    enum { MODIFIERS = 0, FIRST_KEY = 2, TOO_MANY_KEYS = 1 };
    if (usage == 0 || usage > FIRST_MODIFIER + 7)
        return;
    if (usage >= FIRST_MODIFIER) {
        boot[MODIFIERS] |= (uint8_t)(1 << (usage - FIRST_MODIFIER));
        return;
    }
    for (unsigned i = FIRST_KEY; i < HID_BOOT_REPORT; i++) {
        if (boot[i] == 0) {
            boot[i] = (uint8_t)usage;
            return;
        }
    }
    memset(boot + FIRST_KEY, TOO_MANY_KEYS, HID_BOOT_REPORT - FIRST_KEY);
}

static void take_field(const struct hid_field *field, const uint8_t *report,
                       uint8_t boot[HID_BOOT_REPORT])
{
    for (unsigned i = 0; i < field->count; i++) {
        unsigned value = get_bits(report, field->bit + i * field->size, field->size);
        if (!field->is_list && value)
            hold(boot, field->usage + i);
        if (field->is_list && value >= field->least)
            hold(boot, field->usage + value - field->least);
    }
}

bool hid_to_boot_report(const struct hid_keyboard *keyboard, const uint8_t *report, size_t length,
                        uint8_t boot[HID_BOOT_REPORT])
{
    memset(boot, 0, HID_BOOT_REPORT);
    if (keyboard->id && (length == 0 || report[0] != keyboard->id))
        return false;
    size_t skipped = keyboard->id ? 1 : 0;
    for (unsigned i = 0; i < keyboard->field_count; i++) {
        const struct hid_field *field = &keyboard->fields[i];
        if (field->bit + (uint64_t)field->count * field->size > 8 * (length - skipped))
            return false;
        take_field(field, report + skipped, boot);
    }
    return true;
}
