#include <assert.h>
#include <kernel/process/signal.h>
#include <kernel/syscall/call_path.h>
#include <kernel/syscall/call_text.h>
#include <lib/format.h>
#include <lib/string.h>

enum { MAX_ERROR = 4095 };

/* What is shown at most. The result has room of its own. */
enum { STRING_LIMIT = 64, ELEMENTS_LIMIT = 8, RESULT_ROOM = 40 };

/* Appends to the arguments; what is too long ends in "...". */
PRINTF(2, 3) static void append(struct call_text *text, const char *format, ...)
{
    ASSERT(text->length < CALL_TEXT - RESULT_ROOM);
    size_t room = CALL_TEXT - RESULT_ROOM - text->length;
    va_list arguments;
    va_start(arguments, format);
    size_t length = (size_t)vsnprintf(text->text + text->length, room, format, arguments);
    va_end(arguments);
    text->length += MIN(length, room - 1);
    if (length >= room)
        memcpy(text->text + text->length - 3, "...", 3);
}

static bool read(const struct call_text *text, void *to, virt_addr_t from, size_t size)
{
    return text->read(text->context, to, from, size);
}

/* --- Numbers and words ----------------------------------------------------------------------- */

static void append_address(struct call_text *text, uint64_t address)
{
    if (address)
        append(text, "0x%lx", address);
    else
        append(text, "NULL");
}

static void append_octal(struct call_text *text, uint32_t value)
{
    unsigned shift = 0;
    while (value >> shift >= 8)
        shift += 3;
    append(text, value ? "0" : "");
    for (;; shift -= 3) {
        append(text, "%u", value >> shift & 7);
        if (!shift)
            break;
    }
}

static void append_words(struct call_text *text, const struct call_word *set, uint32_t value)
{
    uint32_t seen = 0;
    const char *separator = "";
    for (const struct call_word *word = set; word->name; word++) {
        if (seen & word->mask || (value & word->mask) != word->value)
            continue;
        append(text, "%s%s", separator, word->name);
        separator = "|";
        seen |= word->mask;
    }
    if (value & ~seen)
        append(text, "%s0x%x", separator, value & ~seen);
    else if (!*separator)
        append(text, "0");
}

static void append_signal(struct call_text *text, int signal)
{
    const struct call_word *word = call_find_word(call_signals, (uint32_t)signal);
    if (word)
        append(text, "%s", word->name);
    else
        append(text, "%d", signal);
}

/* A set with all real-time signals is shown by the signals that are not in it. */
static void append_signals(struct call_text *text, uint64_t set)
{
    bool inverted = set >> 32 == UINT32_MAX;
    const char *separator = "";
    append(text, inverted ? "~[" : "[");
    for (int signal = 1; signal <= SIGNAL_COUNT; signal++) {
        if (!(set & signal_bit(signal)) != inverted)
            continue;
        append(text, "%s", separator);
        append_signal(text, signal);
        separator = " ";
    }
    append(text, "]");
}

/* A value that is no pointer to be followed. */
static void append_number(struct call_text *text, const struct call_argument *argument,
                          uint64_t value)
{
    switch (argument->kind) {
    case ARGUMENT_DIRECTORY:
        if ((int)value == AT_FDCWD)
            append(text, "AT_FDCWD");
        else
            append(text, "%d", (int)value);
        break;
    case ARGUMENT_INT:
    case ARGUMENT_FD:
    case ARGUMENT_ID:
    case ARGUMENT_USER:
        append(text, "%d", (int)value);
        break;
    case ARGUMENT_UNSIGNED:
        append(text, "%u", (unsigned)value);
        break;
    case ARGUMENT_LONG:
    case ARGUMENT_OFFSET:
        append(text, "%ld", (int64_t)value);
        break;
    case ARGUMENT_SIZE:
        append(text, "%lu", value);
        break;
    case ARGUMENT_MODE:
        append_octal(text, (uint32_t)value);
        break;
    case ARGUMENT_DEVICE:
        append(text, "0x%x", (unsigned)value);
        break;
    case ARGUMENT_SIGNAL:
        append_signal(text, (int)value);
        break;
    case ARGUMENT_SIGNALS:
        append_signals(text, value);
        break;
    case ARGUMENT_WORDS:
        append_words(text, argument->words, (uint32_t)value);
        break;
    default:
        append_address(text, value);
        break;
    }
}

/* --- What pointers lead to ------------------------------------------------------------------- */

static void append_byte(struct call_text *text, char byte)
{
    static const char escaped[] = "\n\t\r\"\\", letters[] = "ntr\"\\";
    const char *found = byte ? strchr(escaped, byte) : NULL;
    if (found)
        append(text, "\\%c", letters[found - escaped]);
    else if (printable_length(&byte, 1))
        append(text, "%c", byte);
    else
        append(text, "\\x%02x", (uint8_t)byte);
}

