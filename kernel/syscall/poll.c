/*
 * Waiting for several files at once: poll and select. Each file gets a waker; whichever is woken
 * makes the thread look at all of them again.
 */
#include <assert.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/times.h>
#include <kernel/syscall/waits.h>
#include <kernel/task/clock.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

struct polled {
    struct file *file; /* referenced; NULL: there is none to look at */
    unsigned wanted, ready;
    struct waker waker;
};

struct poll {
    struct future future;
    struct polled *files;
    size_t count;
    size_t ready; /* how many files are */
};

static void look(struct poll *poll, struct task *task)
{
    poll->ready = 0;
    for (size_t i = 0; i < poll->count; i++) {
        struct polled *polled = &poll->files[i];
        if (polled->file)
            polled->ready = file_poll(polled->file, task ? &polled->waker : NULL, task) &
                            (polled->wanted | POLLERR | POLLHUP);
        poll->ready += polled->ready != 0;
    }
}

static enum poll_result poll_files(struct future *future, struct task *task)
{
    struct poll *poll = CONTAINER_OF(future, struct poll, future);
    look(poll, task);
    return poll->ready ? POLL_READY : POLL_PENDING;
}

static void cancel(struct future *future)
{
    struct poll *poll = CONTAINER_OF(future, struct poll, future);
    for (size_t i = 0; i < poll->count; i++)
        waker_cancel(&poll->files[i].waker);
}

/* Waits until a file is ready or `timeout` nanoseconds are over; UINT64_MAX is for ever. 0 only
 * looks.
 */
static enum error wait(struct poll *poll, uint64_t timeout)
{
    struct time_limit limit;
    look(poll, NULL);
    if (poll->ready || timeout == 0)
        return OK;
    poll->future = (struct future){.poll = poll_files, .cancel = cancel};
    time_limit_begin(&limit, &poll->future, timeout);
    enum error error = await_interruptible(timeout == UINT64_MAX ? &poll->future : &limit.future);
    cancel(&poll->future);
    return error;
}

static void release(struct poll *poll)
{
    for (size_t i = 0; i < poll->count; i++) {
        if (poll->files[i].file)
            file_release(poll->files[i].file);
    }
    kfree(poll->files);
}

/* Makes room for so many files. */
static enum error begin(struct poll *poll, size_t count)
{
    *poll = (struct poll){.count = count};
    poll->files = kzalloc(MAX(count, (size_t)1) * sizeof(struct polled));
    return poll->files ? OK : ERROR_OUT_OF_FRAMES;
}

/* --- poll ------------------------------------------------------------------------------------- */

/* Linux's struct pollfd. */
struct poll_entry {
    int32_t fd;
    uint16_t wanted, ready;
};

/* Takes the files of the entries. A negative descriptor is left out; one that is not open is ready
 * with POLLNVAL. */
static void take_entries(struct poll *poll, const struct poll_entry *entries)
{
    for (size_t i = 0; i < poll->count; i++) {
        struct polled *polled = &poll->files[i];
        polled->wanted = entries[i].wanted;
        if (entries[i].fd < 0)
            continue;
        if (file_table_get(process_current()->files, entries[i].fd, &polled->file) != OK)
            polled->ready = POLLNVAL;
    }
}

static int64_t poll_entries(struct poll_entry *entries, size_t count, virt_addr_t at,
                            uint64_t timeout)
{
    struct poll poll;
    enum error error = copy_from_user(entries, at, count * sizeof(*entries));
    if (!error)
        error = begin(&poll, count);
    if (error)
        return syscall_result(error);
    take_entries(&poll, entries);
    error = wait(&poll, timeout);
    for (size_t i = 0; i < count; i++)
        entries[i].ready = (uint16_t)poll.files[i].ready;
    release(&poll);
    if (!error)
        error = copy_to_user(at, entries, count * sizeof(*entries));
    return error ? syscall_result_no_restart(error) : (int64_t)poll.ready;
}

static int64_t do_poll(virt_addr_t at, uint64_t count, uint64_t timeout)
{
    if (count > process_current()->files->limit)
        return syscall_result(ERROR_INVALID);
    struct poll_entry *entries = kmalloc(MAX(count, UINT64_C(1)) * sizeof(*entries));
    if (!entries)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    int64_t result = poll_entries(entries, count, at, timeout);
    kfree(entries);
    return result;
}

