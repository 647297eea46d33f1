/*
 * Users and groups. A privileged process may take any number; others exchange the ones that they
 * have. -1 leaves a number as it is.
 */
#include <kernel/process/credentials.h>
#include <kernel/syscall/calls.h>
#include <mm/user_copy.h>

enum { KEEP = -1 };

/* The real, effective and saved number of the running process's user or group. */
struct three {
    uint32_t real, effective, saved;
};

static struct three users(void)
{
    const struct process *process = process_current();
    return (struct three){process->uid, process->euid, process->suid};
}

static struct three groups(void)
{
    const struct process *process = process_current();
    return (struct three){process->gid, process->egid, process->sgid};
}

static int64_t set_users(const struct three *ids)
{
    return syscall_result(
        credentials_set_user(process_current(), ids->real, ids->effective, ids->saved));
}

static int64_t set_groups(const struct three *ids)
{
    credentials_set_group(process_current(), ids->real, ids->effective, ids->saved);
    return 0;
}

/* Is it one of the three? */
static bool has(const struct three *ids, uint32_t id)
{
    return id == ids->real || id == ids->effective || id == ids->saved;
}

/* --- Asking ----------------------------------------------------------------------------------- */

int64_t syscall_getuid(struct trap_frame *frame)
{
    (void)frame;
    return users().real;
}

int64_t syscall_geteuid(struct trap_frame *frame)
{
    (void)frame;
    return users().effective;
}

int64_t syscall_getgid(struct trap_frame *frame)
{
    (void)frame;
    return groups().real;
}

int64_t syscall_getegid(struct trap_frame *frame)
{
    (void)frame;
    return groups().effective;
}

static int64_t give_three(const struct trap_frame *frame, const struct three *ids)
{
    enum error error = copy_to_user(argument_0(frame), &ids->real, sizeof(ids->real));
    if (!error)
        error = copy_to_user(argument_1(frame), &ids->effective, sizeof(ids->effective));
    if (!error)
        error = copy_to_user(argument_2(frame), &ids->saved, sizeof(ids->saved));
    return syscall_result(error);
}

int64_t syscall_getresuid(struct trap_frame *frame)
{
    struct three ids = users();
    return give_three(frame, &ids);
}

int64_t syscall_getresgid(struct trap_frame *frame)
{
    struct three ids = groups();
    return give_three(frame, &ids);
}

/* --- setuid, setgid ----------------------------------------------------------------------------
 */

/* A privileged process sets all three numbers, others set the effective one. False: not permitted.
 */
static bool change_one(struct three *ids, uint32_t id)
{
    if (is_privileged())
        *ids = (struct three){id, id, id};
    else if (id == ids->real || id == ids->saved)
        ids->effective = id;
    else
        return false;
    return true;
}

int64_t syscall_setuid(struct trap_frame *frame)
{
    struct three ids = users();
    uint32_t id = (uint32_t)argument_0(frame);
    if (id == (uint32_t)KEEP)
        return syscall_result(ERROR_INVALID);
    return change_one(&ids, id) ? set_users(&ids) : syscall_result(ERROR_NOT_PERMITTED);
}

int64_t syscall_setgid(struct trap_frame *frame)
{
    struct three ids = groups();
    uint32_t id = (uint32_t)argument_0(frame);
    if (id == (uint32_t)KEEP)
        return syscall_result(ERROR_INVALID);
    return change_one(&ids, id) ? set_groups(&ids) : syscall_result(ERROR_NOT_PERMITTED);
}

/* --- setreuid, setregid ------------------------------------------------------------------------
 */

/* Sets the real and the effective number. The saved one follows the effective one, unless that only
 * goes back to the real one. False: not permitted. */
static bool change_two(struct three *ids, uint32_t real, uint32_t effective)
{
    struct three old = *ids;
    if (real != (uint32_t)KEEP)
        ids->real = real;
    if (effective != (uint32_t)KEEP)
        ids->effective = effective;
    if (real != (uint32_t)KEEP || (effective != (uint32_t)KEEP && effective != old.real))
        ids->saved = ids->effective;
    bool real_is_own = ids->real == old.real || ids->real == old.effective;
    return is_privileged() || (real_is_own && has(&old, ids->effective));
}

