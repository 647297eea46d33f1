/*
 * A hash table of waiters, by the key of their futex. A waiter lies on the stack of its thread. The
 * kernel is not preempted, so nothing can change the word between the look at it and the moment
 * when the waiter is in the table, as long as the code in between does not wait.
 *
 * A wake goes through one bucket, so the table grows with the number of waiters. It is given back
 * when nobody waits any more.
 */
#include <assert.h>
#include <kernel/process/futex_key.h>
#include <kernel/process/process.h>
#include <kernel/task/sleep.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

enum { FIRST_BITS = 8, FIRST_BUCKETS = 1 << FIRST_BITS, GROWTH_BITS = 2 };

struct waiter {
    struct list_node node; /* in the bucket of its key, until it is woken */
    struct futex_key key;
    uint32_t bits;
    bool woken;
    struct task *task;
};

/* Each bucket lists waiters, the longest wait first; all zeros: empty. */
static struct list first_buckets[FIRST_BUCKETS];
static struct list *buckets = first_buckets;
static unsigned bucket_bits = FIRST_BITS; /* there are 2 to the power of this many buckets */
static size_t waiters;                    /* threads in futex_wait(), those just woken included */

static struct waiter *waiter_of(struct list_node *node)
{
    return CONTAINER_OF(node, struct waiter, node);
}

static struct list *bucket_of(const struct futex_key *key)
{
    uint64_t mixed = ((uintptr_t)key->owner >> 4) + (key->offset >> 2);
    struct list *bucket = &buckets[(mixed * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bucket_bits)];
    if (!bucket->head.next)
        list_init(bucket);
    return bucket;
}

static void use_buckets(struct list *new, unsigned bits)
{
    if (buckets != first_buckets)
        kfree(buckets);
    buckets = new;
    bucket_bits = bits;
}

/* Moves all waiters to a larger table. All waiters for one key are in one bucket and stay in their
 * order. Without memory the table stays as it is, and wakes take longer. */
static void grow(void)
{
    struct list *old = buckets, moving = LIST_INIT(moving);
    size_t count = (size_t)1 << bucket_bits;
    struct list *new = kzalloc((count << GROWTH_BITS) * sizeof(*new));
    struct list_node *node;
    if (!new)
        return;
    for (size_t i = 0; i < count; i++) {
        while (old[i].head.next && (node = list_pop_front(&old[i])))
            list_push_back(&moving, node);
    }
    use_buckets(new, bucket_bits + GROWTH_BITS);
    while ((node = list_pop_front(&moving)))
        list_push_back(bucket_of(&waiter_of(node)->key), node);
}

static void add(struct waiter *waiter)
{
    list_push_back(bucket_of(&waiter->key), &waiter->node);
    if (++waiters > (size_t)1 << bucket_bits)
        grow();
}

/* The waiter is in a bucket, or was woken and taken out already. */
static void remove(struct waiter *waiter)
{
    ASSERT(waiters > 0);
    list_remove(&waiter->node);
    if (--waiters == 0 && buckets != first_buckets)
        use_buckets(first_buckets, FIRST_BITS);
}

enum error futex_key_of(const struct futex *futex, struct futex_key *key)
{
    struct address_space *space = process_current()->space;
    virt_addr_t address = futex->address;
    if (address % sizeof(uint32_t))
        return ERROR_INVALID;
    if (address >= USER_END)
        return ERROR_BAD_ADDRESS;
    *key = (struct futex_key){space, address, futex->shared};
    if (!futex->shared)
        return OK;
    const struct vm_area *area = address_space_next_area(space, address);
    if (!area || area->start > address)
        return ERROR_BAD_ADDRESS;
    if (area->flags & AREA_SHARED) {
        key->owner = area->object;
        key->offset = area->offset + (address - area->start);
    }
    return OK;
}

enum error futex_word(virt_addr_t address, unsigned access, uint32_t **word)
{
    void *memory = NULL;
    if (address % sizeof(uint32_t))
        return ERROR_INVALID;
    enum error error = user_memory(process_current()->space, address, access, &memory);
    *word = memory;
    return error;
}

static uint32_t load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/* --- Waiting --------------------------------------------------------------------------------- */

