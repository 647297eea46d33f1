#include <drivers/partition_table.h>
#include <lib/format.h>
#include <lib/string.h>

enum mbr {
    MBR_ENTRIES = 446,
    MBR_ENTRY_SIZE = 16,
    MBR_ENTRY_COUNT = 4,
    MBR_SIGNATURE = 510,
    MBR_STATUS = 0, /* in an entry: 0x80 for the one that boots, else 0 */
    MBR_TYPE = 4,
    MBR_FIRST = 8,
    MBR_COUNT = 12,
    TYPE_GPT = 0xee,
};

enum gpt {
    GPT_ENTRIES = 72,
    GPT_ENTRY_COUNT = 80,
    GPT_ENTRY_SIZE = 84,
    GPT_FIRST = 32, /* in an entry */
    GPT_LAST = 40,
    GPT_NAME = 56,
    GPT_LEAST_ENTRY = 128,
    GPT_MOST_ENTRY = 4096,
};

static uint32_t get32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint64_t get64(const uint8_t *bytes)
{
    return get32(bytes) | (uint64_t)get32(bytes + 4) << 32;
}

/* The next partition of the table, if there is room and it lies within the disk. */
static struct partition *add(struct partition_table *table, unsigned number, uint64_t first,
                             uint64_t count, uint64_t blocks)
{
    if (table->count == PARTITIONS || !count || first >= blocks || count > blocks - first)
        return NULL;
    struct partition *partition = &table->partitions[table->count++];
    *partition = (struct partition){.number = number, .first = first, .count = count};
    return partition;
}

/* --- MBR ------------------------------------------------------------------------------------ */

static const char *type_name(uint8_t type)
{
    switch (type) {
    case 0x01:
    case 0x04:
    case 0x06:
    case 0x0b:
    case 0x0c:
    case 0x0e:
        return "FAT";
    case 0x07:
        return "NTFS or exFAT";
    case 0x82:
        return "Linux swap";
    case 0x83:
        return "Linux";
    case 0xef:
        return "EFI system";
    default:
        return NULL;
    }
}

/* A file system without partitions ends its first sector in the same signature, but has no entries.
 */
static bool is_mbr(const uint8_t *sector)
{
    bool good = sector[MBR_SIGNATURE] == 0x55 && sector[MBR_SIGNATURE + 1] == 0xaa;
    for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++)
        good &= (sector[MBR_ENTRIES + i * MBR_ENTRY_SIZE + MBR_STATUS] & 0x7f) == 0;
    return good;
}

void partition_read_mbr(const uint8_t *sector, uint64_t blocks, struct partition_table *table,
                        bool *is_gpt)
{
    *table = (struct partition_table){0};
    *is_gpt = false;
    if (!is_mbr(sector))
        return;
    table->kind = "MBR";
    for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++) {
        const uint8_t *entry = sector + MBR_ENTRIES + (size_t)i * MBR_ENTRY_SIZE;
        *is_gpt |= entry[MBR_TYPE] == TYPE_GPT;
        struct partition *partition = entry[MBR_TYPE] ? add(table, i + 1, get32(entry + MBR_FIRST),
                                                            get32(entry + MBR_COUNT), blocks)
                                                      : NULL;
        const char *name = type_name(entry[MBR_TYPE]);
        if (partition && name)
            snprintf(partition->name, PARTITION_NAME, "%s", name);
        else if (partition)
            snprintf(partition->name, PARTITION_NAME, "type 0x%02x", entry[MBR_TYPE]);
    }
}

/* --- GPT ------------------------------------------------------------------------------------ */

enum error partition_read_gpt_header(const uint8_t *bytes, uint64_t blocks,
                                     struct gpt_header *header)
{
    header->entries = get64(bytes + GPT_ENTRIES);
    header->entry_count = get32(bytes + GPT_ENTRY_COUNT);
    header->entry_size = get32(bytes + GPT_ENTRY_SIZE);
    bool good = memcmp(bytes, "EFI PART", 8) == 0 && header->entries >= 2 &&
                header->entries < blocks && header->entry_size >= GPT_LEAST_ENTRY &&
                header->entry_size <= GPT_MOST_ENTRY && header->entry_size % GPT_LEAST_ENTRY == 0;
    return good ? OK : ERROR_INVALID;
}

static bool is_used(const uint8_t *entry)
{
    return get64(entry) || get64(entry + 8); /* the type's GUID */
}

/* The name is UTF-16, as many units as fit. */
static void read_name(const uint8_t *entry, char name[PARTITION_NAME])
{
    for (unsigned i = 0; i < PARTITION_NAME - 1; i++) {
        unsigned unit = entry[GPT_NAME + 2 * i] | (unsigned)entry[GPT_NAME + 2 * i + 1] << 8;
        name[i] = (char)(unit == 0 || (unit >= ' ' && unit <= '~') ? unit : '?');
        if (!unit)
            return;
    }
}

void partition_read_gpt(const uint8_t *bytes, size_t size, const struct gpt_header *header,
                        uint64_t blocks, struct partition_table *table)
{
    *table = (struct partition_table){.kind = "GPT"};
    size_t count = MIN((size_t)header->entry_count, size / header->entry_size);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = bytes + i * header->entry_size;
        uint64_t first = get64(entry + GPT_FIRST), last = get64(entry + GPT_LAST);
        struct partition *partition =
            is_used(entry) && last >= first
                ? add(table, (unsigned)i + 1, first, last - first + 1, blocks)
                : NULL;
        if (partition)
            read_name(entry, partition->name);
    }
}
