/*
 * The symbol table is searched from end to end for each name: it holds some hundred entries and is
 * needed in a panic only, when a sorted index would be one more thing that could be broken. Every
 * index is checked; the tables are outside data.
 */
#include <image.h>
#include <kernel/log/symbols.h>
#include <layout.h>
#include <lib/string.h>

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
    TYPE_NONE = 0,
    TYPE_FUNCTION = 2,
    TYPE_MASK = 0xf,
    SECTION_UNDEFINED = 0,
    SECTION_RESERVED = 0xff00
};

static const unsigned char *symbols;
static size_t symbol_count;
static const char *names;
static size_t names_size;

void symbols_init(const struct boot_info *info)
{
    const struct phys_range *table = &info->symbols, *strings = &info->symbol_names;
    if (strings->start == strings->end)
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

/* Code labels: functions of C, and the untyped labels of assembly. */
static bool is_code(const struct elf_symbol *symbol)
{
    unsigned type = symbol->info & TYPE_MASK;
    return (type == TYPE_FUNCTION || type == TYPE_NONE) && symbol->section != SECTION_UNDEFINED &&
           symbol->section < SECTION_RESERVED && symbol->name < names_size &&
           symbol->value >= (uintptr_t)text_start && symbol->value < (uintptr_t)text_end;
}

const char *symbol_find(virt_addr_t address, uint64_t *offset)
{
    if (address < (uintptr_t)text_start || address >= (uintptr_t)text_end)
        return NULL;
    const char *best = NULL;
    uint64_t best_value = 0;
    for (size_t i = 0; i < symbol_count; i++) {
        struct elf_symbol symbol;
        memcpy(&symbol, symbols + i * sizeof(symbol), sizeof(symbol));
        /* Of two labels at one address the one that comes later wins: globals follow locals in the
         * table. */
        if (is_code(&symbol) && symbol.value <= address && symbol.value >= best_value) {
            best = names + symbol.name;
            best_value = symbol.value;
        }
    }
    *offset = address - best_value;
    return best;
}
