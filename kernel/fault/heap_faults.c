/*
 * Faults on purpose: wrong uses of the heap. The allocators find a bad free by themselves; only the
 * debugging heap finds stray writes.
 */
#include <kernel/fault/trigger.h>
#include <kernel/log/console.h>
#include <mm/heap.h>

enum { RET = 0xc3, SIZE = 40 };

/* A block of the heap; NULL, and a line on the console, if there is no memory. The compiler must
 * not know that the block is from kmalloc(): it would assume that no code here uses it wrongly. */
static uint8_t *allocate(void)
{
    uint8_t *block = kmalloc(SIZE);
    if (!block)
        console_printf("fault: the heap is out of memory\n");
    __asm__ volatile("" : "+r"(block));
    return block;
}

static bool has_debug_heap(void)
{
    if (!heap_is_debugging())
        console_printf("fault: only the debugging heap notices; boot with heap_debug=1\n");
    return heap_is_debugging();
}

FAULT(exec_heap, "exec-heap", "execute a block of the heap")
{
    uint8_t *code = allocate();
    if (!code)
        return;
    *code = RET;
    __asm__ volatile("call *%0" : : "r"(code) : "memory", "cc");
    console_printf("fault: the heap could be executed\n");
}

FAULT(double_free, "double-free", "free a block twice")
{
    uint8_t *block = allocate();
    kfree(block);
    __asm__ volatile("" : "+r"(block));
    kfree(block);
}

FAULT(invalid_free, "invalid-free", "free an address inside a block")
{
    uint8_t *block = allocate();
    if (block)
        kfree(block + 8);
}

FAULT(foreign_free, "foreign-free", "free an address that is not the heap's")
{
    static uint8_t not_a_block[SIZE];
    kfree(not_a_block);
}

FAULT(heap_overrun, "heap-overrun", "write past the end of a block")
{
    uint8_t *block = has_debug_heap() ? allocate() : NULL;
    if (!block)
        return;
    block[SIZE] = 'A';
    kfree(block);
}

FAULT(use_after_free, "use-after-free", "write to a block that has been freed")
{
    uint8_t *block = has_debug_heap() ? allocate() : NULL;
    if (!block)
        return;
    kfree(block);
    __asm__ volatile("" : "+r"(block));
    *block = 'A';
    heap_check();
}
