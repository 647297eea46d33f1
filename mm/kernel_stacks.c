/*
 * The window is an array of slots of 32 KiB. A stack is the upper half of its slot; the lower half
 * is never mapped, and so is a guard for the slot's own stack and for the one below. A bitmap says
 * which slots are taken. It grows on the heap, and a search begins at the first word that may have
 * a free slot.
 *
 * Frames are mapped and unmapped each time: that costs a few thousand instructions in the life of a
 * thread, and no memory is kept by stacks that nobody uses.
 */
#include <assert.h>
#include <layout.h>
#include <mm/heap.h>
#include <mm/kernel_pages.h>
#include <mm/kernel_stacks.h>

enum { SLOT_SIZE = 2 * KERNEL_STACK_SIZE, SLOTS_PER_WORD = 64 };

static uint64_t *taken;   /* a bit for each slot */
static size_t words;      /* of the bitmap */
static size_t first_word; /* in the words before this one all slots are taken */

/* Adds as many words as there are. */
static enum error grow(void)
{
    size_t wanted = words ? 2 * words : 1;
    uint64_t *grown = krealloc(taken, wanted * sizeof(*taken));
    if (!grown)
        return ERROR_OUT_OF_FRAMES;
    for (size_t i = words; i < wanted; i++)
        grown[i] = 0;
    taken = grown;
    words = wanted;
    return OK;
}

static enum error take_slot(size_t *slot)
{
    while (first_word < words && !~taken[first_word])
        first_word++;
    if (first_word == words) {
        enum error error = grow();
        if (error)
            return error;
    }
    unsigned bit = (unsigned)__builtin_ctzll(~taken[first_word]);
    taken[first_word] |= UINT64_C(1) << bit;
    *slot = first_word * SLOTS_PER_WORD + bit;
    ASSERT(*slot < STACKS_WINDOW / SLOT_SIZE);
    return OK;
}

static void free_slot(size_t slot)
{
    size_t word = slot / SLOTS_PER_WORD;
    uint64_t bit = UINT64_C(1) << slot % SLOTS_PER_WORD;
    ASSERT(word < words);
    ASSERT(taken[word] & bit);
    taken[word] &= ~bit;
    first_word = MIN(first_word, word);
}

enum error kernel_stack_alloc(struct stack *stack)
{
    size_t slot;
    enum error error = take_slot(&slot);
    if (error)
        return error;
    stack->top = STACKS_BASE + (slot + 1) * SLOT_SIZE;
    stack->bottom = stack->top - KERNEL_STACK_SIZE;
    error = kernel_pages_map(stack->bottom, KERNEL_STACK_SIZE / PAGE_SIZE);
    if (error)
        free_slot(slot);
    return error;
}

void kernel_stack_free(const struct stack *stack)
{
    ASSERT(stack->top - stack->bottom == KERNEL_STACK_SIZE);
    ASSERT(stack->top > STACKS_BASE);
    kernel_pages_unmap(stack->bottom, KERNEL_STACK_SIZE / PAGE_SIZE);
    free_slot((stack->bottom - STACKS_BASE) / SLOT_SIZE);
}
