/*
 * Linux's format (arch/x86/include/uapi/asm/sigcontext.h): the image that XSAVE stores. Its unused
 * bytes hold a description with the image's length, and a magic word follows it, by which a program
 * sees that the image was not cut. Without XSAVE it is the shorter image of FXSAVE, with neither.
 *
 * A program may return from a handler with an image of its own. The description tells whether that
 * is one of XSAVE, and an image that the processor would refuse is not loaded.
 */
#include <kernel/process/process.h>
#include <kernel/process/signal_fpu.h>
#include <lib/string.h>
#include <mm/user_copy.h>

#define MAGIC_1 UINT32_C(0x46505853)
#define MAGIC_2 UINT32_C(0x46505845)

/* Linux's struct _fpx_sw_bytes. */
struct description {
    uint32_t magic;
    uint32_t whole_size; /* of the image and MAGIC_2 */
    uint64_t features;
    uint32_t size; /* of the image alone */
    uint32_t padding[7];
};
_Static_assert(sizeof(struct description) == sizeof(((struct fpu_state *)0)->available), "Linux");

size_t signal_fpu_size(void)
{
    return fpu_state_size() + (fpu_state_features() ? sizeof(MAGIC_2) : 0);
}

/* Fills in the bytes that the processor does not write when it saves. In XSAVE's header it does not
 * write the bits of features that are not saved. */
static void describe(struct fpu_state *state)
{
    struct description description = {0};
    if (fpu_state_features()) {
        description = (struct description){.magic = MAGIC_1,
                                           .whole_size = (uint32_t)signal_fpu_size(),
                                           .features = fpu_state_features(),
                                           .size = (uint32_t)fpu_state_size()};
        state->in_use = 0;
        memset(state->reserved, 0, sizeof(state->reserved));
    }
    memcpy(state->available, &description, sizeof(description));
}

/* Where the kernel cannot write to the program's memory directly, the image is made in the thread's
 * own `registers` and copied. A wait during the copy does no harm: it saves the same image there.
 */
enum error signal_fpu_push(virt_addr_t to, void *in_place)
{
    struct fpu_state *state = in_place ? in_place : &user_thread_current()->registers.fpu;
    const uint32_t magic = MAGIC_2;
    enum error error = OK;
    describe(state);
    fpu_state_save(state);
    if (!in_place)
        error = copy_to_user(to, state, fpu_state_size());
    if (!error && fpu_state_features())
        error = copy_to_user(to + fpu_state_size(), &magic, sizeof(magic));
    fpu_state_load_initial();
    return error;
}

/* Is it an image of XSAVE? `state` has its first part, as long as FXSAVE's. */
static bool is_extended(const struct fpu_state *state, virt_addr_t from)
{
    struct description description;
    uint32_t magic;
    memcpy(&description, state->available, sizeof(description));
    return description.magic == MAGIC_1 && description.size == fpu_state_size() &&
           copy_from_user(&magic, from + description.size, sizeof(magic)) == OK && magic == MAGIC_2;
}

static enum error fetch(struct fpu_state *state, virt_addr_t from)
{
    enum { X87_AND_SSE = 3 };
    enum error error = copy_from_user(state, from, FPU_LEGACY_SIZE);
    if (error)
        return error;
    if (!fpu_state_features())
        return OK;
    if (is_extended(state, from))
        return copy_from_user(&state->in_use, from + FPU_LEGACY_SIZE,
                              fpu_state_size() - FPU_LEGACY_SIZE);
    state->in_use = X87_AND_SSE;
    memset(state->reserved, 0, sizeof(state->reserved));
    return OK;
}

/* The image is fetched into the thread's own `registers`. If the copy waits for a page, the switch
 * to another thread saves the loaded registers there; then the image is fetched once more. */
enum error signal_fpu_pop(virt_addr_t from)
{
    struct user_thread *thread = user_thread_current();
    struct fpu_state *state = &thread->registers.fpu;
    enum error error = OK;
    uint64_t polls;
    if (!from) {
        fpu_state_load_initial();
        return OK;
    }
    fpu_state_save(state);
    uint32_t mxcsr_mask = state->mxcsr_mask;
    do {
        polls = thread->thread.task.polls;
        error = fetch(state, from);
    } while (!error && polls != thread->thread.task.polls);
    if (!error && !fpu_state_is_valid(state, mxcsr_mask))
        error = ERROR_INVALID;
    if (error)
        fpu_state_load_initial();
    else
        fpu_state_load(state);
    return error;
}
