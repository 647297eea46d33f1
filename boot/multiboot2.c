/*
 * The Multiboot2 information (specification 2.0, section 3.6) is a row of tags, each with its type
 * and size, in memory that the kernel does not own. It is outside data: every tag is checked
 * against the end of the row before it is read, every entry against the end of its tag, and every
 * string is cut to its room. Fields are copied with memcpy into plain structs, so no alignment is
 * assumed.
 */
#include <boot/multiboot2.h>
#include <layout.h>
#include <lib/string.h>

enum tag_type {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_LOADER_NAME = 2,
    TAG_MODULE = 3,
    TAG_MEMORY_MAP = 6,
    TAG_FRAMEBUFFER = 8,
    TAG_ELF_SECTIONS = 9,
    TAG_ACPI_OLD = 14,
    TAG_ACPI_NEW = 15,
};

struct tag_header {
    uint32_t type;
    uint32_t size; /* of header and body; the next tag begins at the next multiple of 8 */
};

struct information_header {
    uint32_t size;
    uint32_t reserved;
};

struct module_tag {
    uint32_t start;
    uint32_t end;
};

struct memory_map_tag {
    uint32_t entry_size;
    uint32_t entry_version;
};

struct memory_map_entry {
    uint64_t base;
    uint64_t length;
    uint32_t type;
    uint32_t reserved;
};

struct framebuffer_tag {
    uint64_t address;
    uint32_t pitch;
    uint32_t width;
    uint32_t height;
    uint8_t bits_per_pixel;
    uint8_t type;
    uint16_t reserved;
};

enum {
    FRAMEBUFFER_TYPE_INDEXED = 0,
    FRAMEBUFFER_TYPE_RGB = 1,
    FRAMEBUFFER_TYPE_EGA_TEXT = 2,
};

struct framebuffer_colours {
    uint8_t red_position, red_size;
    uint8_t green_position, green_size;
    uint8_t blue_position, blue_size;
};

struct elf_sections_tag {
    uint32_t count;
    uint32_t entry_size;
    uint32_t names_index;
};

/* ELF64 section header (System V ABI, AMD64). */
struct elf_section {
    uint32_t name;
    uint32_t type;
    uint64_t flags;
    uint64_t address; /* where the loader put it, once it is loaded */
    uint64_t offset;
    uint64_t size;
    uint32_t link; /* of a symbol table: the index of its string table */
    uint32_t info;
    uint64_t alignment;
    uint64_t entry_size;
};

enum { SECTION_SYMBOL_TABLE = 2, SECTION_STRING_TABLE = 3 };

_Static_assert(sizeof(struct memory_map_entry) == 24, "Multiboot2 3.6.8");
_Static_assert(sizeof(struct framebuffer_tag) == 24, "Multiboot2 3.6.12");
_Static_assert(sizeof(struct elf_sections_tag) == 12, "Multiboot2 3.6.7");
_Static_assert(sizeof(struct elf_section) == 64, "System V ABI: Elf64_Shdr");

/* The bytes that may be read: those of a tag after its header, or those of all tags. */
struct body {
    const unsigned char *bytes;
    size_t size;
};

/* Copies `size` bytes at `offset`; false when the body ends before that. `size` is a constant, so
 * the compiler turns the copy into a few moves. */
static inline bool body_read(struct body body, size_t offset, void *to, size_t size)
{
    if (offset > body.size || size > body.size - offset)
        return false;
    __builtin_memcpy(to, body.bytes + offset, size);
    return true;
}

/* Copies the string at `offset`, ended by a NUL or the body's end, into `room` bytes. Returns false
 * when it was cut. */
static bool body_string(struct body body, size_t offset, char *to, size_t room)
{
    if (offset > body.size)
        offset = body.size;
    const char *from = (const char *)body.bytes + offset;
    size_t length = strnlen(from, body.size - offset);
    size_t copied = MIN(length, room - 1);
    memcpy(to, from, copied);
    to[copied] = '\0';
    return copied == length;
}

/* Do two ranges share a page, or lie on adjacent ones? */
static bool touch(struct phys_range a, struct phys_range b)
{
    return ALIGN_DOWN(a.start, PAGE_SIZE) <= ALIGN_UP(b.end, PAGE_SIZE) &&
           ALIGN_DOWN(b.start, PAGE_SIZE) <= ALIGN_UP(a.end, PAGE_SIZE);
}

/* Marks a range as not to be allocated. Adjacent ranges become one, so that there are fewer to
 * search. When there is no room for another range, the last one grows to include it: that reserves
 * too much, never too little. */
static void reserve(struct boot_info *info, phys_addr_t start, phys_addr_t end)
{
    struct phys_range range = {start, end};
    if (start >= end)
        return;
    for (size_t i = 0; i < info->reserved_count; i++) {
        struct phys_range *other = &info->reserved[i];
        if (touch(*other, range) || i == BOOT_MAX_RESERVED - 1) {
            other->start = MIN(other->start, start);
            other->end = MAX(other->end, end);
            return;
        }
    }
    info->reserved[info->reserved_count++] = range;
}

static void read_module(struct boot_info *info, struct body body)
{
    struct module_tag tag;
    if (!body_read(body, 0, &tag, sizeof(tag)) || tag.start >= tag.end)
        return;
    reserve(info, tag.start, tag.end);
    if (info->module_count == BOOT_MAX_MODULES) {
        info->modules_left_out++;
        return;
    }
    struct boot_module *module = &info->modules[info->module_count++];
    module->range = (struct phys_range){tag.start, tag.end};
    body_string(body, sizeof(tag), module->name, sizeof(module->name));
}

