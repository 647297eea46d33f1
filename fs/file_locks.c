/*
 * An inode has a struct inode_locks while it has locks, or while threads wait for one.
 *
 * Processes could wait for each other in a circle. So all waits are on one list, each with the
 * owner of the lock that it waits for. Before a wait begins, a search follows these owners from one
 * to the next. As on Linux, only the locks of processes count.
 */
#include <assert.h>
#include <fs/device.h>
#include <fs/file_locks.h>
#include <fs/filesystem.h>
#include <fs/text.h>
#include <kernel/task/thread.h>
#include <mm/heap.h>

struct inode_locks {
    struct list_node node; /* among all */
    struct inode *inode;   /* not referenced: it outlives this */
    struct list locks;
    struct wait_queue changed;
    size_t waiting; /* threads */
};

/* A thread that waits. */
struct lock_wait {
    struct list_node node;
    const struct inode *inode;
    const struct file_lock *wanted;
    const void *blocker; /* the process whose lock it waits for; NULL unless both are processes' */

    /* For the listing alone, which sets them. */
    const struct file_lock *lock;  /* that keeps it out; NULL: none does any more */
    const struct lock_wait *above; /* waits for the same, and would keep it out, too; NULL: none */
};
static struct list waits = LIST_INIT(waits); /* the oldest first */

static struct list all = LIST_INIT(all); /* inodes' locks, by `node` */

static struct file_lock *lock_at(struct list_node *node)
{
    return CONTAINER_OF(node, struct file_lock, node);
}

static struct lock_wait *wait_at(struct list_node *node)
{
    return CONTAINER_OF(node, struct lock_wait, node);
}

static struct inode_locks *locks_of(struct inode *inode)
{
    if (inode->locks)
        return inode->locks;
    struct inode_locks *locks = kzalloc(sizeof(*locks));
    if (!locks)
        return NULL;
    list_init(&locks->locks);
    wait_queue_init(&locks->changed);
    locks->inode = inode;
    list_push_back(&all, &locks->node);
    inode->locks = locks;
    return locks;
}

static void free_if_unused(struct inode *inode)
{
    struct inode_locks *locks = inode->locks;
    ASSERT(locks);
    if (!list_empty(&locks->locks) || locks->waiting > 0)
        return;
    inode->locks = NULL;
    list_remove(&locks->node);
    kfree(locks);
}

/* --- Ranges ----------------------------------------------------------------------------------- */

static bool is_same_owner(const struct file_lock *a, const struct file_lock *b)
{
    return a->owner == b->owner && a->kind == b->kind;
}

static bool overlap(const struct file_lock *a, const struct file_lock *b)
{
    return a->start <= b->last && b->start <= a->last;
}

/* Also when one begins right behind the other. */
static bool touch(const struct file_lock *a, const struct file_lock *b)
{
    return a->start <= b->last + 1 && b->start <= a->last + 1;
}

static bool keeps_out(const struct file_lock *lock, const struct file_lock *wanted)
{
    bool same_world = (lock->kind == LOCK_WHOLE) == (wanted->kind == LOCK_WHOLE);
    return same_world && !is_same_owner(lock, wanted) && overlap(lock, wanted) &&
           (lock->type == LOCK_WRITE || wanted->type == LOCK_WRITE);
}

const struct file_lock *file_lock_find(const struct inode *inode, const struct file_lock *wanted)
{
    if (!inode->locks || wanted->type == LOCK_NONE)
        return NULL;
    list_for_each(node, &inode->locks->locks) {
        if (keeps_out(lock_at(node), wanted))
            return lock_at(node);
    }
    return NULL;
}

static void insert(struct inode_locks *locks, struct file_lock *lock)
{
    struct list_node *node = locks->locks.head.next;
    while (node != &locks->locks.head && lock_at(node)->start <= lock->start)
        node = node->next;
    list_node_init(&lock->node);
    list_insert_before(node, &lock->node);
}

static void drop(struct file_lock *lock)
{
    list_remove(&lock->node);
    kfree(lock);
}

/* Takes the range of `lock` out of another lock of the same owner. If that leaves a part on both
 * sides, the second part uses up *spare. */
