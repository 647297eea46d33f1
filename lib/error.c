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
};

const char *error_name(enum error error)
{
    return (size_t)error < ARRAY_SIZE(names) ? names[error] : "unknown error";
}
