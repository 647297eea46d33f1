/*
 * The build has sorted the symbol table by address (scripts/sort-symbols.py), so a search halves
 * it. The tables come from the loader and may be broken when they are needed, in a panic: every
 * index is checked, and a table out of order only hides names.
 */
#include <image.h>
#include <kernel/log/symbols.h>
#include <layout.h>
#include <lib/format.h>

/* ELF64 symbol (System V ABI). */
struct elf_symbol {
    uint32_t name;
    uint8_t info;
    uint8_t other;
    uint16_t section;
    uint64_t value;
    uint64_t size;
};
_Static_assert(sizeof(struct elf_symbol) == 24, "System V ABI: Elf64_Sym");

enum {
    TYPE_NONE = 0, /* labels of assembly, and symbols of the linker script */
    TYPE_OBJECT = 1,
    TYPE_FUNCTION = 2,
    TYPE_MASK = 0xf,
    SECTION_UNDEFINED = 0,
    SECTION_RESERVED = 0xff00
};

static const struct image_part {
    const char *name;
    const char *start, *end;
} parts[] = {
    {".text", text_start, text_end},
    {".rodata", rodata_start, rodata_end},
    {".ro_after_init", ro_after_init_start, ro_after_init_end},
    {".data", data_start, data_end},
};

static const struct elf_symbol *symbols;
static size_t symbol_count;
static const char *names;
static size_t names_size;

void symbols_init(const struct boot_info *info)
{
    const struct phys_range *table = &info->symbols, *strings = &info->symbol_names;
    if (strings->start == strings->end || !IS_ALIGNED(table->start, _Alignof(struct elf_symbol)))
        return;
    const char *text = phys_to_virt(strings->start);
    size_t size = strings->end - strings->start;
    if (text[size - 1] != '\0') /* every name ends inside the table */
        return;
    names = text;
    names_size = size;
    symbols = phys_to_virt(table->start);
    symbol_count = (table->end - table->start) / sizeof(struct elf_symbol);
}

static const struct image_part *part_of(virt_addr_t address)
{
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (address >= (virt_addr_t)parts[i].start && address < (virt_addr_t)parts[i].end)
            return &parts[i];
    }
    return NULL;
}

const char *symbol_section(virt_addr_t address)
{
    const struct image_part *part = part_of(address);
    return part ? part->name : NULL;
}

/* Is the symbol a name for an address? */
static bool is_name(const struct elf_symbol *symbol)
{
    unsigned type = symbol->info & TYPE_MASK;
    return type <= TYPE_FUNCTION && symbol->section != SECTION_UNDEFINED &&
           symbol->section < SECTION_RESERVED && symbol->name < names_size;
}

/* The last symbol at or below an address that is a name; NULL when there is none. */
static const struct elf_symbol *search(virt_addr_t address)
{
    size_t low = 0, high = symbol_count; /* symbol `low` is not above the address, if any is not */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (symbols[middle].value <= address)
            low = middle;
        else
            high = middle;
    }
    while (low > 0 && !is_name(&symbols[low]))
        low--;
    return low > 0 ? &symbols[low] : NULL; /* the first one of all is empty (System V ABI) */
}

const char *symbol_find(virt_addr_t address, uint64_t *offset)
{
    const struct image_part *part = part_of(address);
    const struct elf_symbol *symbol = part && symbol_count ? search(address) : NULL;
    if (!symbol || symbol->value < (virt_addr_t)part->start)
        return NULL;
    *offset = address - symbol->value;
    /* An address beyond the symbol's end has no name: a string constant, for example. */
    return symbol->size == 0 || *offset < symbol->size ? names + symbol->name : NULL;
}

struct symbol_place symbol_place(virt_addr_t address)
{
    struct symbol_place place = {""};
    uint64_t offset;
    const char *name = symbol_find(address, &offset);
    if (name)
        snprintf(place.text, sizeof(place.text), "%s+0x%lx", name, offset);
    else
        snprintf(place.text, sizeof(place.text), "%p", (void *)address);
    return place;
}
