/*
 * The loader's information, copied once out of its memory with every bound checked. Nothing after
 * the boot reads a raw Multiboot2 tag. What no tag gives is zero here.
 */
#ifndef BOOT_BOOT_INFO_H
#define BOOT_BOOT_INFO_H

#include <types.h>

enum {
    BOOT_MAX_REGIONS = 512,
    BOOT_MAX_MODULES = 16,
    BOOT_MAX_RESERVED = BOOT_MAX_MODULES + 8,
    BOOT_COMMAND_LINE = 1024,
    BOOT_NAME = 64,
};

/* Physical addresses from `start` up to, not including, `end`. */
struct phys_range {
    phys_addr_t start;
    phys_addr_t end;
};

/* One entry of the firmware's memory map, not checked: entries may overlap, be unsorted, unaligned,
 * empty, or wrap round the end of the address space. */
struct memory_region {
    phys_addr_t base;
    uint64_t length;
    uint32_t type;
};

/* The only type of memory that may be used (Multiboot2 3.6.8); ACPI-reclaimable memory stays
 * untouched. */
enum { MEMORY_AVAILABLE = 1 };

struct boot_module {
    struct phys_range range;
    char name[BOOT_NAME];
};

enum framebuffer_kind {
    FRAMEBUFFER_NONE,
    FRAMEBUFFER_TEXT, /* EGA text cells: two bytes each, character and attribute */
    FRAMEBUFFER_RGB,
    FRAMEBUFFER_INDEXED, /* each pixel is an index into a palette */
};

struct boot_framebuffer {
    enum framebuffer_kind kind;
    phys_addr_t address;
    uint32_t pitch; /* bytes from one row to the next */
    uint32_t width; /* in cells for text, otherwise in pixels */
    uint32_t height;
    uint8_t bits_per_pixel;
    uint8_t red_position, red_size;
    uint8_t green_position, green_size;
    uint8_t blue_position, blue_size;
};

struct boot_info {
    char command_line[BOOT_COMMAND_LINE];
    bool command_line_cut;
    char loader[BOOT_NAME];

    struct memory_region regions[BOOT_MAX_REGIONS];
    size_t region_count;
    size_t regions_left_out; /* entries beyond BOOT_MAX_REGIONS */

    struct boot_module modules[BOOT_MAX_MODULES];
    size_t module_count;
    size_t modules_left_out;

    /* Memory that is in use although the memory map calls it available: the kernel image, the
     * loader's information, modules, the symbol table, and the framebuffer, which may lie in RAM.
     */
    struct phys_range reserved[BOOT_MAX_RESERVED];
    size_t reserved_count;

    struct boot_framebuffer framebuffer;

    /* The kernel's own symbol and string tables, where the loader put them; empty if it did not. */
    struct phys_range symbols;
    struct phys_range symbol_names;

    /* The ACPI root pointer as copied by the loader (20 bytes for revision 0, else 36), or size 0.
     */
    uint8_t rsdp[36];
    size_t rsdp_size;
};

/* Collects everything from the loader's information at physical address `information`. Called once,
 * by boot/entry.asm, before anything else in C. The result lives for ever. */
const struct boot_info *boot_info_collect(uint32_t information);

/* The time stamp counter at the kernel's first instructions (boot/entry.asm). */
extern const uint64_t boot_entry_tsc;

#endif
