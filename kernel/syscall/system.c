/*
 * The system as a whole: its name, limits, memory, log, random numbers and end.
 */
#include <assert.h>
#include <drivers/power.h>
#include <drivers/reset.h>
#include <fs/mount.h>
#include <kernel/cpu/random.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/process/credentials.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/task/clock.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

/* --- Names ----------------------------------------------------------------------------------- */

enum { NAME_SIZE = 65 };

/* Linux's struct new_utsname. glibc refuses releases below 3.2. */
static char host_name[NAME_SIZE] = "cairn";

int64_t syscall_uname(struct trap_frame *frame)
{
    static const char *const names[] = {"Linux", host_name, "6.1.0-cairn",
                                        "Cairn", "x86_64",  "(none)"};
    char all[ARRAY_SIZE(names)][NAME_SIZE] = {{0}};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        memcpy(all[i], names[i], strlen(names[i]));
    return syscall_result(copy_to_user(argument_0(frame), all, sizeof(all)));
}

int64_t syscall_sethostname(struct trap_frame *frame)
{
    char name[NAME_SIZE] = {0};
    if (!is_privileged())
        return syscall_result(ERROR_NOT_PERMITTED);
    if (argument_1(frame) >= sizeof(name))
        return syscall_result(ERROR_INVALID);
    enum error error = copy_from_user(name, argument_0(frame), argument_1(frame));
    if (!error)
        memcpy(host_name, name, sizeof(name));
    return syscall_result(error);
}

/* The result is the old value. All ones change nothing. */
int64_t syscall_personality(struct trap_frame *frame)
{
    struct process *process = process_current();
    uint32_t new = (uint32_t)argument_0(frame), old = process->personality;
    if (new != UINT32_MAX)
        process->personality = new;
    return old;
}

/* --- Memory and time ------------------------------------------------------------------------- */

/* Linux's struct sysinfo. */
struct system_information {
    int64_t uptime; /* seconds */
    uint64_t loads[3];
    uint64_t total, free, shared, buffers, total_swap, free_swap; /* in units */
    uint16_t processes, padding[3];
    uint64_t total_high, free_high;
    uint32_t unit, padding_2;
};
_Static_assert(sizeof(struct system_information) == 112, "Linux: uapi/linux/sysinfo.h");

int64_t syscall_sysinfo(struct trap_frame *frame)
{
    struct frames_stats stats;
    frames_stats(&stats);
    struct system_information information = {
        .uptime = (int64_t)(clock_now() / NANOSECONDS_PER_SECOND),
        .total = stats.total * PAGE_SIZE,
        .free = stats.free * PAGE_SIZE,
        .processes = (uint16_t)process_count(),
        .unit = 1,
    };
    return syscall_result(copy_to_user(argument_0(frame), &information, sizeof(information)));
}

int64_t syscall_getrandom(struct trap_frame *frame)
{
    enum { GRND_NONBLOCK = 1, GRND_RANDOM = 2, GRND_INSECURE = 4 };
    enum { KNOWN = GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE, BYTES_BETWEEN_YIELDS = 1 << 16 };
    virt_addr_t to = argument_0(frame);
    uint64_t size = MIN(argument_1(frame), (uint64_t)INT32_MAX), done = 0;
    unsigned flags = (unsigned)argument_2(frame);
    uint8_t bytes[256];
    if (flags & ~(unsigned)KNOWN || (flags & GRND_RANDOM && flags & GRND_INSECURE))
        return syscall_result(ERROR_INVALID);
    while (done < size) {
        size_t count = MIN(size - done, (uint64_t)sizeof(bytes));
        random_bytes(bytes, count);
        if (copy_to_user(to + done, bytes, count))
            return done ? (int64_t)done : syscall_result(ERROR_BAD_ADDRESS);
        done += count;
        if (done % BYTES_BETWEEN_YIELDS)
            continue;
        if (thread_is_interrupted(thread_current()))
            break;
        thread_yield();
    }
    return (int64_t)done;
}