static int64_t restart_poll(struct trap_frame *frame);

/* An interrupted poll() goes on up to the same deadline if no handler runs. */
static int64_t poll_until(const struct trap_frame *frame, uint64_t timeout, uint64_t deadline)
{
    struct user_thread *thread = user_thread_current();
    int64_t result = do_poll(argument_0(frame), (uint32_t)argument_1(frame), timeout);
    if (result != syscall_result_no_restart(ERROR_INTERRUPTED))
        return result;
    thread->restart = restart_poll;
    thread->sleep_deadline = deadline;
    return RESTART_SLEEP;
}

static int64_t restart_poll(struct trap_frame *frame)
{
    uint64_t deadline = user_thread_current()->sleep_deadline;
    return poll_until(frame, timeout_left(deadline), deadline);
}

int64_t syscall_poll(struct trap_frame *frame)
{
    int milliseconds = (int)argument_2(frame);
    uint64_t timeout =
        milliseconds < 0 ? UINT64_MAX : (uint64_t)milliseconds * NANOSECONDS_PER_MILLISECOND;
    return poll_until(frame, timeout, timeout_deadline(timeout));
}

int64_t syscall_ppoll(struct trap_frame *frame)
{
    virt_addr_t limit = argument_2(frame), set = argument_3(frame);
    uint64_t timeout;
    enum error error = timeout_from_user(limit, &timeout);
    if (!error)
        error = wait_block_signals(set, argument_4(frame));
    if (error)
        return syscall_result(error);
    uint64_t deadline = timeout_deadline(timeout);
    int64_t result = do_poll(argument_0(frame), (uint32_t)argument_1(frame), timeout);
    wait_unblock_signals(
        set, result == syscall_result_no_restart(ERROR_INTERRUPTED) ? ERROR_INTERRUPTED : OK);
    timeout_to_user(limit, 1, deadline);
    return result;
}

/* --- select ----------------------------------------------------------------------------------- */

enum { SETS = 3, WORD = 64 };

/* What makes a descriptor a member of the first, second and third set. */
static const uint16_t set_bits[SETS] = {
    POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
    POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
    POLLPRI,
};

/* Linux's fd_set, three times: a bit for each descriptor. */
struct sets {
    virt_addr_t at[SETS]; /* in the program; 0: none */
    uint64_t *words[SETS];
    unsigned count; /* descriptors */
    size_t bytes;   /* of a set */
};

static bool is_member(const struct sets *sets, unsigned set, unsigned fd)
{
    return sets->words[set][fd / WORD] >> (fd % WORD) & 1;
}

static unsigned wanted_of(const struct sets *sets, unsigned fd)
{
    unsigned wanted = 0;
    for (unsigned set = 0; set < SETS; set++)
        wanted |= is_member(sets, set, fd) ? set_bits[set] : 0u;
    return wanted;
}

/* How many descriptors are in a set or in several. */
static size_t members(const struct sets *sets)
{
    size_t members = 0;
    for (unsigned fd = 0; fd < sets->count; fd++)
        members += wanted_of(sets, fd) != 0;
    return members;
}

static enum error take_members(struct poll *poll, const struct sets *sets)
{
    struct polled *polled = poll->files;
    for (unsigned fd = 0; fd < sets->count; fd++) {
        unsigned wanted = wanted_of(sets, fd);
        if (!wanted)
            continue;
        enum error error = file_table_get(process_current()->files, (int)fd, &polled->file);
        if (error)
            return error;
        polled->wanted = wanted;
        polled++;
        ASSERT(polled <= poll->files + poll->count);
    }
    return OK;
}

/* Takes the descriptors that are not ready out of the sets. The result is how many are left in all
 * sets.
 */