enum error futex_sleep(const bool *woken, uint64_t deadline)
{
    struct thread *thread = thread_current();
    struct sleep sleep = {0};
    enum error error = OK;
    if (deadline != UINT64_MAX)
        sleep_until(&sleep, deadline);
    while (!*woken && !error) {
        if (thread_is_interrupted(thread))
            error = ERROR_INTERRUPTED;
        else if (deadline != UINT64_MAX && sleep_poll(&sleep, &thread->task) == POLL_READY)
            error = ERROR_TIMEOUT;
        else
            thread_park();
    }
    sleep_cancel(&sleep);
    return *woken ? OK : error;
}

enum error futex_wait(const struct futex *futex, uint32_t value, uint32_t bits, uint64_t deadline)
{
    struct waiter waiter = {.bits = bits, .task = &thread_current()->task};
    uint32_t *word;
    if (!bits)
        return ERROR_INVALID;
    enum error error = futex_word(futex->address, AREA_READ, &word);
    if (!error)
        error = load(word) == value ? futex_key_of(futex, &waiter.key) : ERROR_AGAIN;
    if (error)
        return error;
    add(&waiter);
    error = futex_sleep(&waiter.woken, deadline);
    remove(&waiter);
    return error;
}

/* --- Waking ---------------------------------------------------------------------------------- */

static void wake(struct waiter *waiter)
{
    list_remove(&waiter->node);
    waiter->woken = true;
    task_wake(waiter->task);
}

static unsigned wake_key(const struct futex_key *key, uint32_t limit, uint32_t bits)
{
    unsigned woken = 0;
    struct list *bucket = bucket_of(key);
    for (struct list_node *node = bucket->head.next, *next; node != &bucket->head && woken < limit;
         node = next) {
        struct waiter *waiter = waiter_of(node);
        next = node->next;
        if (!futex_key_same(&waiter->key, key) || !(waiter->bits & bits))
            continue;
        wake(waiter);
        woken++;
    }
    return woken;
}

enum error futex_wake(const struct futex *futex, uint32_t limit, uint32_t bits, unsigned *woken)
{
    struct futex_key key;
    enum error error = bits ? futex_key_of(futex, &key) : ERROR_INVALID;
    if (!error)
        *woken = wake_key(&key, limit, bits);
    return error;
}

void futex_wake_shared(virt_addr_t address)
{
    const struct futex futex = {address, true};
    unsigned woken;
    (void)futex_wake(&futex, 1, FUTEX_ANY, &woken);
}

static unsigned move(const struct futex_key *from, const struct futex_key *to, uint32_t limit)
{
    unsigned moved = 0;
    struct list *bucket = bucket_of(from);
    if (futex_key_same(from, to))
        return 0;
    for (struct list_node *node = bucket->head.next, *next; node != &bucket->head && moved < limit;
         node = next) {
        struct waiter *waiter = waiter_of(node);
        next = node->next;
        if (!futex_key_same(&waiter->key, from))
            continue;
        list_remove(node);
        waiter->key = *to;
        list_push_back(bucket_of(to), node);
        moved++;
    }
    return moved;
}

enum error futex_requeue(const struct futex *futex, uint32_t limit, const struct futex *to,
                         uint32_t move_limit, const uint32_t *value, unsigned *woken)
{
    struct futex_key from_key, to_key;
    uint32_t *word = NULL;
    enum error error = value ? futex_word(futex->address, AREA_READ, &word) : OK;
    if (!error)
        error = futex_key_of(futex, &from_key);
    if (!error)
        error = futex_key_of(to, &to_key);
    if (!error && value && load(word) != *value)
        error = ERROR_AGAIN;
    if (error)
        return error;
    *woken = wake_key(&from_key, limit, FUTEX_ANY);
    *woken += move(&from_key, &to_key, move_limit);
    return OK;
}

/* --- FUTEX_WAKE_OP --------------------------------------------------------------------------- */

/* The parts of the operation's 32 bits (Linux: include/uapi/linux/futex.h). */
enum { SET, ADD, OR, AND_NOT, XOR, OPERATIONS, ARGUMENT_IS_SHIFT = 8 };
enum { EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL, COMPARISONS };

