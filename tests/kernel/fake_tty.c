#include "fake_tty.h"

#include <kernel/tty/controls.h>
#include <kernel/tty/terminals.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/kernel_stacks.h>

struct fake_tty fake_tty = {.executor = EXECUTOR_INIT(fake_tty.executor)};

/* --- The device ------------------------------------------------------------------------------- */

static char shown[16 * 1024];

static void write(struct tty *tty, const char *bytes, size_t count)
{
    (void)tty;
    ASSERT(fake_tty.shown_count + count < sizeof(shown));
    memcpy(shown + fake_tty.shown_count, bytes, count);
    fake_tty.shown_count += count;
}

static bool has_room(const struct tty *tty, bool all)
{
    (void)tty;
    (void)all;
    return !fake_tty.is_full;
}

static const struct tty_device device = {.write = write, .has_room = has_room, .resets = true};

const char *fake_tty_seen(void)
{
    shown[fake_tty.shown_count] = '\0';
    fake_tty.shown_count = 0;
    return shown;
}

void fake_tty_type(const char *text)
{
    tty_input(&fake_tty.tty, (const uint8_t *)text, strlen(text));
}

/* --- The process ------------------------------------------------------------------------------ */

static int current_group(void)
{
    return fake_tty.group;
}

static int current_session(void)
{
    return fake_tty.session;
}

static bool current_leads_session(void)
{
    return fake_tty.leads;
}

static bool current_ignores(int signal)
{
    (void)signal;
    return fake_tty.ignores;
}

static bool current_group_is_orphaned(void)
{
    return fake_tty.orphaned;
}

static bool current_is_privileged(void)
{
    return fake_tty.is_privileged;
}

static void signal_group(int to, int signal)
{
    size_t length = strlen(fake_tty.signals);
    snprintf(fake_tty.signals + length, sizeof(fake_tty.signals) - length, "%d:%d ", to, signal);
}

static int session_of_group(int number)
{
    return number == LEADER || number == JOB ? LEADER : number == OTHER_SESSION ? number : 0;
}

static const struct tty_hooks hooks = {
    .current_group = current_group,
    .current_session = current_session,
    .current_leads_session = current_leads_session,
    .current_ignores = current_ignores,
    .current_group_is_orphaned = current_group_is_orphaned,
    .current_is_privileged = current_is_privileged,
    .signal_group = signal_group,
    .session_of_group = session_of_group,
};

void fake_tty_begin(void)
{
    static bool added;
    static const struct termios settings = TERMIOS_INITIAL;
    struct tty *tty = &fake_tty.tty;
    tty->device = &device;
    tty->size = (struct window_size){.rows = 25, .columns = 80};
    if (!added)
        tty_add(tty, &settings, NULL);
    added = true;
    tty_set_hooks(&hooks);
    tty_set_termios(tty, &settings);
    line_discipline_flush(&tty->discipline);
    tty->session = tty->foreground = 0;
    fake_tty.group = fake_tty.session = LEADER;
    fake_tty.leads = true;
    fake_tty.is_privileged = false;
    fake_tty.ignores = fake_tty.orphaned = fake_tty.is_full = false;
    fake_tty.shown_count = 0;
    fake_tty.signals[0] = '\0';
}

void fake_tty_set_raw(uint8_t minimum, uint8_t tenths)
{
    struct termios termios = TERMIOS_INITIAL;
    termios.local &= ~(uint32_t)(ICANON | ECHO);
    termios.characters[VMIN] = minimum;
    termios.characters[VTIME] = tenths;
    tty_set_termios(&fake_tty.tty, &termios);
}

/* --- The threads ------------------------------------------------------------------------------ */

static void call(struct thread *thread,
                 enum error (*move)(struct file *, struct buffer *, uint64_t *))
{
    struct caller *caller = CONTAINER_OF(thread, struct caller, thread);
    struct buffer buffer;
    buffer_init_kernel(&buffer, caller->bytes, caller->size);
    caller->error = move(&caller->file, &buffer, &caller->file.position);
    caller->moved = caller->size - buffer.left;
    caller->over = true;
}

static void run_read(struct thread *thread)
{
    call(thread, tty_read);
}

static void run_write(struct thread *thread)
{
    call(thread, tty_write);
}

static void release(struct task *task)
{
    kernel_stack_free(&CONTAINER_OF(task, struct thread, task)->stack);
}

static void start(struct caller *caller, void (*run)(struct thread *), size_t size, unsigned flags)
{
    struct stack stack;
    enum error error = kernel_stack_alloc(&stack);
    ASSERT(!error);
    caller->size = size;
    caller->over = false;
    caller->file.flags = flags;
    tty_file_init(&caller->file, &fake_tty.tty, false);
    thread_init(&caller->thread, "caller", &stack, run, release);
    executor_spawn(&fake_tty.executor, &caller->thread.task);
    executor_run_ready(&fake_tty.executor);
}

void fake_tty_start_read(size_t size, unsigned flags)
{
    struct caller *reader = &fake_tty.reader;
    memset(reader->bytes, 0, sizeof(reader->bytes));
    start(reader, run_read, size, flags);
}

void fake_tty_start_write(const char *text, unsigned flags)
{
    struct caller *writer = &fake_tty.writer;
    start(writer, run_write, string_copy(writer->bytes, text, sizeof(writer->bytes)), flags);
}

void fake_tty_type_and_run(const char *text)
{
    fake_tty_type(text);
    executor_run_ready(&fake_tty.executor);
}
