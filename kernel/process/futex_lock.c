/*
 * Locks whose word holds the owner's number. A program takes a free lock, and gives back a lock
 * that nobody waits for, without a call. The kernel puts waiters onto a list of the owner. An
 * unlock hands the lock, and the other waiters for it, to the thread that has waited longest, so
 * that no other thread can take it in between.
 *
 * When an owner ends, a waiter gets the lock, too. The word may not be mapped in the owner's
 * address space; so the waiter, the lock's heir, writes its number itself once it runs. Until then
 * the word names the old owner, and a thread that wants the lock has to search the heirs first.
 *
 * On Linux an owner also gets the real-time priority of its waiters. Cairn has no such priorities.
 */
#include <assert.h>
#include <kernel/process/futex_key.h>
#include <kernel/process/process.h>

struct lock_waiter {
    struct list_node node; /* on its owner's list of waiters, or among the heirs */
    struct futex_key key;
    struct user_thread *thread;
    bool woken; /* it has the lock */
    bool is_heir;
};

static struct list heirs = LIST_INIT(heirs);

static struct lock_waiter *find(const struct list *list, const struct futex_key *key)
{
    list_for_each(node, list) {
        struct lock_waiter *waiter = CONTAINER_OF(node, struct lock_waiter, node);
        if (futex_key_same(&waiter->key, key))
            return waiter;
    }
    return NULL;
}

/* The thread that holds the lock, or NULL. */
static struct user_thread *owner_of(const struct futex_key *key, uint32_t value)
{
    const struct lock_waiter *heir = find(&heirs, key);
    const struct id *id = id_find((int)(value & FUTEX_OWNER));
    struct user_thread *thread = heir ? heir->thread : id ? id->thread : NULL;
    return thread && !thread->takes_no_locks ? thread : NULL;
}

static void wait_for(struct lock_waiter *waiter, struct user_thread *owner)
{
    ASSERT(owner != waiter->thread);
    waiter->thread->waits_for = owner;
    list_push_back(&owner->lock_waiters, &waiter->node);
}

/* Does `thread` wait for a lock of `owner`, or for a lock of a thread that does, and so on? */
static bool waits_for(const struct user_thread *thread, const struct user_thread *owner)
{
    while (thread && thread != owner)
        thread = thread->waits_for;
    return thread == owner;
}

static enum error wait(struct lock_waiter *waiter, struct user_thread *owner, uint64_t deadline,
                       virt_addr_t address)
{
    wait_for(waiter, owner);
    enum error error = futex_sleep(&waiter->woken, deadline);
    uint32_t *word = NULL;
    if (!error && waiter->is_heir)
        error = futex_word(address, AREA_WRITE, &word);
    if (!error && word)
        *word = (uint32_t)waiter->thread->id | FUTEX_WAITERS | FUTEX_OWNER_DIED;
    list_remove(&waiter->node);
    waiter->thread->waits_for = NULL;
    return error;
}

enum error futex_lock(const struct futex *futex, bool waits, uint64_t deadline)
{
    struct user_thread *thread = user_thread_current();
    struct lock_waiter waiter = {.thread = thread};
    uint32_t *word;
    ASSERT(!thread->waits_for);
    enum error error = futex_word(futex->address, AREA_WRITE, &word);
    if (!error)
        error = futex_key_of(futex, &waiter.key);
    if (error)
        return error;
    uint32_t value = *word;
    struct user_thread *owner = owner_of(&waiter.key, value);
    if (owner == thread)
        return ERROR_DEADLOCK;
    if (!owner && value & FUTEX_OWNER)
        return ERROR_NO_PROCESS;
    if (!owner) {
        *word = (value & FUTEX_OWNER_DIED) | (uint32_t)thread->id;
        return OK;
    }
    if (!waits)
        return ERROR_AGAIN;
    if (waits_for(owner, thread))
        return ERROR_DEADLOCK;
    *word = value | FUTEX_WAITERS;
    return wait(&waiter, owner, deadline, futex->address);
}

/* Gives the lock to the waiter `to`. The other waiters for it then wait for that thread. */
static void hand_over(struct list *waiters, struct lock_waiter *to)
{
    struct lock_waiter *other;
    list_remove(&to->node);
    to->woken = true;
    to->thread->waits_for = NULL; /* the old owner may be gone before that thread runs */
    task_wake(&to->thread->thread.task);
    while ((other = find(waiters, &to->key))) {
        list_remove(&other->node);
        wait_for(other, to->thread);
    }
}

enum error futex_unlock(const struct futex *futex)
{
    struct user_thread *thread = user_thread_current();
    struct futex_key key;
    uint32_t *word;
    enum error error = futex_word(futex->address, AREA_WRITE, &word);
    if (!error)
        error = futex_key_of(futex, &key);
    if (error)
        return error;
    if ((*word & FUTEX_OWNER) != (uint32_t)thread->id)
        return ERROR_NOT_PERMITTED;
    struct lock_waiter *next = find(&thread->lock_waiters, &key);
    *word = next ? (uint32_t)next->thread->id | FUTEX_WAITERS : 0;
    if (next)
        hand_over(&thread->lock_waiters, next);
    return OK;
}

void futex_leave_locks(struct user_thread *thread)
{
    ASSERT(!thread->waits_for);
    while (!list_empty(&thread->lock_waiters)) {
        struct list_node *first = list_first(&thread->lock_waiters);
        struct lock_waiter *heir = CONTAINER_OF(first, struct lock_waiter, node);
        hand_over(&thread->lock_waiters, heir);
        heir->is_heir = true;
        list_push_back(&heirs, &heir->node);
    }
}