/* --- The log --------------------------------------------------------------------------------- */

/* The log's lines, each with Linux's `<level>` in front. The oldest ones are left out if there is
 * no room for all. */
struct log_text {
    char *bytes;
    size_t size, room, skip;
};

static const int linux_levels[] = {
    [LOG_ALWAYS] = 5, [LOG_ERROR] = 3, [LOG_WARNING] = 4, [LOG_INFO] = 6, [LOG_DEBUG] = 7};

enum { PREFIX = 3 };

static void measure_line(void *context, enum log_level level, const char *line, size_t length)
{
    struct log_text *text = context;
    (void)level;
    (void)line;
    text->size += PREFIX + length;
}

static void add_line(void *context, enum log_level level, const char *line, size_t length)
{
    struct log_text *text = context;
    if (text->skip >= PREFIX + length) {
        text->skip -= PREFIX + length;
        return;
    }
    ASSERT(text->size < text->room);
    if (text->skip || text->room - text->size < PREFIX + length + 1) {
        text->skip = 0; /* only a part of the line fits, so it is left out */
        return;
    }
    snprintf(text->bytes + text->size, text->room - text->size, "<%d>", linux_levels[level]);
    memcpy(text->bytes + text->size + PREFIX, line, length);
    text->size += PREFIX + length;
}

static int64_t read_log(virt_addr_t to, size_t size)
{
    struct log_text text = {0};
    log_for_each(measure_line, &text);
    text.skip = text.size > size ? text.size - size : 0;
    text.size = 0;
    text.room = size + 1;
    text.bytes = kmalloc(text.room);
    if (!text.bytes)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    log_for_each(add_line, &text);
    enum error error = copy_to_user(to, text.bytes, text.size);
    kfree(text.bytes);
    return error ? syscall_result(error) : (int64_t)text.size;
}

int64_t syscall_syslog(struct trap_frame *frame)
{
    enum { READ_ALL = 3, SIZE_BUFFER = 10, LONGEST = 1 << 20 };
    struct log_text text = {0};
    switch (argument_0(frame)) {
    case READ_ALL:
        return read_log(argument_1(frame), MIN((uint32_t)argument_2(frame), (uint32_t)LONGEST));
    case SIZE_BUFFER:
        log_for_each(measure_line, &text);
        return (int64_t)text.size;
    default:
        return syscall_result(ERROR_INVALID);
    }
}

/* --- The end --------------------------------------------------------------------------------- */

int64_t syscall_reboot(struct trap_frame *frame)
{
    enum {
        MAGIC_1 = (int)0xfee1dead,
        MAGIC_2 = 672274793,
        MAGIC_2_MOST = 537993216, /* reboot(2) lists four */
        RESTART = 0x01234567,
        HALT = (int)0xcdef0123,
        POWER_OFF = 0x4321fedc,
        CAD_ON = (int)0x89abcdef,
        CAD_OFF = 0,
    };
    int magic_2 = (int)argument_1(frame);
    bool known = magic_2 == MAGIC_2 || magic_2 == 85072278 || magic_2 == 369367448 ||
                 magic_2 == MAGIC_2_MOST;
    if (!is_privileged())
        return syscall_result(ERROR_NOT_PERMITTED);
    if ((int)argument_0(frame) != MAGIC_1 || !known)
        return syscall_result(ERROR_INVALID);
    int command = (int)argument_2(frame);
    if (command == RESTART || command == POWER_OFF || command == HALT)
        mounts_stop();
    switch (command) {
    case CAD_ON:
    case CAD_OFF:
        return 0; /* Ctrl-Alt-Del has no effect of its own */
    case RESTART:
        console_flush();
        machine_reset();
    case POWER_OFF:
        console_flush();
        log_error("power: the machine does not switch off (%s)", error_name(machine_power_off()));
        halt_forever();
    case HALT:
        log_write(LOG_ALWAYS, "power: halted");
        console_flush();
        halt_forever();
    default:
        return syscall_result(ERROR_INVALID);
    }
}
