/*
 * A conversion is parsed into a `struct spec`, and its argument is fetched with the length that it
 * names. Its text goes to a sink in pieces: prefix, digits, and padding of up to sixteen
 * characters. So no buffer here can be too short. The sink of snprintf() is a buffer that cuts the
 * text; that of the console collects it.
 */
#include <lib/format.h>
#include <lib/string.h>

enum length_modifier { LENGTH_CHAR, LENGTH_SHORT, LENGTH_INT, LENGTH_LONG };

enum { WIDTH_MAX = 9999 };

/* A conversion's flags and numbers, such as those of %-08.3lx. */
struct spec {
    bool left;     /* padding on the right side */
    bool zero;     /* zeros for padding; has no effect with `left` */
    int width;     /* 0 to WIDTH_MAX */
    int precision; /* negative when not given */
    enum length_modifier length;
};

struct output {
    format_sink sink;
    void *context;
};

static void emit(struct output *output, const char *text, size_t length)
{
    if (length)
        output->sink(output->context, text, length);
}

static void emit_repeated(struct output *output, const char sixteen[16], int count)
{
    for (; count > 0; count -= 16)
        emit(output, sixteen, (size_t)MIN(count, 16));
}

/* Emits `prefix` (a sign or 0x) and `text`, padded to the width. Zeros go between the two, blanks
 * before or after them. */
static void emit_padded(struct output *output, const struct spec *spec, const char *prefix,
                        const char *text, size_t length)
{
    static const char blanks[] = "                ", zeros[] = "0000000000000000";
    size_t prefix_length = strlen(prefix);
    int padding = spec->width - (int)(prefix_length + length);
    if (!spec->left && !spec->zero)
        emit_repeated(output, blanks, padding);
    emit(output, prefix, prefix_length);
    if (!spec->left && spec->zero)
        emit_repeated(output, zeros, padding);
    emit(output, text, length);
    if (spec->left)
        emit_repeated(output, blanks, padding);
}

static void emit_number(struct output *output, const struct spec *spec, const char *prefix,
                        uint64_t value, unsigned base, const char *digits)
{
    char text[20]; /* the digits of 2^64 - 1 in base 10 */
    size_t start = sizeof(text);
    do {
        text[--start] = digits[value % base];
        value /= base;
    } while (value);
    emit_padded(output, spec, prefix, text + start, sizeof(text) - start);
}

static int64_t signed_argument(enum length_modifier length, va_list *arguments)
{
    switch (length) {
    case LENGTH_CHAR:
        return (signed char)va_arg(*arguments, int);
    case LENGTH_SHORT:
        return (short)va_arg(*arguments, int);
    case LENGTH_INT:
        return va_arg(*arguments, int);
    default:
        return va_arg(*arguments, long);
    }
}

static uint64_t unsigned_argument(enum length_modifier length, va_list *arguments)
{
    switch (length) {
    case LENGTH_CHAR:
        return (unsigned char)va_arg(*arguments, unsigned);
    case LENGTH_SHORT:
        return (unsigned short)va_arg(*arguments, unsigned);
    case LENGTH_INT:
        return va_arg(*arguments, unsigned);
    default:
        return va_arg(*arguments, unsigned long);
    }
}

static int parse_number(const char **format, va_list *arguments)
{
    if (**format == '*') {
        (*format)++;
        return va_arg(*arguments, int);
    }
    int number = 0;
    for (; **format >= '0' && **format <= '9'; (*format)++)
        number = MIN(number * 10 + (**format - '0'), (int)WIDTH_MAX);
    return number;
}

static enum length_modifier parse_length(const char **format)
{
    enum length_modifier length = LENGTH_INT;
    for (;; (*format)++) {
        switch (**format) {
        case 'h':
            length = length == LENGTH_SHORT ? LENGTH_CHAR : LENGTH_SHORT;
            break;
        case 'l':
        case 'z':
        case 't':
        case 'j': /* all 64 bits wide here */
            length = LENGTH_LONG;
            break;
        default:
            return length;
        }
    }
}

static struct spec parse_spec(const char **format, va_list *arguments)
{
    struct spec spec = {.precision = -1};
    for (;; (*format)++) {
        if (**format == '-')
            spec.left = true;
        else if (**format == '0')
            spec.zero = true;
        else
            break;
    }
    spec.width = parse_number(format, arguments);
    if (spec.width < 0) {
        spec.left = true;
        spec.width = -MAX(spec.width, -(int)WIDTH_MAX);
    }
    if (**format == '.') {
        (*format)++;
        spec.precision = parse_number(format, arguments);
    }
    spec.length = parse_length(format);
    return spec;
}

static void emit_string(struct output *output, struct spec *spec, const char *text)
{
    if (!text)
        text = "(null)";
    spec->zero = false;
    emit_padded(output, spec, "", text,
                spec->precision < 0 ? strlen(text) : strnlen(text, (size_t)spec->precision));
}

static void emit_signed(struct output *output, const struct spec *spec, int64_t value)
{
    /* Negation as unsigned is right for the smallest value, too. */
    if (value < 0)
        emit_number(output, spec, "-", -(uint64_t)value, 10, "0123456789");
    else
        emit_number(output, spec, "", (uint64_t)value, 10, "0123456789");
}

/* Emits the conversion at `format`, and returns the place after it. */
static const char *convert(struct output *output, const char *format, va_list *arguments)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    const char *start = format++; /* at the % */
    struct spec spec = parse_spec(&format, arguments);
    switch (*format) {
    case 'd':
    case 'i':
        emit_signed(output, &spec, signed_argument(spec.length, arguments));
        break;
    case 'u':
        emit_number(output, &spec, "", unsigned_argument(spec.length, arguments), 10, lower);
        break;
    case 'x':
        emit_number(output, &spec, "", unsigned_argument(spec.length, arguments), 16, lower);
        break;
    case 'X':
        emit_number(output, &spec, "", unsigned_argument(spec.length, arguments), 16, upper);
        break;
    case 'p':
        spec.zero = true;
        spec.width = 18;
        emit_number(output, &spec, "0x", (uintptr_t)va_arg(*arguments, void *), 16, lower);
        break;
    case 's':
        emit_string(output, &spec, va_arg(*arguments, const char *));
        break;
    case 'c': {
        char character = (char)va_arg(*arguments, int);
        spec.zero = false;
        emit_padded(output, &spec, "", &character, 1);
        break;
    }
    case '%':
        emit(output, "%", 1);
        break;
    default: /* no conversion: printed as it is written, so that the mistake is visible */
        emit(output, start, (size_t)(format - start));
        return format;
    }
    return format + 1;
}

void format_to(format_sink sink, void *context, const char *format, va_list arguments)
{
    struct output output = {sink, context};
    va_list rest;
    va_copy(rest, arguments);
    while (*format) {
        const char *start = format;
        while (*format && *format != '%')
            format++;
        emit(&output, start, (size_t)(format - start));
        if (*format)
            format = convert(&output, format, &rest);
    }
    va_end(rest);
}

struct buffer {
    char *text;
    size_t room;   /* for characters, without the final NUL */
    size_t length; /* of the whole text; may be more than the room */
};

static void buffer_sink(void *context, const char *text, size_t length)
{
    struct buffer *buffer = context;
    if (buffer->length < buffer->room)
        memcpy(buffer->text + buffer->length, text, MIN(length, buffer->room - buffer->length));
    buffer->length += length;
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct buffer filled = {buffer, size ? size - 1 : 0, 0};
    format_to(buffer_sink, &filled, format, arguments);
    if (size)
        buffer[MIN(filled.length, filled.room)] = '\0';
    return (int)filled.length;
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
