/*
 * Faults on purpose: data that was overwritten.
 */
#include <kernel/fault/trigger.h>
#include <lib/list.h>

/* Two nodes on a list, as an overrun may leave them: one of the links is wrong. */
static struct {
    struct list list;
    struct list_node first, second;
} corrupt;

static void corrupt_list(void)
{
    list_init(&corrupt.list);
    list_push_back(&corrupt.list, &corrupt.first);
    list_push_back(&corrupt.list, &corrupt.second);
    corrupt.second.previous = &corrupt.second;
    __asm__ volatile("" : : : "memory"); /* hides the change from the compiler */
}

FAULT(list_corrupt, "list-corrupt", "take a node off a list whose links do not match")
{
    corrupt_list();
    list_remove(&corrupt.first);
}

FAULT(list_corrupt_add, "list-corrupt-add", "put a node on a list whose links do not match")
{
    struct list_node node;
    corrupt_list();
    list_insert_before(&corrupt.second, &node);
}
