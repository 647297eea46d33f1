/*
 * Tables of partitions, good ones and ones that lie.
 */
#include <drivers/partition_table.h>
#include <string.h>

#include "../test.h"

enum { BLOCKS = 1000, ENTRIES = 446, TYPE = 4, FIRST = 8, COUNT = 12 };

static uint8_t sector[PARTITION_SECTOR];
static struct partition_table table;
static bool is_gpt;

static void put(uint8_t *bytes, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static void start_mbr(void)
{
    memset(sector, 0, sizeof(sector));
    put(sector + 510, 0xaa55, 2);
}

static void add(unsigned index, uint8_t type, uint32_t first, uint32_t count)
{
    uint8_t *entry = sector + ENTRIES + 16 * (size_t)index;
    entry[TYPE] = type;
    put(entry + FIRST, first, 4);
    put(entry + COUNT, count, 4);
}

static void read(void)
{
    partition_read_mbr(sector, BLOCKS, &table, &is_gpt);
}

TEST(partition_table, mbr)
{
    start_mbr();
    add(0, 0x0c, 1, 10);
    add(1, 0x83, 11, 100);
    add(3, 0x17, 999, 1);
    read();
    EXPECT_STR(table.kind, "MBR");
    EXPECT(!is_gpt);
    EXPECT_EQ(table.count, 3);
    EXPECT_STR(table.partitions[0].name, "FAT");
    EXPECT_STR(table.partitions[1].name, "Linux");
    EXPECT_STR(table.partitions[2].name, "type 0x17");
    EXPECT_EQ(table.partitions[2].number, 4);
    EXPECT_EQ(table.partitions[2].first, 999);
    EXPECT_EQ(table.partitions[2].count, 1);
}

TEST(partition_table, no_mbr)
{
    memset(sector, 0, sizeof(sector));
    read();
    EXPECT(!table.kind);
    memset(sector, 'x', sizeof(sector)); /* a file system's first sector ends like an MBR */
    put(sector + 510, 0xaa55, 2);
    read();
    EXPECT(!table.kind);
    EXPECT_EQ(table.count, 0);
}

TEST(partition_table, beyond_the_disk)
{
    start_mbr();
    add(0, 0x83, 999, 2);
    add(1, 0x83, 1000, 1);
    add(2, 0x83, 0xffffffff, 0xffffffff);
    add(3, 0x83, 5, 0);
    read();
    EXPECT_EQ(table.count, 0);
}

/* --- GPT ------------------------------------------------------------------------------------ */

static struct gpt_header header;
static uint8_t entries[16 * 128];

static void start_gpt(void)
{
    memset(sector, 0, sizeof(sector));
    memcpy(sector, "EFI PART", 8);
    put(sector + 72, 2, 8);
    put(sector + 80, 128, 4);
    put(sector + 84, 128, 4);
    memset(entries, 0, sizeof(entries));
}

static void add_gpt(unsigned index, uint64_t first, uint64_t last, const char *name)
{
    uint8_t *entry = entries + 128 * (size_t)index;
    entry[0] = 1;
    put(entry + 32, first, 8);
    put(entry + 40, last, 8);
    for (unsigned i = 0; i < 36 && name[i]; i++)
        put(entry + 56 + 2 * (size_t)i, (uint8_t)name[i], 2);
}

TEST(partition_table, gpt)
{
    start_mbr();
    add(0, 0xee, 1, 0xffffffff);
    read();
    EXPECT(is_gpt);
    start_gpt();
    add_gpt(0, 34, 99, "EFI System");
    add_gpt(5, 100, 999, "\xe4 name that is exactly 36 units longer");
    EXPECT_EQ(partition_read_gpt_header(sector, BLOCKS, &header), OK);
    EXPECT_EQ(header.entries, 2);
    partition_read_gpt(entries, sizeof(entries), &header, BLOCKS, &table);
    EXPECT_STR(table.kind, "GPT");
    EXPECT_EQ(table.count, 2);
    EXPECT_STR(table.partitions[0].name, "EFI System");
    EXPECT_EQ(table.partitions[0].first, 34);
    EXPECT_EQ(table.partitions[0].count, 66);
    EXPECT_EQ(table.partitions[1].number, 6);
    EXPECT_STR(table.partitions[1].name, "? name that is exactly 36 units long");
}

TEST(partition_table, a_gpt_that_lies)
{
    static const struct {
        unsigned at;
        uint64_t value;
        unsigned size;
    } lies[] = {{0, 0, 8},  {72, 1, 8},   {72, BLOCKS, 8}, {72, UINT64_MAX, 8},
                {84, 0, 4}, {84, 127, 4}, {84, 200, 4},    {84, 0x80000000, 4}};
    for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
        start_gpt();
        put(sector + lies[i].at, lies[i].value, lies[i].size);
        EXPECT_EQ(partition_read_gpt_header(sector, BLOCKS, &header), ERROR_INVALID);
    }
    start_gpt();
    put(sector + 80, UINT32_MAX, 4);
    for (unsigned i = 0; i < 16; i++)
        add_gpt(i, i < 3 ? 2000 : i, i == 3 ? 2 : i == 4 ? UINT64_MAX : i, "x");
    EXPECT_EQ(partition_read_gpt_header(sector, BLOCKS, &header), OK);
    partition_read_gpt(entries, sizeof(entries), &header, BLOCKS, &table);
    EXPECT_EQ(table.count, PARTITIONS);
    EXPECT_EQ(table.partitions[0].number, 6);
}