static int64_t keep_ready(const struct poll *poll, const struct sets *sets)
{
    const struct polled *polled = poll->files;
    int64_t count = 0;
    for (unsigned fd = 0; fd < sets->count; fd++) {
        if (!wanted_of(sets, fd))
            continue;
        for (unsigned set = 0; set < SETS; set++) {
            bool ready = is_member(sets, set, fd) && polled->ready & set_bits[set];
            count += ready;
            if (!ready)
                sets->words[set][fd / WORD] &= ~(UINT64_C(1) << (fd % WORD));
        }
        polled++;
        ASSERT(polled <= poll->files + poll->count);
    }
    return count;
}

static enum error copy_sets(const struct sets *sets, bool to_program)
{
    enum error error = OK;
    for (unsigned set = 0; !error && set < SETS; set++) {
        if (sets->at[set])
            error = to_program ? copy_to_user(sets->at[set], sets->words[set], sets->bytes)
                               : copy_from_user(sets->words[set], sets->at[set], sets->bytes);
    }
    return error;
}

static int64_t select_members(const struct sets *sets, uint64_t timeout)
{
    struct poll poll;
    enum error error = copy_sets(sets, false);
    if (!error)
        error = begin(&poll, members(sets));
    if (error)
        return syscall_result(error);
    error = take_members(&poll, sets);
    if (!error)
        error = wait(&poll, timeout);
    int64_t count = error ? 0 : keep_ready(&poll, sets);
    release(&poll);
    if (!error)
        error = copy_sets(sets, true);
    return error ? syscall_result_no_restart(error) : count;
}

static int64_t do_select(const struct trap_frame *frame, uint64_t timeout)
{
    struct sets sets = {.at = {argument_1(frame), argument_2(frame), argument_3(frame)}};
    int count = (int)argument_0(frame);
    if (count < 0)
        return syscall_result(ERROR_INVALID);
    sets.count = MIN((unsigned)count, process_current()->files->capacity);
    sets.bytes = ALIGN_UP(sets.count, (unsigned)WORD) / 8;
    ASSERT(sets.count <= sets.bytes * 8);
    uint64_t *words = kzalloc(SETS * sets.bytes + 1);
    if (!words)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    for (unsigned set = 0; set < SETS; set++)
        sets.words[set] = words + set * (sets.bytes / sizeof(uint64_t));
    int64_t result = select_members(&sets, timeout);
    kfree(words);
    return result;
}

/* Reads select()'s limit. Its microseconds may be more than a second, as on Linux. */
static enum error select_timeout_from_user(virt_addr_t from, uint64_t *timeout)
{
    struct {
        int64_t seconds, microseconds;
    } limit;
    *timeout = UINT64_MAX;
    if (!from)
        return OK;
    enum error error = copy_from_user(&limit, from, sizeof(limit));
    if (error)
        return error;
    if (__builtin_add_overflow(limit.seconds, limit.microseconds / 1000000, &limit.seconds))
        return ERROR_INVALID;
    return time_from_parts(limit.seconds, limit.microseconds % 1000000, 1000, timeout);
}

int64_t syscall_select(struct trap_frame *frame)
{
    virt_addr_t limit = argument_4(frame);
    uint64_t timeout;
    enum error error = select_timeout_from_user(limit, &timeout);
    if (error)
        return syscall_result(error);
    uint64_t deadline = timeout_deadline(timeout);
    int64_t result = do_select(frame, timeout);
    timeout_to_user(limit, 1000, deadline);
    return result;
}

/* Its sixth argument points to the address of a set of signals, and its size. */
int64_t syscall_pselect6(struct trap_frame *frame)
{
    struct {
        uint64_t set, size;
    } signals = {0};
    virt_addr_t limit = argument_4(frame);
    uint64_t timeout = 0;
    enum error error =
        argument_5(frame) ? copy_from_user(&signals, argument_5(frame), sizeof(signals)) : OK;
    if (!error)
        error = timeout_from_user(limit, &timeout);
    if (!error)
        error = wait_block_signals(signals.set, signals.size);
    if (error)
        return syscall_result(error);
    uint64_t deadline = timeout_deadline(timeout);
    int64_t result = do_select(frame, timeout);
    wait_unblock_signals(signals.set, result == syscall_result_no_restart(ERROR_INTERRUPTED)
                                          ? ERROR_INTERRUPTED
                                          : OK);
    timeout_to_user(limit, 1, deadline);
    return result;
}
