/*
 * Tables of partitions, good ones and ones that lie.
 */
#include <drivers/partition_table.h>
#include <lib/crc32.h>
#include <string.h>

#include "../test.h"

enum { BLOCKS = 1000, BLOCK = 512, ENTRIES = 446, TYPE = 4, FIRST = 8, COUNT = 12 };

static uint8_t disk[BLOCKS][BLOCK], block_buffer[BLOCK];
static struct partition_table table;
static unsigned reads;
static uint64_t bad_block; /* 0: none */

static enum error read_block(struct partition_source *source, uint64_t block)
{
    reads++;
    if (block >= BLOCKS || (bad_block && block == bad_block))
        return ERROR_DEVICE;
    memcpy(source->bytes, disk[block], BLOCK);
    return OK;
}

static enum error read_table(void)
{
    struct partition_source source = {
        .read = read_block, .bytes = block_buffer, .block_size = BLOCK, .block_count = BLOCKS};
    reads = 0;
    return partition_table_read(&source, &table);
}

static void put(uint8_t *bytes, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

/* --- MBR ------------------------------------------------------------------------------------ */

static void start_mbr(void)
{
    memset(disk, 0, sizeof(disk));
    bad_block = 0;
    put(disk[0] + 510, 0xaa55, 2);
}

static void add_at(uint64_t block, unsigned index, uint8_t type, uint32_t first, uint32_t count)
{
    uint8_t *entry = disk[block] + ENTRIES + 16 * (size_t)index;
    entry[TYPE] = type;
    put(entry + FIRST, first, 4);
    put(entry + COUNT, count, 4);
    put(disk[block] + 510, 0xaa55, 2);
}

static void add(unsigned index, uint8_t type, uint32_t first, uint32_t count)
{
    add_at(0, index, type, first, count);
}

static bool is_at(unsigned index, unsigned number, uint64_t first, uint64_t count)
{
    const struct partition *partition = &table.partitions[index];
    return index < table.count && partition->number == number && partition->first == first &&
           partition->count == count;
}

TEST(partition_table, an_mbr_is_read)
{
    start_mbr();
    add(0, 0x0c, 1, 10);
    add(1, 0x83, 11, 100);
    add(3, 0x17, 999, 1);
    EXPECT_EQ(read_table(), OK);
    EXPECT_STR(table.kind, "MBR");
    EXPECT_EQ(table.count, 3);
    EXPECT_STR(table.partitions[0].name, "FAT");
    EXPECT_STR(table.partitions[1].name, "Linux");
    EXPECT_STR(table.partitions[2].name, "type 0x17");
    EXPECT(is_at(2, 4, 999, 1));
}

TEST(partition_table, what_is_no_mbr_is_not_taken_for_one)
{
    start_mbr();
    put(disk[0] + 510, 0, 2);
    EXPECT_EQ(read_table(), OK);
    EXPECT(!table.kind);
    memset(disk[0], 'x', BLOCK); /* a file system's first sector ends like an MBR */
    put(disk[0] + 510, 0xaa55, 2);
    EXPECT_EQ(read_table(), OK);
    EXPECT(!table.kind);
    EXPECT_EQ(table.count, 0);
}

TEST(partition_table, partitions_beyond_the_disk_are_left_out)
{
    start_mbr();
    add(0, 0x83, 999, 2);
    add(1, 0x83, 1000, 1);
    add(2, 0x83, 0xffffffff, 0xffffffff);
    add(3, 0x83, 5, 0);
    EXPECT_EQ(read_table(), OK);
    EXPECT_EQ(table.count, 0);
}

TEST(partition_table, logical_partitions_are_read)
{
    start_mbr();
    add(0, 0x83, 1, 10);
    add(1, 0x05, 100, 800);
    add_at(100, 0, 0x83, 1, 50);
    add_at(100, 1, 0x05, 200, 100); /* from the extended partition's start */
    add_at(300, 0, 0x82, 2, 20);
    add_at(300, 1, 0x0f, 500, 100);
    add_at(600, 0, 0x83, 1, 7);
    EXPECT_EQ(read_table(), OK);
    EXPECT_EQ(table.count, 4);
    EXPECT(is_at(0, 1, 1, 10));
    EXPECT(is_at(1, 5, 101, 50));
    EXPECT(is_at(2, 6, 302, 20));
    EXPECT_STR(table.partitions[2].name, "Linux swap");
    EXPECT(is_at(3, 7, 601, 7));
}

TEST(partition_table, a_chain_of_logical_partitions_without_an_end_is_cut)
{
    start_mbr();
    add(1, 0x05, 100, 800);
    add_at(100, 0, 0x83, 1, 50);
    add_at(100, 1, 0x05, 0, 100);
    EXPECT_EQ(read_table(), OK);
    EXPECT(reads <= PARTITIONS + 1);
    add_at(100, 1, 0x05, 0xffffffff, 100);
    EXPECT_EQ(read_table(), OK);
    EXPECT_EQ(table.count, 1);
}

/* --- GPT ------------------------------------------------------------------------------------ */

static void write_checksum_of_header(uint64_t header, size_t size)
{
    put(disk[header] + 16, 0, 4);
    put(disk[header] + 16, crc32(0, disk[header], size), 4);
}

static void write_checksums(uint64_t header, uint64_t entries)
{
    put(disk[header] + 88, crc32(0, disk[entries], (size_t)128 * 128), 4);
    write_checksum_of_header(header, 92);
}

static void write_header(uint64_t block, uint64_t entries)
{
    memcpy(disk[block], "EFI PART", 8);
    put(disk[block] + 12, 92, 4);
    put(disk[block] + 24, block, 8);
    put(disk[block] + 72, entries, 8);
    put(disk[block] + 80, 128, 4);
    put(disk[block] + 84, 128, 4);
    write_checksums(block, entries);
}

static void add_gpt(unsigned index, uint64_t first, uint64_t last, const char *name)
{
    uint8_t *entry = disk[2] + 128 * (size_t)index;
    entry[0] = 1;
    put(entry + 32, first, 8);
    put(entry + 40, last, 8);
    for (unsigned i = 0; i < 36 && name[i]; i++)
        put(entry + 56 + 2 * (size_t)i, (uint8_t)name[i], 2);
}

static void write_gpt(void)
{
    memcpy(disk[BLOCKS - 33], disk[2], (size_t)32 * BLOCK);
    write_header(1, 2);
    write_header(BLOCKS - 1, BLOCKS - 33);
}

static void start_gpt(void)
{
    start_mbr();
    add(0, 0xee, 1, 0xffffffff);
    add_gpt(0, 34, 99, "EFI System");
    add_gpt(5, 100, 999, "\xe4 name that is exactly 36 units longer");
    write_gpt();
}

static bool is_the_gpt(void)
{
    return table.count == 2 && is_at(0, 1, 34, 66) && is_at(1, 6, 100, 900);
}

TEST(partition_table, a_gpt_is_read)
{
    EXPECT_EQ(crc32(0, "123456789", 9), 0xcbf43926);
    start_gpt();
    EXPECT_EQ(read_table(), OK);
    EXPECT_STR(table.kind, "GPT");
    EXPECT(is_the_gpt());
    EXPECT_STR(table.partitions[0].name, "EFI System");
    EXPECT_STR(table.partitions[1].name, "? name that is exactly 36 units long");
}

TEST(partition_table, a_damaged_gpt_is_replaced_by_its_copy)
{
    static const struct {
        unsigned block, at;
    } damages[] = {{1, 0}, {1, 24}, {1, 60}, {1, 72}, {1, 90}, {2, 35}, {17, 511}};
    for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
        start_gpt();
        disk[damages[i].block][damages[i].at] ^= 4;
        EXPECT_EQ(read_table(), OK);
        EXPECT(is_the_gpt());
        disk[BLOCKS - 1][30] ^= 1; /* both */
        EXPECT_EQ(read_table(), OK);
        EXPECT(!table.kind);
        EXPECT_EQ(table.count, 0);
    }
    start_gpt();
    bad_block = 1;
    EXPECT_EQ(read_table(), OK);
    EXPECT(is_the_gpt());
}

