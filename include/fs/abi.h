/*
 * Linux's numbers that programs and file systems share (include/uapi/asm-generic/fcntl.h, poll.h,
 * include/uapi/linux/stat.h).
 */
#ifndef FS_ABI_H
#define FS_ABI_H

/* A file's mode: its type and who may do what. */
enum {
    S_IFMT = 0170000,
    S_IFIFO = 0010000,
    S_IFCHR = 0020000,
    S_IFDIR = 0040000,
    S_IFBLK = 0060000,
    S_IFREG = 0100000,
    S_IFLNK = 0120000,
    S_IFSOCK = 0140000,
    S_ISUID = 04000,
    S_ISGID = 02000,
    S_ISVTX = 01000,
    MODE_PERMISSIONS = 07777,
};

/* For open(). */
enum {
    O_RDONLY = 0,
    O_WRONLY = 1,
    O_RDWR = 2,
    O_ACCMODE = 3,
    O_CREAT = 0100,
    O_EXCL = 0200,
    O_NOCTTY = 0400,
    O_TRUNC = 01000,
    O_APPEND = 02000,
    O_NONBLOCK = 04000,
    O_DSYNC = 010000,
    O_DIRECT = 040000,
    O_LARGEFILE = 0100000,
    O_DIRECTORY = 0200000,
    O_NOFOLLOW = 0400000,
    O_NOATIME = 01000000,
    O_CLOEXEC = 02000000,
    O_PATH = 010000000,    /* the name alone: the file is not opened */
    O_UNNAMED = 020000000, /* Linux's __O_TMPFILE */
    O_TMPFILE = O_UNNAMED | O_DIRECTORY,
    O_OPENING = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC, /* for open() alone */
    O_WITH_PATH = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,   /* others mean nothing then */
};

/* What a file is ready for. */
enum {
    POLLIN = 0x001,
    POLLPRI = 0x002,
    POLLOUT = 0x004,
    POLLERR = 0x008,
    POLLHUP = 0x010,
    POLLNVAL = 0x020,
    POLLRDNORM = 0x040,
    POLLRDBAND = 0x080,
    POLLWRNORM = 0x100,
    POLLWRBAND = 0x200,
    POLLRDHUP = 0x2000,
};

/* For fallocate(). */
enum { FALLOC_KEEP_SIZE = 1, FALLOC_PUNCH_HOLE = 2 };

enum { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE };

/* A directory entry's type: the type bits of the mode. */
enum { DT_UNKNOWN = 0, DT_SHIFT = 12 };

enum {
    NAME_MAX = 255,  /* bytes of a name in a directory */
    PATH_MAX = 4096, /* bytes of a path, with its NUL */
    LINKS_MAX = 40,  /* symbolic links on the way to one file */
    PIPE_BUF = 4096, /* bytes that are written to a pipe in one piece */
};

#endif