static void cut(struct inode_locks *locks, struct file_lock *old, const struct file_lock *lock,
                struct file_lock **spare)
{
    bool left = old->start < lock->start;
    bool right = lock->last < old->last;
    ASSERT(overlap(old, lock));
    if (!left && !right) {
        drop(old);
    } else if (left && right) {
        ASSERT(*spare);
        **spare = *old;
        (*spare)->start = lock->last + 1;
        old->last = lock->start - 1;
        insert(locks, *spare);
        *spare = NULL;
    } else if (left) {
        old->last = lock->start - 1;
    } else {
        old->start = lock->last + 1;
    }
}

/* Changes the owner's locks for the new one: those of the same type become one with it, the others
 * lose its range. Uses up *lock unless its type is LOCK_NONE, and perhaps *spare. */
static void apply(struct inode_locks *locks, struct file_lock **lock, struct file_lock **spare)
{
    struct file_lock *new = *lock;
    ASSERT(new->start <= new->last &&new->last <= LOCK_TO_END);
    struct list_node *next, *end = &locks->locks.head;
    for (struct list_node *node = end->next; node != end; node = next) {
        struct file_lock *old = lock_at(node);
        next = node->next;
        if (!is_same_owner(old, new) || !touch(old, new))
            continue;
        if (old->type == new->type) {
            new->start = MIN(new->start, old->start);
            new->last = MAX(new->last, old->last);
            drop(old);
        } else if (overlap(old, new)) {
            cut(locks, old, new, spare);
        }
    }
    if (new->type == LOCK_NONE)
        return;
    insert(locks, new);
    *lock = NULL;
}

/* --- Setting ---------------------------------------------------------------------------------- */

/* Does `owner` wait for a lock of `target`, or for one of another owner who does, and so on? */
static bool waits_for(const void *owner, const void *target)
{
    const void *next = owner;
    size_t steps = 0; /* a circle that `target` is no part of ends, too */
    while (next && next != target && steps++ < 100) {
        owner = next;
        next = NULL;
        list_for_each(node, &waits) {
            const struct lock_wait *wait = wait_at(node);
            if (wait->wanted->owner == owner && wait->blocker)
                next = wait->blocker;
        }
    }
    return next == target;
}

/* Waits until something has changed. */
static enum error wait_for(struct inode *inode, const struct file_lock *wanted,
                           const struct file_lock *blocker)
{
    struct inode_locks *locks = inode->locks;
    struct lock_wait wait = {.inode = inode, .wanted = wanted};
    if (wanted->kind == LOCK_OF_PROCESS && blocker->kind == LOCK_OF_PROCESS)
        wait.blocker = blocker->owner;
    if (wait.blocker && waits_for(wait.blocker, wanted->owner))
        return ERROR_DEADLOCK;
    list_node_init(&wait.node);
    list_push_back(&waits, &wait.node);
    locks->waiting++;
    enum error error = thread_wait_interruptible(&locks->changed);
    ASSERT(inode->locks == locks && locks->waiting > 0); /* they stay while somebody waits */
    locks->waiting--;
    list_remove(&wait.node);
    return error;
}

static enum error wait_until_free(struct inode *inode, const struct file_lock *wanted, bool wait)
{
    const struct file_lock *blocker;
    while ((blocker = file_lock_find(inode, wanted))) {
        enum error error = wait ? wait_for(inode, wanted, blocker) : ERROR_AGAIN;
        if (error)
            return error;
    }
    return OK;
}

static enum error set(struct inode *inode, const struct file_lock *wanted, bool wait,
                      struct file_lock **lock, struct file_lock **spare)
{
    enum error error = wait_until_free(inode, wanted, wait);
    if (error)
        return error;
    **lock = *wanted;
    apply(inode->locks, lock, spare);
    wait_queue_wake_all(&inode->locks->changed);
    return OK;
}

enum error file_lock_set(struct inode *inode, const struct file_lock *wanted, bool wait)
{
    if (wanted->type == LOCK_NONE && !inode->locks)
        return OK;
    struct inode_locks *locks = locks_of(inode);
    struct file_lock *lock = kmalloc(sizeof(*lock)), *spare = kmalloc(sizeof(*spare));
    enum error error =
        locks && lock && spare ? set(inode, wanted, wait, &lock, &spare) : ERROR_NO_LOCKS;
    kfree(lock);
    kfree(spare);
    if (locks)
        free_if_unused(inode);
    return error;
}

