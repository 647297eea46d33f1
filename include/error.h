/*
 * What can go wrong in the world, by name. A function that can fail returns `enum error`, 0 (OK)
 * for success; results go through its last parameters.
 */
#ifndef ERROR_H
#define ERROR_H

enum error {
    OK = 0,
    ERROR_INVALID,             /* an argument or a piece of outside data makes no sense */
    ERROR_TIMEOUT,             /* a device did not answer within its limit */
    ERROR_NO_DEVICE,           /* nothing answers there */
    ERROR_DEVICE,              /* the device answered with something else than it should */
    ERROR_FULL,                /* no room is left */
    ERROR_OUT_OF_FRAMES,       /* no physical memory is left */
    ERROR_ALREADY_MAPPED,      /* the virtual page has a mapping */
    ERROR_NOT_MAPPED,          /* the virtual page has no mapping */
    ERROR_PART_OF_LARGER_PAGE, /* the address lies within a mapping of a larger page size */
    ERROR_MISALIGNED,          /* an address or length is not a multiple of the page size */
    ERROR_NOT_CANONICAL,       /* bits 63..47 of the virtual address are not all alike */
    ERROR_UNSUPPORTED,         /* it makes sense, but is of a kind that Cairn cannot handle */
    ERROR_COUNT
};

/* A few words for a log line, e.g. "not mapped". Any context. Never NULL, whatever `error` is. */
const char *error_name(enum error error);

#endif