/* Text in quotes: `size` bytes, or up to a NUL. */
static void append_quoted(struct call_text *text, virt_addr_t from, uint64_t size, bool has_nul)
{
    uint64_t at = 0;
    char byte = '\0';
    if (!from || !read(text, &byte, from, size != 0)) {
        append_address(text, from);
        return;
    }
    append(text, "\"");
    for (; at < MIN(size, (uint64_t)STRING_LIMIT) && read(text, &byte, from + at, 1); at++) {
        if (has_nul && !byte) {
            size = at;
            break;
        }
        append_byte(text, byte);
    }
    append(text, at == size ? "\"" : "\"...");
}

/* An array of texts that ends with NULL. */
static void append_strings(struct call_text *text, virt_addr_t array)
{
    virt_addr_t string;
    if (!array || !read(text, &string, array, sizeof(string))) {
        append_address(text, array);
        return;
    }
    append(text, "[");
    for (unsigned i = 0; string; i++) {
        append(text, i ? ", " : "");
        if (i == ELEMENTS_LIMIT) {
            append(text, "...");
            break;
        }
        append_quoted(text, string, UINT64_MAX, true);
        array += sizeof(string);
        if (!read(text, &string, array, sizeof(string)))
            break;
    }
    append(text, "]");
}

/* Structures that consist of signed numbers. Of others the address is shown. */
static const struct {
    uint8_t count, size;
} numbers[] = {
    [TYPE_descriptors] = {2, 4}, [TYPE_id] = {1, 4},      [TYPE_iovec] = {2, 8},
    [TYPE_itimerval] = {4, 8},   [TYPE_offset] = {1, 8},  [TYPE_rlimit] = {2, 8},
    [TYPE_seconds] = {1, 8},     [TYPE_status] = {1, 4},  [TYPE_timespec] = {2, 8},
    [TYPE_timespecs] = {4, 8},   [TYPE_timeval] = {2, 8}, [TYPE_timevals] = {4, 8},
    [TYPE_tms] = {4, 8},         [TYPE_utimbuf] = {2, 8},
};

union values {
    int64_t wide[4];
    int32_t narrow[8];
};

static bool has_fields(unsigned type)
{
    const struct call_field *field = call_fields;
    while (field->type && field->type != type)
        field++;
    return field->type != TYPE_NONE;
}

/* The fields of a structure, with their names. */
static bool append_fields(struct call_text *text, unsigned type, virt_addr_t from)
{
    const char *separator = "{";
    for (const struct call_field *field = call_fields; field->type; field++) {
        uint64_t value = 0;
        if (field->type != type)
            continue;
        ASSERT(field->size <= sizeof(value));
        if (!read(text, &value, from + field->at, field->size))
            return false;
        append(text, "%s%s=", separator, field->value.name);
        append_number(text, &field->value, value);
        separator = ", ";
    }
    append(text, "}");
    return true;
}

/* The descriptors in a set, as far as it can be read. */
static bool append_descriptors(struct call_text *text, virt_addr_t from)
{
    enum { WORDS = 16, WORD = 64 };
    uint64_t word;
    const char *separator = "[";
    if (!read(text, &word, from, sizeof(word)))
        return false;
    for (unsigned i = 0; i < WORDS && read(text, &word, from + i * sizeof(word), sizeof(word));
         i++) {
        for (; word; word &= word - 1, separator = " ")
            append(text, "%s%u", separator, i * WORD + (unsigned)__builtin_ctzll(word));
    }
    append(text, *separator == '[' ? "[]" : "]");
    return true;
}

static void append_numbers(struct call_text *text, const union values *values, unsigned count,
                           unsigned size)
{
    append(text, "{");
    for (unsigned i = 0; i < count; i++)
        append(text, "%s%ld", i ? ", " : "", size == 8 ? values->wide[i] : values->narrow[i]);
    append(text, "}");
}

/* One structure; false when it cannot be read, or has no words here. */
static bool append_structure(struct call_text *text, unsigned type, virt_addr_t from)
{
    union values values;
    struct {
        int32_t file;
        uint16_t events, returned;
    } poll;
    if (type == TYPE_sigset && read(text, &values, from, sizeof(values.wide[0]))) {
        append_signals(text, (uint64_t)values.wide[0]);
    } else if (type == TYPE_pollfd && read(text, &poll, from, sizeof(poll))) {
        append(text, "{%d, ", poll.file);
        append_words(text, call_poll_events, poll.events);
        append(text, "}");
    } else if (type < ARRAY_SIZE(numbers) && numbers[type].count &&
               read(text, &values, from, (size_t)numbers[type].count * numbers[type].size)) {
        append_numbers(text, &values, numbers[type].count, numbers[type].size);
    } else if (type == TYPE_fd_set) {
        return append_descriptors(text, from);
    } else {
        return has_fields(type) && append_fields(text, type, from);
    }
    return true;
}