void file_locks_release(struct inode *inode, const void *owner)
{
    struct inode_locks *locks = inode->locks;
    ASSERT(locks);
    struct list_node *next, *end = &locks->locks.head;
    for (struct list_node *node = end->next; node != end; node = next) {
        next = node->next;
        if (lock_at(node)->owner == owner)
            drop(lock_at(node));
    }
    wait_queue_wake_all(&locks->changed);
    free_if_unused(inode);
}

/* --- Descriptions ----------------------------------------------------------------------------- */

/* As Linux has it (fs/locks.c:lock_get_status there). */
static void append_line(struct text *text, const struct inode *inode, const struct file_lock *lock)
{
    static const char *const kinds[] = {"POSIX  ADVISORY  ", "OFDLCK ADVISORY  ",
                                        "FLOCK  ADVISORY  "};
    text_printf(text, "%s%s %d %02x:%02x:%lu %lu ", kinds[lock->kind],
                lock->type == LOCK_WRITE ? "WRITE" : "READ", lock->process,
                device_major(inode->filesystem->device), device_minor(inode->filesystem->device),
                inode->number, lock->start);
    if (lock->last == LOCK_TO_END)
        text_printf(text, "EOF\n");
    else
        text_printf(text, "%lu\n", lock->last);
}

/* Finds for each wait what it stands below in the list: the lock that keeps it out, and below that,
 * level by level, the first older wait that would keep it out, too. Older waits have their places
 * already. */
static void place_waits(void)
{
    list_for_each(node, &waits) {
        struct lock_wait *wait = wait_at(node);
        wait->lock = file_lock_find(wait->inode, wait->wanted);
        wait->above = NULL;
        for (struct list_node *older = waits.head.next; older != node; older = older->next) {
            const struct lock_wait *other = wait_at(older);
            if (other->lock == wait->lock && other->above == wait->above &&
                keeps_out(other->wanted, wait->wanted))
                wait->above = other;
        }
    }
}

/* The first wait behind `last` (NULL: of all) that stands right below the wait `above` (NULL: below
 * the lock itself). NULL: there are no more. */
static const struct lock_wait *next_below(const struct file_lock *lock,
                                          const struct lock_wait *above,
                                          const struct lock_wait *last)
{
    struct list_node *node = last ? last->node.next : waits.head.next;
    for (; node != &waits.head; node = node->next) {
        const struct lock_wait *wait = wait_at(node);
        if (wait->lock == lock && wait->above == above)
            return wait;
    }
    return NULL;
}

/* Appends a line for each wait for the lock, as a tree: a wait, then those that stand below it,
 * then the next newer one that stands where it does. */
static void append_waits(struct text *text, unsigned number, const struct file_lock *lock)
{
    const struct lock_wait *above = NULL, *last = NULL;
    int depth = 1;
    for (;;) {
        const struct lock_wait *wait = next_below(lock, above, last);
        if (wait) {
            text_printf(text, "%u: %*s-> ", number, depth - 1, "");
            append_line(text, wait->inode, wait->wanted);
            above = wait;
            last = NULL;
            depth++;
        } else if (above) {
            last = above;
            above = above->above;
            depth--;
        } else {
            return;
        }
    }
}

void file_locks_describe(struct text *text)
{
    unsigned count = 0;
    place_waits();
    list_for_each(node, &all) {
        const struct inode_locks *locks = CONTAINER_OF(node, struct inode_locks, node);
        list_for_each(link, &locks->locks) {
            text_printf(text, "%u: ", ++count);
            append_line(text, locks->inode, lock_at(link));
            append_waits(text, count, lock_at(link));
        }
    }
}

void file_locks_describe_file(struct text *text, const struct file *file,
                              const struct file_table *table)
{
    unsigned count = 0;
    if (!file->inode->locks)
        return;
    list_for_each(node, &file->inode->locks->locks) {
        const struct file_lock *lock = lock_at(node);
        if (lock->file != file || (lock->owner != file && lock->owner != table))
            continue;
        text_printf(text, "lock:\t%u: ", ++count);
        append_line(text, file->inode, lock);
    }
}
