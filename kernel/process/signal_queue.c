#include <assert.h>
#include <kernel/process/signal_queue.h>
#include <mm/heap.h>

struct entry {
    struct list_node node;
    struct signal_info info;
};

static struct entry *entry_of(struct list_node *node)
{
    return CONTAINER_OF(node, struct entry, node);
}

void signal_queue_init(struct signal_queue *queue)
{
    list_init(&queue->entries);
    queue->count = 0;
    queue->set = 0;
}

static bool has_entry(const struct signal_queue *queue, int signal)
{
    list_for_each(node, &queue->entries) {
        if (entry_of(node)->info.number == signal)
            return true;
    }
    return false;
}

static void free_entry(struct signal_queue *queue, struct entry *entry)
{
    list_remove(&entry->node);
    queue->count--;
    kfree(entry);
}

enum error signal_queue_add(struct signal_queue *queue, int signal, const struct signal_info *info,
                            uint64_t limit)
{
    int code = info ? info->code : SI_KERNEL;
    bool real_time = signal >= SIGRTMIN;
    if (!real_time && queue->set & signal_bit(signal))
        return OK;
    struct entry *entry = NULL;
    if (queue->count < limit || (!real_time && code >= SI_USER))
        entry = kmalloc(sizeof(*entry));
    if (entry) {
        entry->info = info ? *info : (struct signal_info){.number = signal, .code = SI_KERNEL};
        list_push_back(&queue->entries, &entry->node);
        queue->count++;
    } else if (real_time && code != SI_USER) {
        return ERROR_AGAIN;
    }
    queue->set |= signal_bit(signal);
    return OK;
}

void signal_queue_take(struct signal_queue *queue, int signal, struct signal_info *info)
{
    ASSERT(queue->set & signal_bit(signal));
    *info = (struct signal_info){.number = signal, .code = SI_USER};
    list_for_each(node, &queue->entries) {
        struct entry *entry = entry_of(node);
        if (entry->info.number != signal)
            continue;
        *info = entry->info;
        free_entry(queue, entry);
        break;
    }
    if (signal < SIGRTMIN || !has_entry(queue, signal))
        queue->set &= ~signal_bit(signal);
}

void signal_queue_drop(struct signal_queue *queue, uint64_t set)
{
    if (!(queue->set & set))
        return;
    for (struct list_node *node = list_first(&queue->entries), *next; node; node = next) {
        next = node->next == &queue->entries.head ? NULL : node->next;
        if (set & signal_bit(entry_of(node)->info.number))
            free_entry(queue, entry_of(node));
    }
    queue->set &= ~set;
}
