/*
 * A watched call is put into words when it begins and when it ends: afterwards its arguments may
 * lead elsewhere. Its text is in the thread's history. Where there is no memory for one, its calls
 * are not watched.
 *
 * In the log a call has one line, once it is over. If another thread makes a call in between, the
 * line is split as strace(1) does it: `read(0 <unfinished ...>`, `<... read resumed>, "a", 1) = 1`.
 */
#include <assert.h>
#include <kernel/log/log.h>
#include <kernel/process/process.h>
#include <kernel/syscall/call_text.h>
#include <kernel/syscall/call_trace.h>
#include <kernel/syscall/syscall.h>
#include <layout.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

enum { HISTORY = 16 };

struct traced_call {
    struct call_text text;
    int thread;
    bool is_over;
    size_t shown; /* bytes of the text that are in the log already, as unfinished */
};

struct call_history {
    unsigned count; /* of calls so far; the last ones are kept */
    struct traced_call calls[HISTORY];
};

static bool keep, log, log_all;
static char log_program[PROCESS_NAME];
static struct traced_call *unfinished; /* the last one to be logged, while no other has begun */

/* --- Texts ------------------------------------------------------------------------------------ */

static bool read_own_memory(void *context, void *to, virt_addr_t from, size_t size)
{
    (void)context;
    return copy_from_user(to, from, size) == OK;
}

/* For a thread that waits. What is not in memory is not fetched. */
static bool read_other_memory(void *context, void *to, virt_addr_t from, size_t size)
{
    const struct address_space *space = context;
    if (!user_range_is_valid(from, size))
        return false;
    while (size) {
        virt_addr_t page = ALIGN_DOWN(from, PAGE_SIZE);
        uint64_t entry = paging_entry(&space->tables, page);
        size_t part = MIN(size, page + PAGE_SIZE - from);
        if (!entry)
            return false;
        memcpy(to, (const char *)phys_to_virt(entry & PAGE_ADDRESS_MASK) + (from - page), part);
        to = (char *)to + part;
        from += part;
        size -= part;
    }
    return true;
}

static struct call call_of(const struct trap_frame *frame)
{
    return (struct call){
        .number = frame->error_code,
        .arguments = {argument_0(frame), argument_1(frame), argument_2(frame), argument_3(frame),
                      argument_4(frame), argument_5(frame)},
    };
}

/* --- The log ---------------------------------------------------------------------------------- */

static bool is_wanted(const struct process *process)
{
    return log && (log_all || strcmp(process->name, log_program) == 0);
}

/* Shows the begun call of another thread, if there is one. */
static void log_unfinished(void)
{
    if (!unfinished)
        return;
    log_info("strace: %d %s <unfinished ...>", unfinished->thread, unfinished->text.text);
    unfinished->shown = unfinished->text.length;
    unfinished = NULL;
}

static void log_end(struct traced_call *call, const char *name)
{
    if (unfinished == call)
        unfinished = NULL;
    else
        log_unfinished();
    ASSERT(call->shown <= call->text.length);
    if (call->shown)
        log_info("strace: %d <... %s resumed>%s", call->thread, name,
                 call->text.text + call->shown);
    else
        log_info("strace: %d %s", call->thread, call->text.text);
}

/* --- Watching --------------------------------------------------------------------------------- */

/* A new slot of the thread's history; NULL when there is no memory for one. */
static struct traced_call *next_slot(struct user_thread *thread)
{
    if (!thread->calls)
        thread->calls = kzalloc(sizeof(*thread->calls));
    return thread->calls ? &thread->calls->calls[thread->calls->count++ % HISTORY] : NULL;
}

static int64_t watch(struct trap_frame *frame, syscall_function *function)
{
    struct user_thread *thread = user_thread_current();
    const struct call_description *description = call_describe(frame->error_code);
    struct call call = call_of(frame);
    bool logged = is_wanted(thread->process);
    struct traced_call *slot = logged || keep ? next_slot(thread) : NULL;
    if (!slot)
        return function(frame);
    ASSERT(unfinished != slot); /* the thread's last call is over */
    slot->thread = thread->id;
    slot->shown = 0;
    slot->is_over = description && description->result == RESULT_NEVER;
    call_text_begin(&slot->text, &call, read_own_memory, NULL);
    if (logged) {
        log_unfinished();
        unfinished = slot;
    }
    if (!slot->is_over) {
        call.result = function(frame);
        slot->is_over = true;
    }
    call_text_end(&slot->text, &call);
    if (logged)
        log_end(slot, description ? description->name : "call");
    return description && description->result == RESULT_NEVER ? function(frame) : call.result;
}

void call_trace_log(const char *program)
{
    log = true;
    log_all = !program;
    string_copy(log_program, program ? program : "", sizeof(log_program));
    syscall_watch(watch);
}

void call_trace_keep(void)
{
    keep = true;
    syscall_watch(watch);
}

static void show_unfinished(struct call_text *text, void (*show)(const char *text))
{
    char line[CALL_TEXT + sizeof(" <unfinished ...>")];
    snprintf(line, sizeof(line), "%s <unfinished ...>", text->text);
    show(line);
}

/* Of a thread without a history: the call that it is in, or comes from. A thread that has run has
 * left the processor in a call or a trap, whose frame is on its stack. The frame's rax is the
 * call's number until the call is over. */
static void show_last(const struct user_thread *thread, void (*show)(const char *text))
{
    const struct trap_frame *frame = user_mode_frame(&thread->thread.stack);
    struct call_text text;
    if (!thread->thread.task.polls || frame->vector != VECTOR_SYSCALL)
        return;
    struct call call = call_of(frame);
    call_text_begin(&text, &call, read_other_memory, thread->process->space);
    if (frame->rax == frame->error_code) {
        show_unfinished(&text, show);
        return;
    }
    call.result = (int64_t)frame->rax;
    call_text_end(&text, &call);
    show(text.text);
}

void call_trace_for_each(const struct user_thread *thread, void (*show)(const char *text))
{
    struct call_history *history = thread->calls;
    if (!history) {
        show_last(thread, show);
        return;
    }
    for (unsigned i = history->count - MIN(history->count, (unsigned)HISTORY); i != history->count;
         i++) {
        struct traced_call *call = &history->calls[i % HISTORY];
        if (call->is_over)
            show(call->text.text);
        else
            show_unfinished(&call->text, show);
    }
}
