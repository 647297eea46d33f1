#include <drivers/partition_table.h>
#include <lib/bytes.h>
#include <lib/crc32.h>
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
    TYPE_EXTENDED = 0x05,
    TYPE_EXTENDED_LBA = 0x0f,
    TYPE_EXTENDED_LINUX = 0x85,
    TYPE_GPT = 0xee,
};

/* 5.3.2, 5.3.3 */
enum gpt {
    GPT_HEADER_BLOCK = 1,
    GPT_HEADER_SIZE = 12, /* in the header */
    GPT_HEADER_CHECKSUM = 16,
    GPT_OWN_BLOCK = 24,
    GPT_ENTRIES = 72,
    GPT_ENTRY_COUNT = 80,
    GPT_ENTRY_SIZE = 84,
    GPT_ENTRIES_CHECKSUM = 88,
    GPT_LEAST_HEADER = 92,
    GPT_MOST_HEADER = 512,
    GPT_MOST_ENTRIES = 1024,
    GPT_FIRST = 32, /* in an entry */
    GPT_LAST = 40,
    GPT_NAME = 56,
    GPT_ENTRY = 128, /* the size of an entry that every tool makes */
};

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

static void add_mbr_entry(struct partition_table *table, unsigned number, const uint8_t *entry,
                          uint64_t base, uint64_t blocks)
{
    struct partition *partition = add(table, number, base + get_little_32(entry + MBR_FIRST),
                                      get_little_32(entry + MBR_COUNT), blocks);
    const char *name = type_name(entry[MBR_TYPE]);
    if (partition && name)
        snprintf(partition->name, PARTITION_NAME, "%s", name);
    else if (partition)
        snprintf(partition->name, PARTITION_NAME, "type 0x%02x", entry[MBR_TYPE]);
}

static bool is_extended(const uint8_t *entry)
{
    return entry[MBR_TYPE] == TYPE_EXTENDED || entry[MBR_TYPE] == TYPE_EXTENDED_LBA ||
           entry[MBR_TYPE] == TYPE_EXTENDED_LINUX;
}

static const uint8_t *mbr_entry(const uint8_t *sector, unsigned index)
{
    return sector + MBR_ENTRIES + (size_t)index * MBR_ENTRY_SIZE;
}

/* Each logical partition has a sector like an MBR before it: its first entry is the partition, from
 * there, and the second leads to the next such sector, from the start of the extended partition. */
static enum error read_logical(struct partition_source *source, uint32_t start,
                               struct partition_table *table)
{
    uint64_t at = start;
    for (unsigned i = 0; i < PARTITIONS && at && at < source->block_count; i++) {
        enum error error = source->read(source, at);
        if (error || !is_mbr(source->bytes))
            return error;
        const uint8_t *next = mbr_entry(source->bytes, 1);
        add_mbr_entry(table, FIRST_LOGICAL + i, mbr_entry(source->bytes, 0), at,
                      source->block_count);
        at = is_extended(next) ? start + (uint64_t)get_little_32(next + MBR_FIRST) : 0;
    }
    return OK;
}

/* The first block is in the source's bytes. */
static enum error read_mbr(struct partition_source *source, struct partition_table *table)
{
    uint32_t extended = 0;
    table->kind = "MBR";
    for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++) {
        const uint8_t *entry = mbr_entry(source->bytes, i);
        if (is_extended(entry) && !extended)
            extended = get_little_32(entry + MBR_FIRST);
        else if (entry[MBR_TYPE])
            add_mbr_entry(table, i + 1, entry, 0, source->block_count);
    }
    return extended ? read_logical(source, extended, table) : OK;
}

static bool has_gpt(const uint8_t *sector)
{
    bool has = false;
    for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++)
        has |= mbr_entry(sector, i)[MBR_TYPE] == TYPE_GPT;
    return has;
}

/* --- GPT ------------------------------------------------------------------------------------ */

struct gpt_header {
    uint64_t entries; /* their first block */
    uint32_t entry_count;
    uint32_t checksum; /* of the entries */
};

