/*
 * A firmware's memory map is a list of claims in no order: they overlap, leave holes, end within a
 * page, and some make no sense. It is neither sorted nor copied here. One pass over all claims
 * finds out whether an address is wanted, and up to which address that answer holds. Successive
 * answers give the ranges. A real map has one or two dozen entries, so the squared cost is lower
 * than that of a sorted copy.
 *
 * Ranges are found to the byte and then rounded inwards. So a page that several entries for memory
 * cover together is included, and a page is excluded if an entry against memory touches it.
 */
#include <layout.h>
#include <mm/memory_map.h>

/* Multiboot2 3.6.8: ACPI's tables, and memory that ACPI's own code uses. */
enum { MEMORY_ACPI_TABLES = 3, MEMORY_ACPI_STORAGE = 4 };

static bool wanted(uint32_t type, enum memory_kind kind)
{
    return type == MEMORY_AVAILABLE ||
           (kind == MEMORY_RAM && (type == MEMORY_ACPI_TABLES || type == MEMORY_ACPI_STORAGE));
}

/* What all claims of one sort, for or against memory, say about one address. */
struct outlook {
    phys_addr_t end;  /* of the claims that hold the address; the address itself when none does */
    phys_addr_t next; /* where the next claim begins */
};

static void add_claim(struct outlook *outlook, phys_addr_t at, phys_addr_t start, phys_addr_t end)
{
    if (start > at)
        outlook->next = MIN(outlook->next, start);
    else
        outlook->end = MAX(outlook->end, end);
}

/* Is the memory at `at` of that kind? The answer holds up to `*end`, which is beyond `at`. */
static bool look(const struct boot_info *info, enum memory_kind kind, phys_addr_t at,
                 phys_addr_t *end)
{
    struct outlook in_favour = {at, DIRECT_MAP_SIZE}, against = {at, DIRECT_MAP_SIZE};
    for (size_t i = 0; i < info->region_count; i++) {
        const struct memory_region *region = &info->regions[i];
        phys_addr_t start = region->base, end_of_region = start + region->length;
        /* A length that wraps round is the firmware's mistake. A claim for memory then ends before
         * it begins, and counts for nothing; a claim against memory reaches to the end. */
        if (wanted(region->type, kind))
            add_claim(&in_favour, at, start, end_of_region);
        else
            add_claim(&against, at, start, end_of_region < start ? UINT64_MAX : end_of_region);
    }
    for (size_t i = 0; kind == MEMORY_USABLE && i < info->reserved_count; i++)
        add_claim(&against, at, info->reserved[i].start, info->reserved[i].end);

    if (in_favour.end == at) {
        *end = in_favour.next;
        return false;
    }
    bool barred = against.end > at;
    *end = barred ? against.end : MIN(in_favour.end, against.next);
    return !barred;
}

bool memory_map_next(const struct boot_info *info, enum memory_kind kind, phys_addr_t *from,
                     struct phys_range *range)
{
    phys_addr_t at = kind == MEMORY_USABLE ? MAX(*from, MIB(1)) : *from;
    while (at < DIRECT_MAP_SIZE) {
        phys_addr_t start = at, end = at;
        while (at < DIRECT_MAP_SIZE && look(info, kind, at, &end))
            at = end;
        range->start = ALIGN_UP(start, PAGE_SIZE);
        range->end = ALIGN_DOWN(at, PAGE_SIZE);
        *from = at = end; /* nothing begins before this */
        if (range->start < range->end)
            return true;
    }
    return false;
}