int64_t syscall_setreuid(struct trap_frame *frame)
{
    struct three ids = users();
    bool may = change_two(&ids, (uint32_t)argument_0(frame), (uint32_t)argument_1(frame));
    return may ? set_users(&ids) : syscall_result(ERROR_NOT_PERMITTED);
}

int64_t syscall_setregid(struct trap_frame *frame)
{
    struct three ids = groups();
    bool may = change_two(&ids, (uint32_t)argument_0(frame), (uint32_t)argument_1(frame));
    return may ? set_groups(&ids) : syscall_result(ERROR_NOT_PERMITTED);
}

/* --- setresuid, setresgid ----------------------------------------------------------------------
 */

/* Sets those of the three numbers that the call's arguments give. False: not permitted. */
static bool change_three(struct three *ids, const struct trap_frame *frame)
{
    const uint32_t wanted[] = {(uint32_t)argument_0(frame), (uint32_t)argument_1(frame),
                               (uint32_t)argument_2(frame)};
    uint32_t *const places[] = {&ids->real, &ids->effective, &ids->saved};
    struct three old = *ids;
    for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++) {
        if (wanted[i] == (uint32_t)KEEP)
            continue;
        if (!is_privileged() && !has(&old, wanted[i]))
            return false;
        *places[i] = wanted[i];
    }
    return true;
}

int64_t syscall_setresuid(struct trap_frame *frame)
{
    struct three ids = users();
    return change_three(&ids, frame) ? set_users(&ids) : syscall_result(ERROR_NOT_PERMITTED);
}

int64_t syscall_setresgid(struct trap_frame *frame)
{
    struct three ids = groups();
    return change_three(&ids, frame) ? set_groups(&ids) : syscall_result(ERROR_NOT_PERMITTED);
}

/* --- The user and group for access to files ----------------------------------------------------
 */

/* Both calls return the old number, whether they change it or not. */
static int64_t set_for_files(uint32_t *place, const struct three *ids, uint32_t id)
{
    uint32_t old = *place;
    if (id != (uint32_t)KEEP && (is_privileged() || has(ids, id)))
        *place = id;
    return old;
}

int64_t syscall_setfsuid(struct trap_frame *frame)
{
    struct three ids = users();
    return set_for_files(&process_current()->fs->uid, &ids, (uint32_t)argument_0(frame));
}

int64_t syscall_setfsgid(struct trap_frame *frame)
{
    struct three ids = groups();
    return set_for_files(&process_current()->fs->gid, &ids, (uint32_t)argument_0(frame));
}

/* --- Supplementary groups ----------------------------------------------------------------------
 */

int64_t syscall_getgroups(struct trap_frame *frame)
{
    struct group_list *list = process_current()->fs->groups;
    int room = (int)argument_0(frame);
    size_t count = list ? list->count : 0;
    enum error error = OK;
    if (room < 0 || (room > 0 && (size_t)room < count))
        return syscall_result(ERROR_INVALID);
    group_list_reference(list); /* the copy may wait, and another thread set other groups */
    if (room > 0 && count > 0)
        error = copy_to_user(argument_1(frame), list->ids, count * sizeof(list->ids[0]));
    group_list_release(list);
    return error ? syscall_result(error) : (int64_t)count;
}

int64_t syscall_setgroups(struct trap_frame *frame)
{
    uint32_t ids[GROUPS_MAX];
    size_t count = (uint32_t)argument_0(frame);
    if (!is_privileged())
        return syscall_result(ERROR_NOT_PERMITTED);
    if (count > GROUPS_MAX)
        return syscall_result(ERROR_INVALID);
    if (copy_from_user(ids, argument_1(frame), count * sizeof(ids[0])))
        return syscall_result(ERROR_BAD_ADDRESS);
    struct group_list *list = group_list_create(ids, count);
    if (!list)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    fs_context_set_groups(process_current()->fs, list);
    return 0;
}
