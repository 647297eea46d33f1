#include <fs/abi.h>
#include <fs/tmpfs_options.h>
#include <layout.h>
#include <lib/string.h>

/* A number at *text, which is moved behind it. False: there is none, or it is too large. */
static bool take_number(const char **text, unsigned base, uint64_t *number)
{
    const char *at = *text;
    *number = 0;
    for (; *at >= '0' && *at < (char)('0' + base); at++) {
        if (*number > (UINT64_MAX - 9) / base)
            return false;
        *number = *number * base + (uint64_t)(*at - '0');
    }
    bool is_there = at != *text;
    *text = at;
    return is_there;
}

/* How far a letter behind a number shifts it; 0 for another character. */
static unsigned shift_of(char letter)
{
    switch (letter) {
    case 'k':
    case 'K':
        return 10;
    case 'm':
    case 'M':
        return 20;
    case 'g':
    case 'G':
        return 30;
    default:
        return 0;
    }
}

/* A number with a letter for its unit. */
static bool take_size(const char **text, uint64_t *size)
{
    if (!take_number(text, 10, size))
        return false;
    unsigned shift = shift_of(**text);
    if (*size > UINT64_MAX >> shift)
        return false;
    *size <<= shift;
    *text += shift != 0;
    return true;
}

/* No limit at all is written as 0. */
static uint64_t limit_of(uint64_t number)
{
    return number ? number : UINT64_MAX;
}

/* Bytes, or with % a part of the memory. */
static bool take_page_limit(const char **text, uint64_t total, uint64_t *limit)
{
    uint64_t size;
    if (!take_size(text, &size) || size > UINT64_MAX - PAGE_SIZE)
        return false;
    bool is_part = **text == '%';
    if (is_part && size > UINT64_MAX / MAX(total, UINT64_C(1)))
        return false;
    *text += is_part;
    *limit = limit_of(is_part ? size * total / 100 : ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE);
    return true;
}

/* The value of an option of that name; NULL: it is another one. */
static const char *value_of(const char *option, const char *name)
{
    size_t length = strlen(name);
    return strncmp(option, name, length) == 0 && option[length] == '=' ? option + length + 1 : NULL;
}

static bool take_mode(const char **text, uint32_t *mode)
{
    uint64_t number;
    if (!take_number(text, 8, &number))
        return false;
    *mode = number & MODE_PERMISSIONS;
    return true;
}

static bool take_id(const char **text, uint32_t *id)
{
    uint64_t number;
    if (!take_number(text, 10, &number) || number >= UINT32_MAX)
        return false;
    *id = (uint32_t)number;
    return true;
}

static bool take_option(const char **text, uint64_t total, struct tmpfs_options *options)
{
    const char *option = *text;
    if ((*text = value_of(option, "size")))
        return take_page_limit(text, total, &options->page_limit);
    if ((*text = value_of(option, "mode")))
        return take_mode(text, &options->mode);
    if ((*text = value_of(option, "uid")))
        return take_id(text, &options->uid);
    if ((*text = value_of(option, "gid")))
        return take_id(text, &options->gid);
    uint64_t *limit = &options->inode_limit;
    *text = value_of(option, "nr_inodes");
    if (!*text) {
        limit = &options->page_limit;
        *text = value_of(option, "nr_blocks");
    }
    uint64_t number;
    if (!*text || !take_size(text, &number))
        return false;
    *limit = limit_of(number);
    return true;
}

enum error tmpfs_options_parse(const char *text, uint64_t total, struct tmpfs_options *options)
{
    struct tmpfs_options read = *options;
    while (*text) {
        if (*text != ',' && !take_option(&text, total, &read))
            return ERROR_INVALID;
        if (*text && *text++ != ',')
            return ERROR_INVALID;
    }
    *options = read;
    return OK;
}
