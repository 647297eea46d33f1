#include <fs/dentry.h>
#include <fs/device.h>
#include <fs/filesystem.h>
#include <kernel/process/credentials.h>
#include <kernel/process/out_of_memory.h>
#include <kernel/process/proc_memory.h>
#include <kernel/process/process.h>
#include <kernel/process/vdso.h>
#include <layout.h>
#include <lib/number.h>
#include <lib/string.h>
#include <mm/area_usage.h>
#include <mm/heap.h>

/* --- maps, smaps ----------------------------------------------------------------------------- */

/* The file that an area shows; NULL: none. */
static struct inode *inode_of(const struct vm_area *area)
{
    bool is_file = area->object && area->object->operations->is_file;
    return is_file ? CONTAINER_OF(area->object, struct inode, object) : NULL;
}

static const char *memory_name(const struct address_space *space, const struct vm_area *area)
{
    const char *name = vdso_area_name(area);
    if (name)
        return name;
    if (area->flags & AREA_GROWS_DOWN)
        return "[stack]";
    return area->start < space->heap_end && area->end > space->heap_start && !area->object
               ? "[heap]"
               : "";
}

/* Appends the name by which the file was last opened. */
static void append_path(struct text *text, const struct fs_context *context,
                        const struct inode *inode)
{
    char *path = inode->opened_as ? kmalloc(PATH_MAX) : NULL;
    if (path && dentry_path(context, inode->opened_as, path, PATH_MAX) == OK)
        text_append(text, path, strlen(path));
    kfree(path);
}

/* Appends an area's line in Linux's format: the name begins in column 74. */
static void append_area(struct text *text, const struct process *process,
                        const struct vm_area *area)
{
    enum { NAME_COLUMN = 73 };
    const struct inode *inode = inode_of(area);
    uint32_t device = inode ? inode->filesystem->device : 0;
    size_t start = text->length;
    text_printf(text, "%lx-%lx %c%c%c%c %08lx %02x:%02x %lu ", area->start, area->end,
                area->flags & AREA_READ ? 'r' : '-', area->flags & AREA_WRITE ? 'w' : '-',
                area->flags & AREA_EXECUTE ? 'x' : '-', area->flags & AREA_SHARED ? 's' : 'p',
                area->offset, device_major(device), device_minor(device),
                inode ? inode->number : 0);
    const char *name = memory_name(process->space, area);
    if (inode || *name) {
        size_t written = text->length - start;
        text_printf(text, "%*s", written < NAME_COLUMN ? (int)(NAME_COLUMN - written) : 0, "");
    }
    if (inode && process->fs)
        append_path(text, process->fs, inode);
    else
        text_printf(text, "%s", name);
    text_printf(text, "\n");
}

static void append_usage(struct text *text, const struct address_space *space,
                         const struct vm_area *area)
{
    struct area_usage usage;
    area_usage_get(space, area, &usage);
    uint64_t locked = area->flags & AREA_LOCKED ? usage.proportional : 0;
    const struct {
        const char *name;
        uint64_t bytes;
    } rows[] = {
        {"Size:", area->end - area->start},
        {"KernelPageSize:", PAGE_SIZE},
        {"MMUPageSize:", PAGE_SIZE},
        {"Rss:", usage.resident},
        {"Pss:", usage.proportional},
        {"Shared_Clean:", usage.shared_clean},
        {"Shared_Dirty:", usage.shared_dirty},
        {"Private_Clean:", usage.private_clean},
        {"Private_Dirty:", usage.private_dirty},
        {"Referenced:", usage.referenced},
        {"Anonymous:", area->object ? 0 : usage.resident},
        {"Swap:", 0},
        {"Locked:", locked},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        text_printf(text, "%-16s%8lu kB\n", rows[i].name, rows[i].bytes / 1024);
}

static enum error write_areas(struct text *text, int id, bool with_usage)
{
    const struct process *process = process_of_number(id);
    if (!process)
        return ERROR_NO_PROCESS;
    const struct address_space *space = process->space;
    const struct vm_area *area = space ? address_space_next_area(space, 0) : NULL;
    for (; area; area = address_space_next_area(space, area->end)) {
        append_area(text, process, area);
        if (with_usage)
            append_usage(text, space, area);
    }
    return OK;
}

enum error proc_write_maps(struct text *text, int id)
{
    return write_areas(text, id, false);
}

enum error proc_write_smaps(struct text *text, int id)
{
    return write_areas(text, id, true);
}

/* --- statm ----------------------------------------------------------------------------------- */

/* The numbers, in pages: total, resident, shared, code, 0, data and stack, 0 (proc(5)). */
enum error proc_write_statm(struct text *text, int id)
{
    const struct process *process = process_of_number(id);
    if (!process)
        return ERROR_NO_PROCESS;
    const struct address_space *space = process->space;
    uint64_t shared = 0, code = 0, data = 0;
    const struct vm_area *area = space ? address_space_next_area(space, 0) : NULL;
    for (; area; area = address_space_next_area(space, area->end)) {
        struct area_usage usage;
        uint64_t pages = (area->end - area->start) / PAGE_SIZE;
        area_usage_get(space, area, &usage);
        shared += area->object ? (usage.shared_clean + usage.shared_dirty) / PAGE_SIZE : 0;
        code += area->flags & AREA_EXECUTE && !(area->flags & AREA_WRITE) ? pages : 0;
        data += area->flags & AREA_WRITE && !(area->flags & AREA_SHARED) ? pages : 0;
    }
    text_printf(text, "%lu %lu %lu %lu 0 %lu 0\n", space ? space->mapped_pages : 0,
                space ? space->resident_pages : 0, shared, code, data);
    return OK;
}

/* --- When memory is short -------------------------------------------------------------------- */

enum error proc_write_oom_score(struct text *text, int id)
{
    const struct process *process = process_of_number(id);
    if (!process)
        return ERROR_NO_PROCESS;
    text_printf(text, "%ld\n", out_of_memory_score(process));
    return OK;
}

enum error proc_write_oom_adjust(struct text *text, int id)
{
    const struct process *process = process_of_number(id);
    if (!process)
        return ERROR_NO_PROCESS;
    text_printf(text, "%d\n", process->oom_adjust);
    return OK;
}

enum error proc_store_oom_adjust(const char *text, int id)
{
    struct process *process = process_of_number(id);
    uint64_t number;
    bool is_negative = *text == '-';
    if (!process)
        return ERROR_NO_PROCESS;
    if (!parse_number(text + is_negative, &number) || number > OOM_ADJUST_MAX)
        return ERROR_INVALID;
    int adjust = is_negative ? -(int)number : (int)number;
    bool is_root = is_privileged();
    if (adjust < process->oom_adjust_least && !is_root)
        return ERROR_ACCESS;
    if (is_root)
        process->oom_adjust_least = adjust;
    process->oom_adjust = adjust;
    return OK;
}
