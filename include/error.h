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
    ERROR_BROKEN_OFF,          /* likewise, by a wait that must not begin again */
    ERROR_BAD_ADDRESS,         /* an address is not the program's */
    ERROR_BEYOND_END,          /* the page lies behind the end of its object */
    ERROR_ACCESS,              /* the area or the file does not allow this access */
    ERROR_NOT_PERMITTED,       /* the caller may not do that */
    ERROR_NO_ENTRY,            /* there is no file of that name */
    ERROR_EXISTS,              /* there is one already */
    ERROR_NOT_DIRECTORY,       /* a part of the path is no directory */
    ERROR_IS_DIRECTORY,        /* the file is a directory */
    ERROR_NOT_EMPTY,           /* the directory has entries */
    ERROR_TOO_LONG,            /* a name or list is longer than its limit */
    ERROR_TOO_BIG,             /* the list of arguments is longer than its limit */
    ERROR_TOO_MANY_LINKS,      /* the file has as many names as it can have */
    ERROR_LOOP,                /* the path leads over too many symbolic links */
    ERROR_CROSS_DEVICE,        /* the two files are on different file systems */
    ERROR_READ_ONLY,           /* the file system is read-only */
    ERROR_BUSY,                /* something else uses it */
    ERROR_BAD_DESCRIPTOR,      /* the descriptor is not open for this */
    ERROR_TOO_MANY_FILES,      /* no descriptor is left */
    ERROR_TOO_MANY_OPEN,       /* all users together have too many open files */
    ERROR_AGAIN,               /* it would have to wait, and may not */
    ERROR_PIPE,                /* the pipe has no reader */
    ERROR_NOT_SEEKABLE,        /* the file has no position */
    ERROR_NO_UNIT,             /* the device's file stands for nothing that is there */
    ERROR_NOT_TERMINAL,        /* the file is no terminal, or has no such control */
    ERROR_FILE_TOO_BIG,        /* the file would grow beyond its limit */
    ERROR_NO_DATA,             /* the attribute is not there */
    ERROR_RANGE,               /* the result does not fit */
    ERROR_NOT_EXECUTABLE,      /* the file is no program of a known format */
    ERROR_PROGRAM_BUSY,        /* the file is a program that runs, or is being written to */
    ERROR_NO_PROCESS,          /* there is no such process */
    ERROR_NO_CHILD,            /* there is no such child */
    ERROR_NO_CALL,             /* there is no such system call */
    ERROR_NOT_SOCKET,          /* the file is no socket */
    ERROR_NO_DESTINATION,      /* the message has no receiver */
    ERROR_MESSAGE_SIZE,        /* the message is larger than its limit */
    ERROR_WRONG_TYPE,          /* the socket is of another type */
    ERROR_NO_OPTION,           /* the socket has no such option */
    ERROR_NO_PROTOCOL,         /* there is no such protocol */
    ERROR_NO_SOCKET_TYPE,      /* there is no such type of sockets */
    ERROR_NO_FAMILY,           /* there is no such family of addresses */
    ERROR_NAME_IN_USE,         /* another socket has the name */
    ERROR_CONNECTION_RESET,    /* the peer has closed the connection */
    ERROR_IS_CONNECTED,        /* the socket has a connection already */
    ERROR_NOT_CONNECTED,       /* the socket has no connection */
    ERROR_TOO_MANY_RIGHTS,     /* too many files are on their way */
    ERROR_REFUSED,             /* nobody accepts the connection */
    ERROR_OUT_OF_DOMAIN,       /* the value is out of its domain */
    ERROR_NO_BUFFERS,          /* what goes along with a message is too large */
    ERROR_DEADLOCK,            /* the wait would never end */
    ERROR_NO_LOCKS,            /* there is no memory for a lock */
    ERROR_OVERFLOW,            /* a number or a position is too large */
    ERROR_COUNT
};

/* Returns a few words for a log line, such as "not mapped"; never NULL, for any `error`. Any
 * context. */
const char *error_name(enum error error);

#endif
