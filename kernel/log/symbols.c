/*
 * A search reads the whole symbol table. It has some thousand entries and is needed mainly in a
 * panic, where a sorted index could be broken, too. A backtrace finds all its names in one pass.
 * The tables come from the loader, so every index is checked.
 */
#include <assert.h>
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

/* Of two symbols at one address, one with a size comes from a source file; one without may be a
 * mark of the linker script. */
static bool is_better(const struct elf_symbol *symbol, const struct elf_symbol *than)
{
    return !than || symbol->value > than->value ||
           (symbol->value == than->value && (symbol->size || !than->size));
}

/* Insertion sort: there are few, and callers lie near those they call. */
static void sort(struct symbol_query *queries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct symbol_query query = queries[i];
        size_t at = i;
        for (; at > 0 && queries[at - 1].address > query.address; at--)
            queries[at] = queries[at - 1];
        queries[at] = query;
    }
}

/* The first query whose address is not below `value`; there is one. */
static size_t first_at_or_above(const struct symbol_query *queries, size_t count, uint64_t value)
{
    ASSERT(count > 0);
    ASSERT(value <= queries[count - 1].address);
    size_t low = 0, high = count - 1;
    if (value <= queries[0].address) /* the case for about half of all symbols */
        return 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (value <= queries[middle].address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Finds for each query the last symbol that begins at or before its address, and after the address
 * of the query before it. */
static void search(const struct symbol_query *queries, size_t count,
                   const struct elf_symbol *best[SYMBOL_QUERIES])
{
    uint64_t best_value[SYMBOL_QUERIES] = {0};
    const struct elf_symbol *end = symbols + symbol_count;
    virt_addr_t highest = queries[count - 1].address;
    size_t i = 0;
    for (const struct elf_symbol *symbol = symbols; symbol < end; symbol++) {
        uint64_t value = symbol->value;
        if (value > highest || value < best_value[0]) /* the latter is so for most */
            continue;
        /* Many symbols follow the one before them in memory, too. */
        if (value > queries[i].address || (i > 0 && value <= queries[i - 1].address))
            i = first_at_or_above(queries, count, value);
        if (value < best_value[i] || !is_name(symbol) || !is_better(symbol, best[i]))
            continue;
        best[i] = symbol;
        best_value[i] = value;
    }
}

static void answer(struct symbol_query *query, const struct elf_symbol *symbol)
{
    const struct image_part *part = part_of(query->address);
    query->name = NULL;
    if (!part || !symbol || symbol->value < (virt_addr_t)part->start)
        return;
    query->offset = query->address - symbol->value;
    /* An address beyond the symbol's end has no name: a string constant, for example. */
    if (symbol->size == 0 || query->offset < symbol->size)
        query->name = names + symbol->name;
}

void symbols_find(struct symbol_query *queries, size_t count)
{
    const struct elf_symbol *best[SYMBOL_QUERIES] = {NULL};
    ASSERT(count <= SYMBOL_QUERIES);
    if (count == 0)
        return;
    sort(queries, count);
    search(queries, count, best);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && !best[i]) /* nothing begins between the two */
            best[i] = best[i - 1];
        answer(&queries[i], best[i]);
    }
}

const char *symbol_find(virt_addr_t address, uint64_t *offset)
{
    struct symbol_query query = {.address = address};
    symbols_find(&query, 1);
    *offset = query.offset;
    return query.name;
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