static void append_pointer(struct call_text *text, const struct call_argument *argument,
                           virt_addr_t from)
{
    if (!from || !append_structure(text, argument->type, from))
        append_address(text, from);
}

static void append_array(struct call_text *text, const struct call_argument *argument,
                         virt_addr_t from, uint64_t count)
{
    if (!from) {
        append_address(text, from);
        return;
    }
    append(text, "[");
    for (uint64_t i = 0; i < count; i++, from += argument->size) {
        append(text, i ? ", " : "");
        if (i < ELEMENTS_LIMIT && append_structure(text, argument->type, from))
            continue;
        append(text, "...");
        break;
    }
    append(text, "]");
}

/* --- Arguments ------------------------------------------------------------------------------- */

/* Is it what the call writes, which can be shown only afterwards? What it reads first is shown as
 * it was then. */
static bool is_output(const struct call_argument *argument)
{
    return argument->kind == ARGUMENT_OUT || argument->kind == ARGUMENT_ARRAY_OUT ||
           argument->kind == ARGUMENT_BYTES_OUT;
}

/* open() and its like look at a mode only when they may make a file. */
static bool is_left_out(const struct call_argument *arguments, unsigned i, const struct call *call)
{
    return arguments[i].kind == ARGUMENT_MODE && i && arguments[i - 1].kind == ARGUMENT_WORDS &&
           !(call->arguments[i - 1] & O_CREAT);
}

/* Appends argument i. What a call that failed would have written is not there. */
static void append_argument(struct call_text *text, const struct call_argument *argument,
                            const struct call *call, unsigned i)
{
    uint64_t value = call->arguments[i], length = call->arguments[argument->length];
    bool is_known = !is_output(argument) || call->result >= 0;
    switch (is_known ? argument->kind : ARGUMENT_ADDRESS) {
    case ARGUMENT_PATH:
    case ARGUMENT_STRING:
        append_quoted(text, value, UINT64_MAX, true);
        break;
    case ARGUMENT_STRINGS:
        append_strings(text, value);
        break;
    case ARGUMENT_IN:
    case ARGUMENT_OUT:
    case ARGUMENT_IN_OUT:
        append_pointer(text, argument, value);
        break;
    case ARGUMENT_ARRAY_IN:
    case ARGUMENT_ARRAY_OUT:
    case ARGUMENT_ARRAY_IN_OUT:
        append_array(text, argument, value, length);
        break;
    case ARGUMENT_BYTES_IN:
        append_quoted(text, value, length, false);
        break;
    case ARGUMENT_BYTES_OUT:
        append_quoted(text, value, MIN(length, (uint64_t)call->result), false);
        break;
    default:
        append_number(text, argument, value);
        break;
    }
}

/* Appends the arguments that are to come, up to the first output or to all. */
static void append_arguments(struct call_text *text, const struct call *call, bool all)
{
    const struct call_description *description = call_describe(call->number);
    const struct call_argument *arguments = description->arguments;
    for (; arguments[text->next].kind != ARGUMENT_NONE; text->next++) {
        if (!all && is_output(&arguments[text->next]))
            break;
        if (is_left_out(arguments, text->next, call))
            continue;
        append(text, text->next ? ", " : "");
        append_argument(text, &arguments[text->next], call, text->next);
    }
}

/* Of an unknown call, all registers that could hold arguments. */
static void append_unknown(struct call_text *text, const struct call *call)
{
    for (; text->next < CALL_ARGUMENTS; text->next++)
        append(text, "%s0x%lx", text->next ? ", " : "", call->arguments[text->next]);
}

void call_text_begin(struct call_text *text, const struct call *call, call_reader *reader,
                     void *context)
{
    const struct call_description *description = call_describe(call->number);
    text->length = 0;
    text->next = 0;
    text->read = reader;
    text->context = context;
    if (description)
        append(text, "%s(", description->name);
    else
        append(text, "call_%lu(", call->number);
    if (description && description->arguments)
        append_arguments(text, call, false);
    else
        append_unknown(text, call);
}

static void append_result(struct call_text *text, const struct call *call)
{
    const struct call_description *description = call_describe(call->number);
    char *end = text->text + text->length;
    size_t room = sizeof(text->text) - text->length;
    const struct call_word *error = call_find_word(call_errors, (uint32_t)-call->result);
    bool is_address = description && description->result == RESULT_ADDRESS;
    if (description && description->result == RESULT_NEVER)
        snprintf(end, room, ") = ?");
    else if (call->result < 0 && call->result >= -MAX_ERROR && error)
        snprintf(end, room, ") = %s %s", call->result > RESTART_IF_ASKED ? "-1" : "?", error->name);
    else
        snprintf(end, room, is_address ? ") = 0x%lx" : ") = %ld", call->result);
}

void call_text_end(struct call_text *text, const struct call *call)
{
    const struct call_description *description = call_describe(call->number);
    if (description && description->arguments)
        append_arguments(text, call, true);
    append_result(text, call);
}
