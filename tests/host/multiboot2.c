/*
 * The loader's information is outside data. Each test builds a row of tags; the last one feeds
 * random rows, and the sanitizers see to it that nothing beyond them is read.
 */
#include <boot/multiboot2.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"

enum {
    LOADER_NAME = 2,
    COMMAND_LINE = 1,
    MODULE = 3,
    MEMORY_MAP = 6,
    FRAMEBUFFER = 8,
    ELF_SECTIONS = 9,
    ACPI_OLD = 14
};

static struct boot_info info;
static uint64_t words[512];
static size_t used;

static void put(const void *bytes, size_t size)
{
    memcpy((char *)words + used, bytes, size);
    used += size;
}

static void put32(uint32_t value)
{
    put(&value, sizeof(value));
}

static void put64(uint64_t value)
{
    put(&value, sizeof(value));
}

static void begin(void)
{
    memset(&info, 0, sizeof(info));
    memset(words, 0xee, sizeof(words));
    used = 8;
}

static void tag(uint32_t type, const void *body, size_t size)
{
    put32(type);
    put32((uint32_t)(8 + size));
    put(body, size);
    used = (used + 7) & ~(size_t)7;
}

/* Hands exactly the used bytes over, in a block of their own. */
static void read_all(void)
{
    put32(0);
    put32(8);
    void *copy = malloc(used);
    memcpy(copy, words, used);
    multiboot2_read(&info, copy, used, 0x10000);
    free(copy);
}

TEST(multiboot2, strings_are_read)
{
    begin();
    tag(COMMAND_LINE, "loglevel=debug", 15);
    tag(LOADER_NAME, "GRUB 2.06", 9); /* its end is the tag's, without a NUL */
    read_all();
    EXPECT_STR(info.command_line, "loglevel=debug");
    EXPECT(!info.command_line_cut);
    EXPECT_STR(info.loader, "GRUB 2.06");
    EXPECT_EQ(info.reserved_count, 1);
    EXPECT_EQ(info.reserved[0].start, 0x10000);
    EXPECT_EQ(info.reserved[0].end, 0x10000 + used);
}

TEST(multiboot2, a_command_line_that_is_too_long_is_cut)
{
    static char line[BOOT_COMMAND_LINE + 10];
    memset(line, 'x', sizeof(line));
    begin();
    tag(COMMAND_LINE, line, sizeof(line));
    read_all();
    EXPECT(info.command_line_cut);
    EXPECT_EQ(strlen(info.command_line), BOOT_COMMAND_LINE - 1);
}

TEST(multiboot2, the_memory_map_is_read)
{
    begin();
    put32(MEMORY_MAP);
    put32(16 + 2 * 32 + 24); /* two entries of 32 bytes, and 24 bytes that are one more */
    put32(32);
    put32(0);
    for (unsigned i = 0; i < 3; i++) {
        put64(0x100000 * i);
        put64(0x1000 + i);
        put32(i + 1);
        put32(0);
        if (i < 2)
            put64(0);
    }
    read_all();
    EXPECT_EQ(info.region_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(info.regions[i].base, 0x100000 * i);
        EXPECT_EQ(info.regions[i].length, 0x1000 + i);
        EXPECT_EQ(info.regions[i].type, i + 1);
    }
}

TEST(multiboot2, modules_are_reserved)
{
    struct {
        uint32_t start, end;
        char name[8];
    } good = {0x200000, 0x201234, "font"}, empty = {0x300000, 0x300000, "none"};
    begin();
    tag(MODULE, &empty, sizeof(empty));
    tag(MODULE, &good, sizeof(good));
    read_all();
    EXPECT_EQ(info.module_count, 1);
    EXPECT_STR(info.modules[0].name, "font");
    EXPECT_EQ(info.reserved_count, 2);
    EXPECT(info.reserved[0].end == 0x201234 || info.reserved[1].end == 0x201234);
}

static bool is_reserved(struct phys_range range)
{
    for (size_t i = 0; i < info.reserved_count; i++) {
        if (info.reserved[i].start <= range.start && range.end <= info.reserved[i].end)
            return true;
    }
    return false;
}

/* Modules of one byte, far apart. */
static struct phys_range module_range(uint32_t number)
{
    return (struct phys_range){0x100000 * (number + 1), 0x100000 * (number + 1) + 1};
}

static void put_module(uint32_t number)
{
    const uint32_t body[2] = {(uint32_t)module_range(number).start,
                              (uint32_t)module_range(number).end};
    tag(MODULE, body, sizeof(body));
}

TEST(multiboot2, modules_beyond_the_room_are_reserved_all_the_same)
{
    begin();
    for (uint32_t i = 0; i < BOOT_MAX_MODULES + 3; i++)
        put_module(i);
    read_all();
    EXPECT_EQ(info.module_count, BOOT_MAX_MODULES);
    EXPECT_EQ(info.modules_left_out, 3);
    for (uint32_t i = 0; i < BOOT_MAX_MODULES + 3; i++)
        EXPECT(is_reserved(module_range(i)));
}

static void put_section(uint32_t type, uint64_t address, uint64_t size, uint32_t link)
{
    put32(0);
    put32(type);
    put64(0);
    put64(address);
    put64(0);
    put64(size);
    put32(link);
    put32(0);
    put64(8);
    put64(24);
}

/* Begins the tag of `count` sections, which are to follow. */
static void begin_sections(uint32_t count)
{
    put32(ELF_SECTIONS);
    put32(20 + count * 64);
    put32(count);
    put32(64);
    put32(2);
}

