#include <kernel/log/log.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/description.h>

/* Each missing call is logged once. */
static uint64_t logged[16];

static int64_t missing(struct trap_frame *frame)
{
    uint64_t number = frame->error_code;
    if (number < 64 * ARRAY_SIZE(logged) && !(logged[number / 64] >> number % 64 & 1)) {
        logged[number / 64] |= UINT64_C(1) << number % 64;
        const struct call_description *known = call_describe(number);
        log_debug("syscall: %s makes call %lu (%s), which is not there", process_current()->name,
                  number, known ? known->name : "unknown");
    }
    return syscall_result(ERROR_NO_CALL);
}

/* By Linux's number. */
static syscall_function *const calls[] = {
#define CALL(number, result, name, ...) [number] = syscall_##name,
#define MISSING(number, name)           [number] = missing,
#define UNUSED(first, last)             [first... last] = missing,
#include <kernel/syscall/table.def>
};

static syscall_watcher *watcher;
static uint64_t unwatched = ARRAY_SIZE(calls); /* calls below go straight to their functions */

void syscall_watch(syscall_watcher *by)
{
    watcher = by;
    unwatched = by ? 0 : ARRAY_SIZE(calls);
}

static NOINLINE int64_t dispatch_rest(struct trap_frame *frame)
{
    uint64_t number = frame->error_code;
    syscall_function *call = number < ARRAY_SIZE(calls) ? calls[number] : missing;
    return watcher ? watcher(frame, call) : call(frame);
}

void syscall_dispatch(struct trap_frame *frame)
{
    uint64_t number = frame->error_code; /* user_entry.asm puts it there; rax becomes the result */
    int64_t result = number < unwatched ? calls[number](frame) : dispatch_rest(frame);
    if (LOCKS_ARE_CHECKED && thread_current()) /* else a test makes the call */
        lock_order_check_none(&thread_current()->held_locks);
    frame->rax = (uint64_t)result;
}
