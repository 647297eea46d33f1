#include <error.h>
#include <types.h>

static const char *const names[ERROR_COUNT] = {
    [OK] = "ok",
    [ERROR_INVALID] = "invalid",
    [ERROR_TIMEOUT] = "no answer in time",
    [ERROR_NO_DEVICE] = "no such device",
    [ERROR_DEVICE] = "wrong answer from the device",
    [ERROR_FULL] = "full",
    [ERROR_OUT_OF_FRAMES] = "out of frames",
    [ERROR_ALREADY_MAPPED] = "already mapped",
    [ERROR_NOT_MAPPED] = "not mapped",
    [ERROR_PART_OF_LARGER_PAGE] = "part of a larger page",
    [ERROR_MISALIGNED] = "misaligned",
    [ERROR_NOT_CANONICAL] = "not canonical",
    [ERROR_UNSUPPORTED] = "not supported",
    [ERROR_INTERRUPTED] = "interrupted",
    [ERROR_BAD_ADDRESS] = "bad address",
    [ERROR_BEYOND_END] = "beyond the end",
    [ERROR_ACCESS] = "access not allowed",
    [ERROR_NOT_PERMITTED] = "not permitted",
    [ERROR_NO_ENTRY] = "no such file",
    [ERROR_EXISTS] = "exists already",
    [ERROR_NOT_DIRECTORY] = "not a directory",
    [ERROR_IS_DIRECTORY] = "a directory",
    [ERROR_NOT_EMPTY] = "directory not empty",
    [ERROR_TOO_LONG] = "too long",
    [ERROR_TOO_BIG] = "argument list too long",
    [ERROR_LOOP] = "too many symbolic links",
    [ERROR_CROSS_DEVICE] = "different file systems",
    [ERROR_READ_ONLY] = "read-only file system",
    [ERROR_BUSY] = "busy",
    [ERROR_BAD_DESCRIPTOR] = "bad descriptor",
    [ERROR_TOO_MANY_FILES] = "too many open files",
    [ERROR_AGAIN] = "not ready",
    [ERROR_PIPE] = "no reader",
    [ERROR_NOT_SEEKABLE] = "not seekable",
    [ERROR_NO_UNIT] = "no such device or address",
    [ERROR_NOT_TERMINAL] = "not a terminal",
    [ERROR_FILE_TOO_BIG] = "file too big",
    [ERROR_NO_DATA] = "no data",
    [ERROR_RANGE] = "out of range",
    [ERROR_NOT_EXECUTABLE] = "not executable",
    [ERROR_PROGRAM_BUSY] = "a program in use",
    [ERROR_NO_PROCESS] = "no such process",
    [ERROR_NO_CHILD] = "no such child",
    [ERROR_NO_CALL] = "no such call",
};

const char *error_name(enum error error)
{
    return (size_t)error < ARRAY_SIZE(names) ? names[error] : "unknown error";
}
