/*
 * The files of /proc that tell of the whole system, in the format of Linux's (proc(5)), as far as
 * ps, top, free, uptime and mount read them.
 */
#include <fs/file.h>
#include <fs/file_locks.h>
#include <fs/mount.h>
#include <fs/page_cache.h>
#include <fs/proc.h>
#include <fs/proc_system.h>
#include <fs/unix_rights.h>
#include <kernel/task/clock.h>
#include <kernel/task/executor.h>
#include <kernel/task/sleep.h>
#include <layout.h>
#include <lib/number.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/vm_area.h>

static uint64_t idle_time(void)
{
    return timers_executor ? clock_from_tsc(timers_executor->idle) : 0;
}

static enum error write_meminfo(struct text *text, int process)
{
    struct frames_stats frames;
    (void)process;
    frames_stats(&frames);
    uint64_t page_kib = PAGE_SIZE / 1024;
    text_printf(text, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\n", frames.total * page_kib,
                frames.free * page_kib);
    text_printf(text, "MemAvailable:   %8lu kB\n", frames.free * page_kib);
    struct allocator_stats heap;
    heap_stats(&heap);
    text_printf(text, "Slab:           %8lu kB\nSReclaimable:   %8lu kB\n",
                heap.committed_bytes / 1024, (heap.committed_bytes - heap.live_bytes) / 1024);
    text_printf(text, "SUnreclaim:     %8lu kB\n", heap.live_bytes / 1024);
    uint64_t cached = page_cache_pages() * page_kib;
    text_printf(text, "Cached:         %8lu kB\n", cached);
    static const char *const zeros[] = {"Buffers", "SwapCached", "SwapTotal", "SwapFree", "Shmem"};
    for (size_t i = 0; i < ARRAY_SIZE(zeros); i++)
        text_printf(text, "%s:%*s%8u kB\n", zeros[i], (int)(15 - strlen(zeros[i])), "", 0u);
    return OK;
}

static void write_seconds(struct text *text, uint64_t nanoseconds, char end)
{
    uint64_t hundredths = nanoseconds / (NANOSECONDS_PER_SECOND / 100);
    text_printf(text, "%lu.%02lu%c", hundredths / 100, hundredths % 100, end);
}

static enum error write_uptime(struct text *text, int process)
{
    (void)process;
    write_seconds(text, clock_now(), ' ');
    write_seconds(text, idle_time(), '\n');
    return OK;
}

static enum error write_version(struct text *text, int process)
{
    (void)process;
    text_printf(text, "Linux version 6.1.0-cairn (Cairn)\n");
    return OK;
}

static enum error write_mounts(struct text *text, int process)
{
    const struct fs_context everything = {.root = mount_root_path()};
    (void)process;
    mounts_describe(text, &everything);
    return OK;
}

static enum error write_filesystems(struct text *text, int process)
{
    (void)process;
    filesystem_types_describe(text);
    return OK;
}

static enum error write_release(struct text *text, int process)
{
    (void)process;
    text_printf(text, "6.1.0-cairn\n");
    return OK;
}

static enum error write_max_map_count(struct text *text, int process)
{
    (void)process;
    text_printf(text, "%lu\n", areas_max);
    return OK;
}

static enum error store_max_map_count(const char *text, int process)
{
    uint64_t most;
    (void)process;
    if (!parse_number(text, &most) || most > INT32_MAX)
        return ERROR_INVALID;
    areas_max = most;
    return OK;
}

static enum error write_file_max(struct text *text, int process)
{
    (void)process;
    text_printf(text, "%lu\n", files_max());
    return OK;
}

static enum error write_file_nr(struct text *text, int process)
{
    (void)process;
    text_printf(text, "%lu\t0\t%lu\n", files_open(), files_max());
    return OK;
}

static enum error write_system(struct text *text, int process)
{
    (void)process;
    text_printf(text, "Linux\n");
    return OK;
}

static enum error write_locks(struct text *text, int process)
{
    (void)process;
    file_locks_describe(text);
    return OK;
}

static enum error write_sockets(struct text *text, int process)
{
    (void)process;
    unix_sockets_describe(text);
    return OK;
}

void proc_system_add(void)
{
    static struct proc_entry entries[] = {
        {.name = "meminfo", .write = write_meminfo},
        {.name = "uptime", .write = write_uptime},
        {.name = "cpuinfo", .write = proc_write_cpuinfo},
        {.name = "version", .write = write_version},
        {.name = "mounts", .write = write_mounts},
        {.name = "filesystems", .write = write_filesystems},
        {.name = "sys/kernel/osrelease", .write = write_release},
        {.name = "sys/kernel/ostype", .write = write_system},
        {.name = "sys/vm/max_map_count",
         .write = write_max_map_count,
         .store = store_max_map_count},
        {.name = "sys/fs/file-max", .write = write_file_max},
        {.name = "sys/fs/file-nr", .write = write_file_nr},
        {.name = "locks", .write = write_locks},
        {.name = "net/unix", .write = write_sockets},
    };
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
        proc_add(&entries[i]);
}
