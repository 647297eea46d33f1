/*
 * Errors: all that can go wrong although the code is right. A function that can fail returns `enum
 * error`, with OK (0) for success, and its results through its last parameters.
 */
#ifndef ERROR_H
#define ERROR_H

enum error {
    OK = 0,
    ERROR_INVALID,             /* an argument or data from outside is not valid */
    ERROR_TIMEOUT,             /* a device did not answer within its limit */
    ERROR_NO_DEVICE,           /* nothing answers there */
    ERROR_DEVICE,              /* the device gave a wrong answer */
    ERROR_FULL,                /* no room is left */
    ERROR_OUT_OF_FRAMES,       /* no physical memory is left */
    ERROR_ALREADY_MAPPED,      /* the virtual page has a mapping */
    ERROR_NOT_MAPPED,          /* the virtual page has no mapping */
    ERROR_PART_OF_LARGER_PAGE, /* the address lies within a mapping of a larger page size */
    ERROR_MISALIGNED,          /* an address or length is not a multiple of the page size */
    ERROR_NOT_CANONICAL,       /* bits 63..47 of the virtual address are not all alike */
    ERROR_UNSUPPORTED,         /* valid, but of a kind that Cairn cannot handle */
    ERROR_INTERRUPTED,         /* the thread was interrupted while it waited */
    ERROR_COUNT
};

/* Returns a few words for a log line, such as "not mapped"; never NULL, for any `error`. Any
 * context. */
const char *error_name(enum error error);

#endif
