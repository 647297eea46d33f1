/*
 * Extended attributes. No file has any. A program that lists them finds none, and a program that
 * sets one gets an error.
 */
#include <kernel/process/process.h>
#include <kernel/syscall/call_path.h>
#include <kernel/syscall/calls.h>
#include <lib/string.h>
#include <mm/user_copy.h>

enum { ATTRIBUTE_NAME_MAX = 255, ATTRIBUTE_SIZE_MAX = 65536 };

/* Checks an attribute's name. ERROR_RANGE: it is empty or too long. ERROR_UNSUPPORTED: Linux's
 * tmpfs has no attributes of that kind either. */
static enum error check_name(virt_addr_t from)
{
    static const char *const kinds[] = {"security.", "trusted.", "system.posix_acl_access",
                                        "system.posix_acl_default"};
    char name[ATTRIBUTE_NAME_MAX + 1];
    size_t length;
    enum error error = string_from_user(name, sizeof(name), from, &length);
    if (error)
        return error == ERROR_TOO_LONG ? ERROR_RANGE : error;
    if (length == 0)
        return ERROR_RANGE;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (strncmp(name, kinds[i], strlen(kinds[i])) == 0)
            return OK;
    }
    return ERROR_UNSUPPORTED;
}

/* --- What a call does with a file ------------------------------------------------------------- */

typedef enum error attribute_call(const struct trap_frame *frame);

/* Reading an attribute, or removing it. */
static enum error get(const struct trap_frame *frame)
{
    enum error error = check_name(argument_1(frame));
    return error ? error : ERROR_NO_DATA;
}

static enum error set(const struct trap_frame *frame)
{
    enum { CREATE = 1, REPLACE = 2 };
    if ((unsigned)argument_4(frame) & ~(unsigned)(CREATE | REPLACE))
        return ERROR_INVALID;
    enum error error = check_name(argument_1(frame));
    if (!error && argument_3(frame) > ATTRIBUTE_SIZE_MAX)
        error = ERROR_TOO_BIG;
    return error ? error : ERROR_UNSUPPORTED;
}

static enum error list(const struct trap_frame *frame)
{
    (void)frame;
    return OK;
}

/* --- The file --------------------------------------------------------------------------------- */

static int64_t of_name(const struct trap_frame *frame, unsigned flags, attribute_call *call)
{
    struct found_file file;
    enum error error = call_path_find(AT_FDCWD, argument_0(frame), flags, &file);
    if (error)
        return syscall_result(error);
    error = call(frame);
    found_file_release(&file);
    return syscall_result(error);
}

static int64_t of_descriptor(const struct trap_frame *frame, attribute_call *call)
{
    struct found_file file;
    enum error error = call_file_find((int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    error = call(frame);
    found_file_release(&file);
    return syscall_result(error);
}

int64_t syscall_getxattr(struct trap_frame *frame)
{
    return of_name(frame, 0, get);
}

int64_t syscall_lgetxattr(struct trap_frame *frame)
{
    return of_name(frame, AT_SYMLINK_NOFOLLOW, get);
}

int64_t syscall_fgetxattr(struct trap_frame *frame)
{
    return of_descriptor(frame, get);
}

int64_t syscall_setxattr(struct trap_frame *frame)
{
    return of_name(frame, 0, set);
}

int64_t syscall_lsetxattr(struct trap_frame *frame)
{
    return of_name(frame, AT_SYMLINK_NOFOLLOW, set);
}

int64_t syscall_fsetxattr(struct trap_frame *frame)
{
    return of_descriptor(frame, set);
}

int64_t syscall_listxattr(struct trap_frame *frame)
{
    return of_name(frame, 0, list);
}

int64_t syscall_llistxattr(struct trap_frame *frame)
{
    return of_name(frame, AT_SYMLINK_NOFOLLOW, list);
}

int64_t syscall_flistxattr(struct trap_frame *frame)
{
    return of_descriptor(frame, list);
}

int64_t syscall_removexattr(struct trap_frame *frame)
{
    return of_name(frame, 0, get);
}

int64_t syscall_lremovexattr(struct trap_frame *frame)
{
    return of_name(frame, AT_SYMLINK_NOFOLLOW, get);
}

int64_t syscall_fremovexattr(struct trap_frame *frame)
{
    return of_descriptor(frame, get);
}