static void read_memory_map(struct boot_info *info, struct body body)
{
    struct memory_map_tag tag;
    struct memory_map_entry entry;
    if (!body_read(body, 0, &tag, sizeof(tag)) || tag.entry_size < sizeof(entry))
        return;
    for (size_t offset = sizeof(tag); body_read(body, offset, &entry, sizeof(entry));
         offset += tag.entry_size) {
        if (info->region_count == BOOT_MAX_REGIONS) {
            info->regions_left_out++;
            continue;
        }
        info->regions[info->region_count++] =
            (struct memory_region){entry.base, entry.length, entry.type};
    }
}

static enum framebuffer_kind framebuffer_kind(uint8_t type)
{
    switch (type) {
    case FRAMEBUFFER_TYPE_INDEXED:
        return FRAMEBUFFER_INDEXED;
    case FRAMEBUFFER_TYPE_RGB:
        return FRAMEBUFFER_RGB;
    case FRAMEBUFFER_TYPE_EGA_TEXT:
        return FRAMEBUFFER_TEXT;
    default:
        return FRAMEBUFFER_NONE;
    }
}

static void read_framebuffer(struct boot_info *info, struct body body)
{
    struct framebuffer_tag tag;
    struct framebuffer_colours colours = {0};
    if (!body_read(body, 0, &tag, sizeof(tag)))
        return;
    enum framebuffer_kind kind = framebuffer_kind(tag.type);
    if (kind == FRAMEBUFFER_NONE ||
        (kind == FRAMEBUFFER_RGB && !body_read(body, sizeof(tag), &colours, sizeof(colours))))
        return;
    if (kind == FRAMEBUFFER_RGB)
        reserve(info, tag.address, tag.address + (uint64_t)tag.pitch * tag.height);
    info->framebuffer = (struct boot_framebuffer){
        .kind = kind,
        .address = tag.address,
        .pitch = tag.pitch,
        .width = tag.width,
        .height = tag.height,
        .bits_per_pixel = tag.bits_per_pixel,
        .red_position = colours.red_position,
        .red_size = colours.red_size,
        .green_position = colours.green_position,
        .green_size = colours.green_size,
        .blue_position = colours.blue_position,
        .blue_size = colours.blue_size,
    };
}

static struct elf_section read_section(const unsigned char *header)
{
    struct elf_section section;
    __builtin_memcpy(&section, header, sizeof(section));
    return section;
}

static uint32_t section_type(const unsigned char *header)
{
    uint32_t type;
    __builtin_memcpy(&type, header + offsetof(struct elf_section, type), sizeof(type));
    return type;
}

/* A section's place in memory; empty when it is not loaded, or not below 4 GiB, where GRUB loads
 * everything. */
static struct phys_range section_range(const struct elf_section *section)
{
    if (section->address == 0 || section->size > GIB(4) ||
        section->address > GIB(4) - section->size)
        return (struct phys_range){0};
    return (struct phys_range){section->address, section->address + section->size};
}

static void read_elf_sections(struct boot_info *info, struct body body)
{
    struct elf_sections_tag tag;
    if (!body_read(body, 0, &tag, sizeof(tag)) || tag.entry_size < sizeof(struct elf_section))
        return;
    const unsigned char *headers = body.bytes + sizeof(tag);
    size_t count = MIN(tag.count, (body.size - sizeof(tag)) / tag.entry_size);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *header = headers + i * tag.entry_size;
        uint32_t type = section_type(header);
        if (type != SECTION_SYMBOL_TABLE && type != SECTION_STRING_TABLE)
            continue;
        struct elf_section section = read_section(header);
        struct phys_range range = section_range(&section);
        reserve(info, range.start, range.end);
        if (type == SECTION_SYMBOL_TABLE && section.link < count) {
            struct elf_section names =
                read_section(headers + (size_t)section.link * tag.entry_size);
            if (names.type != SECTION_STRING_TABLE)
                continue;
            info->symbols = range;
            info->symbol_names = section_range(&names);
        }
    }
}

static void read_rsdp(struct boot_info *info, struct body body, size_t least)
{
    size_t size = MIN(body.size, sizeof(info->rsdp));
    if (size < least || size <= info->rsdp_size) /* the newer tag holds more, and is preferred */
        return;
    memcpy(info->rsdp, body.bytes, size);
    info->rsdp_size = size;
}

static void read_tag(struct boot_info *info, uint32_t type, struct body body)
{
    switch (type) {
    case TAG_COMMAND_LINE:
        info->command_line_cut =
            !body_string(body, 0, info->command_line, sizeof(info->command_line));
        break;
    case TAG_LOADER_NAME:
        body_string(body, 0, info->loader, sizeof(info->loader));
        break;
    case TAG_MODULE:
        read_module(info, body);
        break;
    case TAG_MEMORY_MAP:
        read_memory_map(info, body);
        break;
    case TAG_FRAMEBUFFER:
        read_framebuffer(info, body);
        break;
    case TAG_ELF_SECTIONS:
        read_elf_sections(info, body);
        break;
    case TAG_ACPI_OLD:
        read_rsdp(info, body, 20);
        break;
    case TAG_ACPI_NEW:
        read_rsdp(info, body, 36);
        break;
    default:
        break;
    }
}

void multiboot2_read(struct boot_info *info, const void *information, size_t size,
                     phys_addr_t physical)
{
    struct body all = {information, size};
    struct tag_header tag;
    reserve(info, physical, physical + size);
    for (size_t offset = sizeof(struct information_header);
         body_read(all, offset, &tag, sizeof(tag)); offset += ALIGN_UP((size_t)tag.size, 8)) {
        if (tag.type == TAG_END || tag.size < sizeof(tag) || tag.size > size - offset)
            break;
        read_tag(info, tag.type,
                 (struct body){all.bytes + offset + sizeof(tag), tag.size - sizeof(tag)});
    }
}
