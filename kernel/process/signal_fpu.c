/*
 * What Linux has there (arch/x86/include/uapi/asm/sigcontext.h): the picture of XSAVE, in whose
 * unused bytes is told how long it is, and behind it a word by which a program sees that it has not
 * been cut. Without XSAVE it is that of FXSAVE alone.
 *
 * A program may return from a handler with a picture of its own. Those bytes tell whether it is one
 * of XSAVE; nothing in it is loaded that the processor does not take.
 */
#include <kernel/process/process.h>
#include <kernel/process/signal_fpu.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

#define MAGIC_1 UINT32_C(0x46505853)
#define MAGIC_2 UINT32_C(0x46505845)

/* Linux's struct _fpx_sw_bytes. */
struct description {
    uint32_t magic;
    uint32_t whole_size; /* with MAGIC_2 */
    uint64_t features;
    uint32_t size;
    uint32_t padding[7];
};
_Static_assert(sizeof(struct description) == sizeof(((struct fpu_state *)0)->available), "Linux");

size_t signal_fpu_size(void)
{
    return fpu_state_size() + (fpu_state_features() ? sizeof(MAGIC_2) : 0);
}

static struct description describe(void)
{
    if (!fpu_state_features())
        return (struct description){0};
    return (struct description){.magic = MAGIC_1,
                                .whole_size = (uint32_t)signal_fpu_size(),
                                .features = fpu_state_features(),
                                .size = (uint32_t)fpu_state_size()};
}

enum error signal_fpu_push(virt_addr_t to)
{
    struct user_registers *registers = &user_thread_current()->registers;
    const struct description description = describe();
    const uint32_t magic = MAGIC_2;
    user_registers_store(registers);
    memcpy(registers->fpu.available, &description, sizeof(description));
    /* A wait stores the same registers once more. */
    enum error error = copy_to_user(to, &registers->fpu, fpu_state_size());
    if (!error && description.magic)
        error = copy_to_user(to + description.size, &magic, sizeof(magic));
    user_registers_load_initial();
    return error;
}

/* Is the picture, of which FXSAVE's bytes are here, one of XSAVE? */
static bool is_extended(const struct fpu_state *state, virt_addr_t from)
{
    struct description description;
    uint32_t magic;
    memcpy(&description, state->available, sizeof(description));
    return fpu_state_features() && description.magic == MAGIC_1 &&
           description.size == fpu_state_size() &&
           copy_from_user(&magic, from + description.size, sizeof(magic)) == OK && magic == MAGIC_2;
}

static enum error fetch(struct fpu_state *state, virt_addr_t from)
{
    enum { X87_AND_SSE = 3 };
    enum error error = copy_from_user(state, from, FPU_LEGACY_SIZE);
    if (error)
        return error;
    if (is_extended(state, from))
        return copy_from_user(state, from, fpu_state_size());
    state->in_use = X87_AND_SSE;
    memset(state->reserved, 0, sizeof(state->reserved));
    return OK;
}

/* The copies are made first: a thread that waits stores its registers where these are to go. */
static enum error load(struct fpu_state *state, virt_addr_t from)
{
    struct user_thread *thread = user_thread_current();
    enum error error = fetch(state, from);
    if (error)
        return error;
    user_registers_store(&thread->registers);
    if (!fpu_state_is_valid(state, fpu_state_features(), &thread->registers.fpu))
        return ERROR_INVALID;
    memcpy(&thread->registers.fpu, state, fpu_state_size());
    user_registers_load(&thread->registers, &thread->thread.stack);
    return OK;
}

enum error signal_fpu_pop(virt_addr_t from)
{
    if (!from) {
        user_registers_load_initial();
        return OK;
    }
    struct fpu_state *state = kmalloc_aligned(sizeof(*state), _Alignof(struct fpu_state));
    if (!state)
        return ERROR_OUT_OF_FRAMES;
    enum error error = load(state, from);
    kfree(state);
    return error;
}