static void end_sections(void)
{
    used = (used + 7) & ~(size_t)7;
}

TEST(multiboot2, symbols_are_found_and_reserved)
{
    begin();
    begin_sections(3);
    put_section(1, 0xffffffff80100000, 0x1000, 0);
    put_section(2, 0x150000, 240, 2);
    put_section(3, 0x151000, 100, 0);
    end_sections();
    read_all();
    EXPECT_EQ(info.symbols.start, 0x150000);
    EXPECT_EQ(info.symbols.end, 0x150000 + 240);
    EXPECT_EQ(info.symbol_names.start, 0x151000);
    EXPECT_EQ(info.symbol_names.end, 0x151000 + 100);
    EXPECT_EQ(info.reserved_count, 2); /* the two tables, side by side, and the information */
    EXPECT_EQ(info.reserved[1].start, 0x150000);
    EXPECT_EQ(info.reserved[1].end, 0x151000 + 100);
}

/* What is not a string table is not reserved, and may be overwritten. */
TEST(multiboot2, names_that_are_no_string_table_are_not_used)
{
    begin();
    begin_sections(2);
    put_section(2, 0x150000, 240, 1);
    put_section(1, 0x151000, 100, 0);
    end_sections();
    read_all();
    EXPECT_EQ(info.symbols.end, 0);
    EXPECT_EQ(info.symbol_names.end, 0);
}

static const struct framebuffer_body {
    uint64_t address;
    uint32_t pitch, width, height;
    uint8_t bits, type;
    uint16_t reserved;
    uint8_t colours[6];
} __attribute__((packed)) rgb_framebuffer = {.address = 0xfd000000,
                                             .pitch = 3200,
                                             .width = 800,
                                             .height = 600,
                                             .bits = 32,
                                             .type = 1,
                                             .colours = {16, 8, 8, 8, 0, 8}};

/* More ranges than there is room for: all that the loader has put somewhere is kept all the same.
 */
TEST(multiboot2, everything_is_reserved_when_the_room_runs_out)
{
    for (uint32_t tables = BOOT_MAX_RESERVED - 5; tables <= BOOT_MAX_RESERVED + 5; tables++) {
        begin();
        begin_sections(tables);
        for (uint32_t i = 0; i < tables - 1; i++)
            put_section(3, 0x10000000 + 0x10000 * i, 100, 0);
        put_section(2, 0x20000000, 240, tables - 2);
        end_sections();
        for (uint32_t i = 0; i < 3; i++)
            put_module(i);
        tag(FRAMEBUFFER, &rgb_framebuffer, sizeof(rgb_framebuffer));
        read_all();
        EXPECT_EQ(info.symbols.start, 0x20000000);
        EXPECT(is_reserved(info.symbols));
        EXPECT(is_reserved(info.symbol_names));
        for (uint32_t i = 0; i < tables - 1; i++)
            EXPECT(is_reserved(
                (struct phys_range){0x10000000 + 0x10000 * i, 0x10000000 + 0x10000 * i + 100}));
        for (uint32_t i = 0; i < 3; i++)
            EXPECT(is_reserved(module_range(i)));
        EXPECT(is_reserved((struct phys_range){0xfd000000, 0xfd000000 + 3200 * 600}));
    }
}

TEST(multiboot2, a_framebuffer_is_read_and_reserved)
{
    struct framebuffer_body rgb = rgb_framebuffer;
    begin();
    tag(FRAMEBUFFER, &rgb, sizeof(rgb));
    read_all();
    EXPECT_EQ(info.framebuffer.kind, FRAMEBUFFER_RGB);
    EXPECT_EQ(info.framebuffer.address, 0xfd000000);
    EXPECT_EQ(info.framebuffer.red_position, 16);
    EXPECT_EQ(info.framebuffer.blue_size, 8);
    EXPECT_EQ(info.reserved_count, 2); /* with the information itself */
    EXPECT_EQ(info.reserved[1].start, 0xfd000000);
    EXPECT_EQ(info.reserved[1].end, 0xfd000000 + 3200 * 600);

    rgb.type = 0; /* what GRUB passes where there is no screen at all */
    begin();
    tag(FRAMEBUFFER, &rgb, sizeof(rgb));
    read_all();
    EXPECT_EQ(info.framebuffer.kind, FRAMEBUFFER_INDEXED);
    rgb.type = 1;

    begin();
    tag(FRAMEBUFFER, &rgb, sizeof(rgb) - 1); /* the colours are cut off */
    read_all();
    EXPECT_EQ(info.framebuffer.kind, FRAMEBUFFER_NONE);
}

TEST(multiboot2, a_tag_that_runs_over_the_end_is_left_out)
{
    begin();
    tag(LOADER_NAME, "GRUB", 5);
    put32(COMMAND_LINE);
    put32(1000000);
    read_all();
    EXPECT_STR(info.loader, "GRUB");
    EXPECT_STR(info.command_line, "");
}

TEST(multiboot2, random_rows_stay_within_the_limits)
{
    srand(42);
    for (unsigned round = 0; round < 20000; round++) {
        begin();
        while (used < sizeof(words) - 300) {
            put32((uint32_t)rand() % 20);
            put32((uint32_t)rand() % 120);
            for (unsigned i = (unsigned)rand() % 25; i; i--)
                put32(rand() % 3 ? (uint32_t)rand() % 70 : (uint32_t)rand() << 1);
            used = (used + 7) & ~(size_t)7;
        }
        read_all();
        EXPECT(info.region_count <= BOOT_MAX_REGIONS && info.reserved_count <= BOOT_MAX_RESERVED);
    }
}
