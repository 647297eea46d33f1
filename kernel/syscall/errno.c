#include <kernel/process/signal.h>
#include <kernel/syscall/syscall.h>
#include <types.h>

/* Linux's numbers (include/uapi/asm-generic/errno-base.h and errno.h). */
static const uint8_t numbers[ERROR_COUNT] = {
    [ERROR_INVALID] = 22,
    [ERROR_TIMEOUT] = 110,
    [ERROR_NO_DEVICE] = 19,
    [ERROR_DEVICE] = 5,
    [ERROR_FULL] = 28,
    [ERROR_OUT_OF_FRAMES] = 12,
    [ERROR_ALREADY_MAPPED] = 17,
    [ERROR_NOT_MAPPED] = 12,
    [ERROR_PART_OF_LARGER_PAGE] = 22,
    [ERROR_MISALIGNED] = 22,
    [ERROR_NOT_CANONICAL] = 22,
    [ERROR_UNSUPPORTED] = 95,
    [ERROR_INTERRUPTED] = 4,
    [ERROR_BAD_ADDRESS] = 14,
    [ERROR_BEYOND_END] = 14,
    [ERROR_ACCESS] = 13,
    [ERROR_NOT_PERMITTED] = 1,
    [ERROR_NO_ENTRY] = 2,
    [ERROR_EXISTS] = 17,
    [ERROR_NOT_DIRECTORY] = 20,
    [ERROR_IS_DIRECTORY] = 21,
    [ERROR_NOT_EMPTY] = 39,
    [ERROR_TOO_LONG] = 36,
    [ERROR_TOO_BIG] = 7,
    [ERROR_TOO_MANY_LINKS] = 31,
    [ERROR_LOOP] = 40,
    [ERROR_CROSS_DEVICE] = 18,
    [ERROR_READ_ONLY] = 30,
    [ERROR_BUSY] = 16,
    [ERROR_BAD_DESCRIPTOR] = 9,
    [ERROR_TOO_MANY_FILES] = 24,
    [ERROR_AGAIN] = 11,
    [ERROR_PIPE] = 32,
    [ERROR_NOT_SEEKABLE] = 29,
    [ERROR_NO_UNIT] = 6,
    [ERROR_NOT_TERMINAL] = 25,
    [ERROR_FILE_TOO_BIG] = 27,
    [ERROR_NO_DATA] = 61,
    [ERROR_RANGE] = 34,
    [ERROR_NOT_EXECUTABLE] = 8,
    [ERROR_PROGRAM_BUSY] = 26,
    [ERROR_NO_PROCESS] = 3,
    [ERROR_NO_CHILD] = 10,
    [ERROR_NO_DESTINATION] = 89,
    [ERROR_MESSAGE_SIZE] = 90,
    [ERROR_WRONG_TYPE] = 91,
    [ERROR_NO_OPTION] = 92,
    [ERROR_NO_PROTOCOL] = 93,
    [ERROR_NO_SOCKET_TYPE] = 94,
    [ERROR_NO_FAMILY] = 97,
    [ERROR_NAME_IN_USE] = 98,
    [ERROR_CONNECTION_RESET] = 104,
    [ERROR_IS_CONNECTED] = 106,
    [ERROR_NOT_CONNECTED] = 107,
    [ERROR_TOO_MANY_RIGHTS] = 109,
    [ERROR_REFUSED] = 111,
    [ERROR_OUT_OF_DOMAIN] = 33,
    [ERROR_NO_BUFFERS] = 105,
    [ERROR_BROKEN_OFF] = 4,
    [ERROR_DEADLOCK] = 35,
    [ERROR_NO_LOCKS] = 37,
    [ERROR_OVERFLOW] = 75,
    [ERROR_NO_CALL] = 38,
    [ERROR_NOT_SOCKET] = 88,
    [ERROR_TOO_MANY_OPEN] = 23,
};

static int64_t errno_of(enum error error)
{
    return -(int64_t)numbers[error];
}

int64_t syscall_result(enum error error)
{
    return error == ERROR_INTERRUPTED ? RESTART_IF_ASKED : errno_of(error);
}

int64_t syscall_result_no_restart(enum error error)
{
    return error == ERROR_INTERRUPTED ? RESTART_WITHOUT_HANDLER : errno_of(error);
}