static uint32_t result_of(unsigned operation, uint32_t old, uint32_t argument)
{
    switch (operation) {
    case SET:
        return argument;
    case ADD:
        return old + argument;
    case OR:
        return old | argument;
    case AND_NOT:
        return old & ~argument;
    default:
        return old ^ argument;
    }
}

static bool compares(unsigned comparison, int32_t old, int32_t argument)
{
    switch (comparison) {
    case EQUAL:
        return old == argument;
    case NOT_EQUAL:
        return old != argument;
    case LESS:
        return old < argument;
    case LESS_OR_EQUAL:
        return old <= argument;
    case GREATER:
        return old > argument;
    default:
        return old >= argument;
    }
}

/* The value of twelve bits with a sign. */
static int32_t signed_argument(uint32_t bits)
{
    return (int32_t)(bits << 20) >> 20;
}

enum error futex_wake_operation(const struct futex *futex, uint32_t limit,
                                const struct futex *other, uint32_t other_limit, uint32_t operation,
                                unsigned *woken)
{
    unsigned kind = operation >> 28, comparison = operation >> 24 & 0xf;
    uint32_t argument = (uint32_t)signed_argument(operation >> 12 & 0xfff);
    struct futex_key key, other_key;
    uint32_t *word;
    if (kind & ARGUMENT_IS_SHIFT)
        argument = UINT32_C(1) << (argument & 31);
    kind &= ~(unsigned)ARGUMENT_IS_SHIFT;
    if (kind >= OPERATIONS || comparison >= COMPARISONS)
        return ERROR_NO_CALL;
    enum error error = futex_word(other->address, AREA_WRITE, &word);
    if (!error)
        error = futex_key_of(futex, &key);
    if (!error)
        error = futex_key_of(other, &other_key);
    if (error)
        return error;
    uint32_t old = load(word);
    __atomic_store_n(word, result_of(kind, old, argument), __ATOMIC_RELAXED);
    *woken = wake_key(&key, limit, FUTEX_ANY);
    if (compares(comparison, (int32_t)old, signed_argument(operation & 0xfff)))
        *woken += wake_key(&other_key, other_limit, FUTEX_ANY);
    return OK;
}

/* --- Robust lists ---------------------------------------------------------------------------- */

enum { ROBUST_LIST_LIMIT = 2048, PRIORITY_INHERITANCE = 1 };

/* Linux's struct robust_list_head. */
struct robust_list_head {
    virt_addr_t first;   /* each entry begins with the address of the next one */
    int64_t lock_offset; /* of the lock's word, from its entry */
    virt_addr_t pending; /* an entry that is about to be put on the list, or taken off */
};

/* Marks the lock of an entry, if thread `owner` holds it. */
static enum error release(virt_addr_t lock, int owner, bool pending)
{
    uint32_t *word;
    enum error error = futex_word(lock, AREA_WRITE, &word);
    if (error)
        return error;
    uint32_t value = load(word);
    bool owned = (value & FUTEX_OWNER) == (uint32_t)owner;
    if (owned)
        __atomic_store_n(word, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED, __ATOMIC_RELAXED);
    /* An unlock that was not finished may have cleared the word and woken nobody. */
    if (owned ? value & FUTEX_WAITERS : pending && !value)
        futex_wake_shared(lock);
    return OK;
}

void futex_release_robust_list(struct user_thread *thread)
{
    struct robust_list_head head;
    if (!thread->robust_list || copy_from_user(&head, thread->robust_list, sizeof(head)) != OK)
        return;
    virt_addr_t entry = head.first, pending = head.pending & ~(virt_addr_t)PRIORITY_INHERITANCE;
    for (unsigned i = 0; entry != thread->robust_list && i < ROBUST_LIST_LIMIT; i++) {
        virt_addr_t at = entry & ~(virt_addr_t)PRIORITY_INHERITANCE;
        enum error error = copy_from_user(&entry, at, sizeof(entry));
        if (at != pending && release(at + (uint64_t)head.lock_offset, thread->id, false) != OK)
            return;
        if (error)
            break;
    }
    if (pending)
        (void)release(pending + (uint64_t)head.lock_offset, thread->id, true);
}