/* The checksum is that of the header with zeros in its place. */
static uint32_t header_checksum(const uint8_t *bytes, uint32_t size)
{
    static const uint8_t zeros[4];
    uint32_t crc = crc32(0, bytes, GPT_HEADER_CHECKSUM);
    crc = crc32(crc, zeros, sizeof(zeros));
    return crc32(crc, bytes + GPT_HEADER_CHECKSUM + 4, size - GPT_HEADER_CHECKSUM - 4);
}

/* Reads the header at `block`. ERROR_INVALID: it is none, or damaged. */
static enum error read_header(struct partition_source *source, uint64_t block,
                              struct gpt_header *header)
{
    enum error error = source->read(source, block);
    if (error)
        return error;
    const uint8_t *bytes = source->bytes;
    uint32_t size = get_little_32(bytes + GPT_HEADER_SIZE);
    header->entries = get_little_64(bytes + GPT_ENTRIES);
    header->entry_count = get_little_32(bytes + GPT_ENTRY_COUNT);
    header->checksum = get_little_32(bytes + GPT_ENTRIES_CHECKSUM);
    bool good = memcmp(bytes, "EFI PART", 8) == 0 && size >= GPT_LEAST_HEADER &&
                size <= GPT_MOST_HEADER && get_little_64(bytes + GPT_OWN_BLOCK) == block &&
                get_little_32(bytes + GPT_HEADER_CHECKSUM) == header_checksum(bytes, size) &&
                get_little_32(bytes + GPT_ENTRY_SIZE) == GPT_ENTRY &&
                header->entry_count <= GPT_MOST_ENTRIES;
    return good ? OK : ERROR_INVALID;
}

static bool is_used(const uint8_t *entry)
{
    return get_little_64(entry) || get_little_64(entry + 8); /* the type's GUID */
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

static void add_gpt_entry(struct partition_table *table, unsigned number, const uint8_t *entry,
                          uint64_t blocks)
{
    uint64_t first = get_little_64(entry + GPT_FIRST), last = get_little_64(entry + GPT_LAST);
    if (!is_used(entry) || last < first)
        return;
    struct partition *partition = add(table, number, first, last - first + 1, blocks);
    if (partition)
        read_name(entry, partition->name);
}

/* Reads the entries, several of which are in a block. ERROR_INVALID: their checksum is wrong. */
static enum error read_entries(struct partition_source *source, const struct gpt_header *header,
                               struct partition_table *table)
{
    uint32_t each = source->block_size / GPT_ENTRY, crc = 0;
    uint64_t block = header->entries;
    for (uint32_t i = 0; i < header->entry_count; i++) {
        const uint8_t *entry = source->bytes + (size_t)(i % each) * GPT_ENTRY;
        if (i % each == 0) {
            if (block >= source->block_count)
                return ERROR_INVALID;
            enum error error = source->read(source, block++);
            if (error)
                return error;
        }
        crc = crc32(crc, entry, GPT_ENTRY);
        add_gpt_entry(table, i + 1, entry, source->block_count);
    }
    return crc == header->checksum ? OK : ERROR_INVALID;
}

static enum error read_gpt(struct partition_source *source, uint64_t block,
                           struct partition_table *table)
{
    struct gpt_header header;
    *table = (struct partition_table){.kind = "GPT"};
    enum error error = read_header(source, block, &header);
    if (!error)
        error = read_entries(source, &header, table);
    if (error)
        *table = (struct partition_table){0};
    return error;
}

enum error partition_table_read(struct partition_source *source, struct partition_table *table)
{
    *table = (struct partition_table){0};
    if (source->block_count <= GPT_HEADER_BLOCK)
        return OK;
    enum error error = source->read(source, 0);
    if (error || !is_mbr(source->bytes))
        return error;
    if (!has_gpt(source->bytes))
        return read_mbr(source, table);
    error = read_gpt(source, GPT_HEADER_BLOCK, table);
    if (error)
        error = read_gpt(source, source->block_count - 1, table);
    return error == ERROR_INVALID ? OK : error;
}