TEST(partition_table, a_gpt_that_lies_is_refused)
{
    static const struct {
        unsigned at;
        uint64_t value;
        unsigned size;
    } lies[] = {{12, 91, 4},     {12, 513, 4},        {12, UINT32_MAX, 4}, {24, 2, 8},
                {80, 1025, 4},   {80, UINT32_MAX, 4}, {84, 0, 4},          {84, 256, 4},
                {72, BLOCKS, 8}, {72, UINT64_MAX, 8}, {72, BLOCKS - 3, 8}};
    for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
        start_gpt();
        memset(disk[BLOCKS - 1], 0, BLOCK); /* no copy */
        put(disk[1] + lies[i].at, lies[i].value, lies[i].size);
        uint32_t size = disk[1][12] | (uint32_t)disk[1][13] << 8;
        write_checksum_of_header(1, size <= BLOCK ? size : 92);
        EXPECT_EQ(read_table(), OK);
        EXPECT_EQ(table.count, 0);
    }
}

TEST(partition_table, a_gpt_with_the_largest_header_and_the_most_entries_is_read)
{
    start_gpt();
    memset(disk[BLOCKS - 1], 0, BLOCK); /* no copy */
    put(disk[1] + 12, 512, 4);
    put(disk[1] + 80, 1024, 4);
    put(disk[1] + 88, crc32(0, disk[2], (size_t)1024 * 128), 4);
    write_checksum_of_header(1, 512);
    EXPECT_EQ(read_table(), OK);
    EXPECT(is_the_gpt());
}

TEST(partition_table, partitions_of_a_gpt_beyond_the_disk_or_of_no_size_are_left_out)
{
    start_gpt();
    add_gpt(0, 2000, 2001, "x");
    add_gpt(1, 3, 2, "x");
    add_gpt(2, 4, UINT64_MAX, "x");
    add_gpt(5, 999, 1000, "x");
    for (unsigned i = 6; i < 128; i++)
        add_gpt(i, i, i, "x");
    write_gpt();
    EXPECT_EQ(read_table(), OK);
    EXPECT_EQ(table.count, PARTITIONS);
    EXPECT(is_at(0, 7, 6, 1));
}

TEST(partition_table, errors_of_the_disk_are_returned)
{
    start_mbr();
    add(1, 0x05, 100, 800);
    bad_block = 100;
    EXPECT_EQ(read_table(), ERROR_DEVICE);
    start_gpt();
    disk[1][0] = 0;
    bad_block = BLOCKS - 1;
    EXPECT_EQ(read_table(), ERROR_DEVICE);
}
