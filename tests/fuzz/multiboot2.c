/*
 * The loader's information, with any tags: of each, the input says the type, how long it is, how
 * much longer it claims to be, and what is in it. Whatever the reader takes over has to be kept
 * from being handed out, and what is handed out has to be memory.
 */
#include <assert.h>
#include <boot/multiboot2.h>
#include <layout.h>
#include <mm/memory_map.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { TAG_TYPES = 20, TAG_HEADER = 8, INFORMATION_HEADER = 8 };

#define AT UINT64_C(0x10000)

/* Cuts the input into tags; returns how many bytes they take, with the header in front of them: at
 * most 8 for each byte of the input, and 8. */
static size_t make_tags(uint8_t *to, const uint8_t *bytes, size_t size)
{
    size_t used = INFORMATION_HEADER;
    while (size >= 3) {
        size_t length = MIN(bytes[1], size - 3);
        const uint32_t header[2] = {bytes[0] % TAG_TYPES,
                                    (uint32_t)(TAG_HEADER + length) + bytes[2] / 250};
        memcpy(to + used, header, sizeof(header));
        memcpy(to + used + TAG_HEADER, bytes + 3, length);
        used = ALIGN_UP(used + TAG_HEADER + length, 8);
        bytes += 3 + length;
        size -= 3 + length;
    }
    return used;
}

static bool is_reserved(const struct boot_info *info, struct phys_range range)
{
    for (size_t i = 0; i < info->reserved_count; i++) {
        if (info->reserved[i].start <= range.start && range.end <= info->reserved[i].end)
            return true;
    }
    return range.start >= range.end;
}

static void check_kept(const struct boot_info *info)
{
    ASSERT(strlen(info->command_line) < sizeof(info->command_line));
    ASSERT(strlen(info->loader) < sizeof(info->loader));
    ASSERT(info->region_count <= BOOT_MAX_REGIONS);
    ASSERT(info->reserved_count <= BOOT_MAX_RESERVED);
    ASSERT(is_reserved(info, info->symbols));
    ASSERT(is_reserved(info, info->symbol_names));
    for (size_t i = 0; i < info->module_count; i++) {
        ASSERT(strlen(info->modules[i].name) < sizeof(info->modules[i].name));
        ASSERT(is_reserved(info, info->modules[i].range));
    }
    const struct boot_framebuffer *pixels = &info->framebuffer;
    if (pixels->kind == FRAMEBUFFER_RGB)
        ASSERT(is_reserved(
            info, (struct phys_range){pixels->address,
                                      pixels->address + (uint64_t)pixels->pitch * pixels->height}));
}

static void check_usable(const struct boot_info *info)
{
    struct phys_range range;
    phys_addr_t end = 0;
    for (phys_addr_t at = 0; memory_map_next(info, MEMORY_USABLE, &at, &range); end = range.end) {
        ASSERT(range.start >= MAX(end, MIB(1)));
        ASSERT(range.start < range.end);
        ASSERT(range.end <= DIRECT_MAP_SIZE);
        ASSERT(IS_ALIGNED(range.start | range.end, PAGE_SIZE));
        for (size_t i = 0; i < info->reserved_count; i++)
            ASSERT(info->reserved[i].end <= range.start || info->reserved[i].start >= range.end);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct boot_info info;
    memset(&info, 0, sizeof(info));
    uint8_t *room = calloc(1, INFORMATION_HEADER + size * 8);
    size_t used = make_tags(room, bytes, size);
    uint8_t *information = malloc(used);
    memcpy(information, room, used);
    multiboot2_read(&info, information, used, AT);
    check_kept(&info);
    check_usable(&info);
    free(room);
    free(information);
    return 0;
}
