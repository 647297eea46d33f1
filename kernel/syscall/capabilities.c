/*
 * Capabilities: the parts of root's rights, of which Linux lets a process have some. Here a process
 * has all if its effective user is root, and none if not; it may have all if its real or saved user
 * is. What root gives up is remembered, and then it may do no more than other users
 * (credentials.h). Nothing is inherited.
 */
#include <kernel/process/credentials.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <mm/user_copy.h>

/* Linux: include/uapi/linux/capability.h. Of the versions, the first has 32 bits in a set. */
enum { VERSION_1 = 0x19980330, VERSION_2 = 0x20071026, VERSION_3 = 0x20080522 };
#define ALL_CAPABILITIES ((UINT64_C(1) << 41) - 1)

struct header {
    uint32_t version;
    int32_t process;
};

struct sets {
    uint64_t effective, permitted, inheritable;
};

/* As programs have them: the low halves of the three sets, then the high ones. */
struct halves {
    uint32_t effective, permitted, inheritable;
};

static struct sets sets_of(const struct process *process)
{
    bool may_be = !process->uid || !process->euid || !process->suid;
    return (struct sets){.effective =
                             process->euid ? 0 : ALL_CAPABILITIES & ~process->unused_rights,
                         .permitted = may_be ? ALL_CAPABILITIES & ~process->lost_rights : 0};
}

/* Reads the header. If its version is unknown, stores a known one there: ERROR_INVALID. */
static enum error read_header(virt_addr_t from, struct header *header)
{
    const uint32_t known = VERSION_3;
    enum error error = copy_from_user(header, from, sizeof(*header));
    if (error)
        return error;
    if (header->version == VERSION_1 || header->version == VERSION_2 ||
        header->version == VERSION_3)
        return OK;
    error = copy_to_user(from, &known, sizeof(known));
    return error ? error : ERROR_INVALID;
}

static size_t size_of(const struct header *header)
{
    return (header->version == VERSION_1 ? 1 : 2) * sizeof(struct halves);
}

int64_t syscall_capget(struct trap_frame *frame)
{
    struct header header;
    virt_addr_t to = argument_1(frame);
    enum error error = read_header(argument_0(frame), &header);
    if (!to && (!error || error == ERROR_INVALID))
        return 0; /* the program asks only for the version */
    if (!error && header.process < 0)
        error = ERROR_INVALID;
    if (error)
        return syscall_result(error);
    const struct user_thread *thread =
        header.process ? user_thread_find(header.process) : user_thread_current();
    if (!thread)
        return syscall_result(ERROR_NO_PROCESS);
    struct sets sets = sets_of(thread->process);
    const struct halves halves[] = {
        {(uint32_t)sets.effective, (uint32_t)sets.permitted, (uint32_t)sets.inheritable},
        {sets.effective >> 32, sets.permitted >> 32, sets.inheritable >> 32}};
    return syscall_result(copy_to_user(to, halves, size_of(&header)));
}

static struct sets merge(const struct halves halves[2])
{
    return (struct sets){.effective = halves[0].effective | (uint64_t)halves[1].effective << 32,
                         .permitted = halves[0].permitted | (uint64_t)halves[1].permitted << 32};
}

/* Bits that no capability has are ignored. */
static enum error set(struct process *process, struct sets new)
{
    struct sets old = sets_of(process);
    new.effective &= ALL_CAPABILITIES;
    new.permitted &= ALL_CAPABILITIES;
    if (new.permitted & ~old.permitted || new.effective & ~new.permitted)
        return ERROR_NOT_PERMITTED;
    if (process->euid && new.effective)
        return ERROR_NOT_PERMITTED; /* Linux would let it have them */
    uint64_t lost = ALL_CAPABILITIES & ~new.permitted, unused = ALL_CAPABILITIES & ~new.effective;
    if (old.permitted)
        credentials_set_rights(process, lost, process->euid ? lost : unused);
    return OK;
}

int64_t syscall_capset(struct trap_frame *frame)
{
    struct header header;
    struct halves halves[2] = {0};
    enum error error = read_header(argument_0(frame), &header);
    if (!error && header.process && header.process != user_thread_current()->id)
        error = ERROR_NOT_PERMITTED;
    if (!error)
        error = copy_from_user(halves, argument_1(frame), size_of(&header));
    if (error)
        return syscall_result(error);
    return syscall_result(set(process_current(), merge(halves)));
}
