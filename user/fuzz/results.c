/*
 * Checks the results of calls, and the memory that they write. Neither may hold an address of the
 * kernel, a word of another process's memory, or a number that is no error of Linux's interface.
 */
#include <layout.h>
#include <lib/string.h>

#include "fuzz/fuzz.h"

enum { LAST_ERROR = 4095, LAST_KNOWN_ERROR = 133 };

/* Inverted, so that no word of the secret lies in this process's memory. */
static uint32_t inverted_secret;

void choose_secret(uint32_t value)
{
    inverted_secret = ~value;
}

uint64_t secret_word(size_t index)
{
    return (uint64_t)~inverted_secret << 32 | (uint32_t)index;
}

static bool is_in(uint64_t address, uint64_t start, uint64_t size)
{
    return address - start < size;
}

/* Addresses that the fuzzer itself passes to calls begin pages; the kernel's own objects, mostly,
 * do not. */
static bool is_kernel_address(uint64_t word)
{
    enum { IMAGE_SIZE = 16 << 20 };
    return word % PAGE && word % PAGE != PAGE - 1 &&
           (is_in(word, DIRECT_MAP_BASE, DIRECT_MAP_SIZE) || is_in(word, HEAP_BASE, HEAP_WINDOW) ||
            is_in(word, STACKS_BASE, STACKS_WINDOW) || is_in(word, KERNEL_BASE, IMAGE_SIZE));
}

static void check_word(const char *what, uint64_t word)
{
    if (is_kernel_address(word))
        fail("%s gives an address of the kernel's: %lx", what, word);
    if (word >> 32 == (uint32_t)~inverted_secret)
        fail("%s gives a word of another process's memory: %lx", what, word);
}

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Looks at each number of sixteen digits in text. */
static void check_digits(const char *what, const char *text, size_t size)
{
    enum { DIGITS = 16 };
    uint64_t value = 0;
    size_t digits = 0;
    for (size_t i = 0; i < size; i++) {
        int digit = digit_value(text[i]);
        if (digit < 0) {
            if (digits == DIGITS)
                check_word(what, value);
            value = digits = 0;
            continue;
        }
        value = value << 4 | (uint64_t)digit;
        digits++;
    }
}

void check_bytes(const char *what, const void *bytes, size_t size)
{
    for (size_t at = 0; at + sizeof(uint64_t) <= size; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, (const char *)bytes + at, sizeof(word));
        check_word(what, word);
    }
    check_digits(what, bytes, size);
}

/* Does the call give back data that may hold any word: what a program has written, random numbers,
 * the kernel's log? */
static bool carries_data(uint64_t number)
{
    enum { READ = 0, PREAD64 = 17, SYSLOG = 103, GETRANDOM = 318 };
    return number == READ || number == PREAD64 || number == GETRANDOM || number == SYSLOG;
}

static void check_output(const struct call_description *call, const struct call_argument *argument,
                         const uint64_t *arguments, uint64_t at)
{
    uint64_t count = 1;
    if (argument->kind == ARGUMENT_ARRAY_OUT || argument->kind == ARGUMENT_ARRAY_IN_OUT ||
        argument->kind == ARGUMENT_BYTES_OUT)
        count = arguments[argument->length];
    if (at < OWN || at >= OWN + OWN_SIZE || count > OWN_SIZE ||
        count * argument->size > OWN + OWN_SIZE - at)
        return; /* it is not the round's own memory, in which nothing else writes */
    check_bytes(call->name, (const void *)at, count * argument->size);
}

static bool is_output(enum argument_kind kind)
{
    return kind == ARGUMENT_OUT || kind == ARGUMENT_IN_OUT || kind == ARGUMENT_ARRAY_OUT ||
           kind == ARGUMENT_ARRAY_IN_OUT || kind == ARGUMENT_BYTES_OUT;
}

void check_result(uint64_t number, const struct call_description *call, const uint64_t *arguments,
                  int64_t result)
{
    if (result < -LAST_KNOWN_ERROR && result >= -LAST_ERROR)
        fail("%s returns %ld, which is no error", call->name, result);
    if (result < 0 && result >= -LAST_ERROR)
        return;
    check_word(call->name, (uint64_t)result);
    for (size_t i = 0; !carries_data(number) && call->arguments[i].kind != ARGUMENT_NONE; i++) {
        if (is_output(call->arguments[i].kind))
            check_output(call, &call->arguments[i], arguments, arguments[i]);
    }
}
