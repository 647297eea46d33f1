/*
 * The compiler inserts calls of these functions where undefined behaviour may happen
 * (-fsanitize=undefined); only the test kernel is built so. Their names and arguments are the ABI
 * of the UndefinedBehaviorSanitizer, see GCC's and LLVM's sources. Each ends in a panic that names
 * the place in the source.
 */
#include <kernel/log/panic.h>
#include <lib/format.h>

struct source_location {
    const char *file;
    uint32_t line;
    uint32_t column;
};

enum type_kind { KIND_INTEGER = 0 };

struct type_descriptor {
    uint16_t kind;
    uint16_t info; /* of an integer: the lowest bit is its sign, the others are log2 of its bits */
    char name[];   /* in quotes */
};

/* All data begins with a location. The other fields depend on the kind; those that are not reported
 * are left out. */
struct overflow {
    struct source_location location;
    const struct type_descriptor *type;
};

struct shift {
    struct source_location location;
    const struct type_descriptor *left_type, *right_type;
};

struct out_of_bounds {
    struct source_location location;
    const struct type_descriptor *array_type, *index_type;
};

struct type_mismatch {
    struct source_location location;
    const struct type_descriptor *type;
    uint8_t log_alignment;
    uint8_t access;
};

/* A value of up to 64 bits, or the address of a larger one. */
typedef uintptr_t value_handle;

enum { VALUE_TEXT = 32 };

/* The value in decimal, signed if its type is. */
static const char *spell(const struct type_descriptor *type, value_handle value,
                         char text[VALUE_TEXT])
{
    unsigned bits = 1u << (type->info >> 1);
    if (type->kind != KIND_INTEGER || bits > 64)
        snprintf(text, VALUE_TEXT, "a value");
    else if (type->info & 1)
        snprintf(text, VALUE_TEXT, "%ld", (int64_t)((uint64_t)value << (64 - bits)) >> (64 - bits));
    else
        snprintf(text, VALUE_TEXT, "%lu", value);
    return text;
}

#define REPORT(location, format, ...) \
    panic_at((location).file, (int)(location).line, "undefined behaviour: " format, __VA_ARGS__)

static NORETURN void report_overflow(const struct overflow *data, const char *operator,
                                     value_handle left, value_handle right)
{
    char left_text[VALUE_TEXT], right_text[VALUE_TEXT];
    REPORT(data->location, "%s %s %s cannot be represented in type %s",
           spell(data->type, left, left_text), operator, spell(data->type, right, right_text),
           data->type->name);
}

/* No header declares these functions. */
#define HANDLER(name, ...)                   \
    void __ubsan_handle_##name(__VA_ARGS__); \
    void __ubsan_handle_##name(__VA_ARGS__)

#define OVERFLOW_HANDLER(name, operator)                                           \
    HANDLER(name##_overflow_abort, const struct overflow *data, value_handle left, \
            value_handle right)                                                    \
    {                                                                              \
        report_overflow(data, operator, left, right);                              \
    }

OVERFLOW_HANDLER(add, "+")
OVERFLOW_HANDLER(sub, "-")
OVERFLOW_HANDLER(mul, "*")
OVERFLOW_HANDLER(divrem, "/")

HANDLER(negate_overflow_abort, const struct overflow *data, value_handle value)
{
    report_overflow(data, "-", 0, value);
}

HANDLER(pointer_overflow_abort, const struct source_location *location, value_handle base,
        value_handle result)
{
    REPORT(*location, "pointer arithmetic leads from %p to %p", (void *)base, (void *)result);
}

HANDLER(shift_out_of_bounds_abort, const struct shift *data, value_handle left, value_handle right)
{
    char left_text[VALUE_TEXT], right_text[VALUE_TEXT];
    REPORT(data->location, "shift of type %s by %s (of the value %s)", data->left_type->name,
           spell(data->right_type, right, right_text), spell(data->left_type, left, left_text));
}

HANDLER(out_of_bounds_abort, const struct out_of_bounds *data, value_handle index)
{
    char text[VALUE_TEXT];
    REPORT(data->location, "index %s is out of range for type %s",
           spell(data->index_type, index, text), data->array_type->name);
}

HANDLER(type_mismatch_v1_abort, const struct type_mismatch *data, value_handle pointer)
{
    static const char *const accesses[] = {"load", "store", "reference", "member access",
                                           "member call"};
    const char *access = data->access < ARRAY_SIZE(accesses) ? accesses[data->access] : "access";
    if (pointer == 0)
        REPORT(data->location, "%s through a null pointer of type %s", access, data->type->name);
    REPORT(data->location, "%s through a %s pointer %p of type %s", access,
           IS_ALIGNED(pointer, (uintptr_t)1 << data->log_alignment) ? "wrong" : "misaligned",
           (void *)pointer, data->type->name);
}

HANDLER(load_invalid_value_abort, const struct overflow *data, value_handle value)
{
    REPORT(data->location, "%lu is no value of type %s", value, data->type->name);
}

HANDLER(builtin_unreachable, const struct source_location *location)
{
    REPORT(*location, "%s", "code that cannot be reached was reached");
}

HANDLER(nonnull_arg_abort, const struct source_location *location)
{
    REPORT(*location, "%s", "a null pointer was passed where none may be");
}

HANDLER(invalid_builtin_abort, const struct source_location *location)
{
    REPORT(*location, "%s", "a builtin was handed zero");
}
