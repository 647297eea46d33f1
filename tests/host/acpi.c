/*
 * ACPI's tables, made by hand: what is right is understood, and whatever is broken, cut short or
 * flipped is noticed or does no harm. Each table lies in a block of its own exact size, so that the
 * sanitizers see every byte that is read beyond it.
 */
#include <drivers/acpi.h>
#include <layout.h>
#include <mm/kernel_space.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "physical_memory.h"

/* What drivers/acpi.c needs of mm/kernel_space.c: root 0 is the time before it. */
struct address_space kernel_space;
static phys_addr_t out_of_reach = UINT64_MAX; /* from here on nothing can be mapped */

enum error mmio_map(phys_addr_t address, uint64_t size, uint64_t caching)
{
    (void)caching;
    return address < out_of_reach && size <= out_of_reach - address ? OK : ERROR_INVALID;
}

/* --- Making tables -------------------------------------------------------------------------- */

static uint8_t table[4096];
static size_t used;

static void put(uint64_t value, unsigned bytes)
{
    for (; bytes; bytes--, value >>= 8)
        table[used++] = (uint8_t)value;
}

static void put_text(const char *text)
{
    for (; *text; text++)
        put((uint8_t)*text, 1);
}

static void put_at(size_t offset, uint64_t value, unsigned bytes)
{
    size_t end = used;
    used = offset;
    put(value, bytes);
    used = end;
}

static uint8_t sum(const uint8_t *bytes, size_t size)
{
    uint8_t total = 0;
    for (; size; size--)
        total = (uint8_t)(total + *bytes++);
    return total;
}

static void begin(const char *signature, uint8_t revision)
{
    memset(table, 0, sizeof(table));
    used = 0;
    put_text(signature);
    put(0, 4);
    put(revision, 1);
    put(0, 1);
    put_text("CAIRN TESTTABL");
    put(0, 12);
}

static void end(void)
{
    put_at(4, used, 4);
    table[9] = (uint8_t)(table[9] - sum(table, used));
}

/* A FADT of that revision and size, as on a PC. */
static void make_fadt(uint8_t revision, size_t size)
{
    begin("FACP", revision);
    used = size;
    put_at(40, 0x7fe0040, 4); /* DSDT */
    put_at(48, 0xb2, 4);      /* SMI command, and what enables ACPI */
    put_at(52, 0x02, 1);
    put_at(64, 0x604, 4);    /* PM1a control */
    put_at(76, 0x608, 4);    /* PM timer */
    put_at(108, 0x32, 1);    /* the CMOS clock's century */
    put_at(112, 1 << 10, 4); /* flags: reset register */
    if (size >= 129) {
        put_at(116, 1, 1); /* in I/O space */
        put_at(120, 0xcf9, 8);
        put_at(128, 0x0f, 1);
    }
    end();
}

static struct acpi_fadt fadt;
static struct acpi_madt madt;
static struct acpi_mcfg mcfg;

/* Each of the following reads the table from a block of exactly its size. */
static enum error read_fadt(size_t size)
{
    uint8_t *copy = malloc(size);
    memcpy(copy, table, size);
    enum error error = acpi_read_fadt(copy, size, &fadt);
    free(copy);
    return error;
}

static enum error read_madt(size_t size)
{
    uint8_t *copy = malloc(size);
    memcpy(copy, table, size);
    enum error error = acpi_read_madt(copy, size, &madt);
    free(copy);
    return error;
}

static enum error read_mcfg(size_t size)
{
    uint8_t *copy = malloc(size);
    memcpy(copy, table, size);
    enum error error = acpi_read_mcfg(copy, size, &mcfg);
    free(copy);
    return error;
}

static enum error find_s5(const uint8_t *aml, size_t size, struct acpi_sleep_type *type)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, aml, size);
    enum error error = acpi_find_s5(copy, size, type);
    free(copy);
    return error;
}

/* --- Checksums and headers ------------------------------------------------------------------ */

TEST(acpi, checksums_of_every_length)
{
    srand(1);
    for (size_t size = 1; size < 300; size++) {
        uint8_t *bytes = malloc(size);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)rand();
        bool holds = sum(bytes, size) == 0;
        EXPECT_EQ(acpi_checksum_holds(bytes, size), holds);
        bytes[size - 1] = (uint8_t)(bytes[size - 1] - sum(bytes, size));
        EXPECT(acpi_checksum_holds(bytes, size));
        bytes[size / 2]++;
        EXPECT(!acpi_checksum_holds(bytes, size));
        free(bytes);
    }
}

TEST(acpi, headers)
{
    struct acpi_header header;
    uint32_t length;
    make_fadt(3, 244);
    table[10] = '\n'; /* nothing that a terminal would obey */
    EXPECT_EQ(acpi_read_length(table, &length), OK);
    EXPECT_EQ(length, 244);
    acpi_read_header(table, &header);
    EXPECT_STR(header.signature, "FACP");
    EXPECT_EQ(header.revision, 3);
    EXPECT_STR(header.oem, "?AIRN ");
    EXPECT_STR(header.oem_table, "TESTTABL");
    put_at(4, 35, 4);
    EXPECT_EQ(acpi_read_length(table, &length), ERROR_INVALID);
    put_at(4, ACPI_MAX_LENGTH + 1, 4);
    EXPECT_EQ(acpi_read_length(table, &length), ERROR_INVALID);
}

/* --- The root pointer ----------------------------------------------------------------------- */

static void make_rsdp(uint8_t revision, uint32_t rsdt, uint64_t xsdt)
{
    memset(table, 0, sizeof(table));
    used = 0;
    put_text("RSD PTR ");
    put(0, 1);
    put_text("CAIRN ");
    put(revision, 1);
    put(rsdt, 4);
    table[8] = (uint8_t)(0 - sum(table, 20));
    put(36, 4);
    put(xsdt, 8);
    put(0, 4);
    table[32] = (uint8_t)(0 - sum(table, 36));
}

TEST(acpi, root_pointers)
{
    struct acpi_root root;
    make_rsdp(0, 0x1000, 0x2000);
    EXPECT_EQ(acpi_read_rsdp(table, 20, &root), OK);
    EXPECT(root.rsdt == 0x1000 && root.xsdt == 0);
    make_rsdp(2, 0x1000, 0x123456789a);
    EXPECT_EQ(acpi_read_rsdp(table, 36, &root), OK);
    EXPECT(root.rsdt == 0x1000 && root.xsdt == 0x123456789a);
    EXPECT_EQ(acpi_read_rsdp(table, 20, &root), OK); /* only the old part came */
    EXPECT(root.rsdt == 0x1000 && root.xsdt == 0);
    table[33]++; /* the new part's checksum */
    EXPECT_EQ(acpi_read_rsdp(table, 36, &root), OK);
    EXPECT(root.rsdt == 0x1000 && root.xsdt == 0);
    make_rsdp(2, 0, 0);
    EXPECT_EQ(acpi_read_rsdp(table, 36, &root), ERROR_INVALID);
}

TEST(acpi, root_pointers_cut_or_flipped)
{
    struct acpi_root root;
    make_rsdp(0, 0x1000, 0);
    for (size_t size = 0; size < 20; size++) {
        uint8_t *copy = malloc(size + 1);
        memcpy(copy, table, size);
        EXPECT_EQ(acpi_read_rsdp(copy, size, &root), ERROR_INVALID);
        free(copy);
    }
    for (size_t i = 0; i < 20; i++) {
        table[i] ^= 0x10;
        EXPECT_EQ(acpi_read_rsdp(table, 20, &root), ERROR_INVALID);
        table[i] ^= 0x10;
    }
}

/* --- FADT ----------------------------------------------------------------------------------- */

TEST(acpi, fadt_of_revision_1_says_nothing_of_the_i8042)
{
    make_fadt(1, 116);
    EXPECT_EQ(read_fadt(used), OK);
    EXPECT(!fadt.no_i8042 && !fadt.no_vga && !fadt.no_cmos_clock && !fadt.hardware_reduced);
    EXPECT_EQ(fadt.dsdt, 0x7fe0040);
    EXPECT_EQ(fadt.smi_command, 0xb2);
    EXPECT_EQ(fadt.acpi_enable, 2);
    EXPECT_EQ(fadt.century_register, 0x32);
    EXPECT(fadt.pm1a_control.space == ACPI_SPACE_IO && fadt.pm1a_control.address == 0x604);
    EXPECT_EQ(fadt.pm1b_control.address, 0);
    EXPECT(fadt.pm_timer.address == 0x608 && !fadt.pm_timer_has_32_bits);
    EXPECT_EQ(fadt.reset.address, 0); /* whatever the flag says, there is no room for it */
}

/* Even where a firmware of revision 1 has more bytes than it should. */
TEST(acpi, fadt_of_revision_1_ends_behind_the_flags)
{
    make_fadt(1, 244);
    put_at(140, 0x1234, 8);
    EXPECT_EQ(read_fadt(used), OK);
    EXPECT_EQ(fadt.dsdt, 0x7fe0040);
    EXPECT_EQ(fadt.reset.address, 0);
}

TEST(acpi, boot_flags_by_revision)
{
    enum { I8042 = 1 << 1, NO_VGA = 1 << 2, NO_CMOS = 1 << 5 };
    for (uint8_t revision = 1; revision <= 6; revision++) {
        make_fadt(revision, 244);
        EXPECT_EQ(read_fadt(used), OK);
        EXPECT_EQ(fadt.no_i8042, revision >= 3);
        EXPECT(!fadt.no_vga && !fadt.no_cmos_clock);
        put_at(109, I8042 | NO_VGA | NO_CMOS, 2);
        EXPECT_EQ(read_fadt(used), OK);
        EXPECT(!fadt.no_i8042);
        EXPECT_EQ(fadt.no_vga, revision >= 4);
        EXPECT_EQ(fadt.no_cmos_clock, revision >= 5);
    }
}

TEST(acpi, fadt_of_later_revisions)
{
    make_fadt(3, 244);
    EXPECT_EQ(read_fadt(used), OK);
    EXPECT(fadt.reset.space == ACPI_SPACE_IO && fadt.reset.address == 0xcf9);
    EXPECT_EQ(fadt.reset_value, 0x0f);
    EXPECT_EQ(fadt.pm1a_control.address, 0x604); /* the newer field is empty */
    make_fadt(6, 276);
    put_at(112, 1 << 20 | 1 << 8, 4);
    put_at(140, 0x123456780000, 8);
    put_at(172, 1, 1);
    put_at(176, 0x1804, 8);
    put_at(244, 1, 1);
    put_at(248, 0x3f0, 8);
    EXPECT_EQ(read_fadt(used), OK);
    EXPECT_EQ(fadt.dsdt, 0x123456780000);
    EXPECT_EQ(fadt.pm1a_control.address, 0x1804);
    EXPECT(fadt.hardware_reduced && fadt.pm_timer_has_32_bits);
    EXPECT_EQ(fadt.sleep_control.address, 0x3f0);
    EXPECT_EQ(fadt.reset.address, 0); /* without its flag */
}

TEST(acpi, fadt_cut_at_every_byte)
{
    make_fadt(6, 276);
    for (size_t size = 0; size <= used; size++)
        EXPECT_EQ(read_fadt(size), size < 116 ? ERROR_INVALID : OK);
}

/* --- MADT ----------------------------------------------------------------------------------- */

static void make_madt(void)
{
    begin("APIC", 3);
    put(0xfee00000, 4);
    put(1, 4); /* has 8259s */
    for (unsigned i = 0; i < 3; i++) {
        put(0, 1); /* a processor; the third one cannot be used */
        put(8, 1);
        put(i, 1);
        put(i, 1);
        put(i < 2, 4);
    }
    put(1, 1); /* an I/O APIC */
    put(12, 1);
    put(7, 1);
    put(0, 1);
    put(0xfec00000, 4);
    put(0, 4);
    put(2, 1); /* line 0 is interrupt 2, as ISA has it */
    put(10, 1);
    put(0, 1);
    put(0, 1);
    put(2, 4);
    put(0, 2);
    put(2, 1); /* line 9 is interrupt 20, level, low */
    put(10, 1);
    put(0, 1);
    put(9, 1);
    put(20, 4);
    put(0xf, 2);
    put(2, 1); /* line 3 is where it is, edge, high: said in full */
    put(10, 1);
    put(0, 1);
    put(3, 1);
    put(3, 4);
    put(5, 2);
    put(4, 1); /* local input 1 of all processors is the NMI */
    put(6, 1);
    put(0xff, 1);
    put(0, 2);
    put(1, 1);
    put(0x7f, 1); /* what nobody knows yet */
    put(5, 1);
    put(0, 3);
    put(9, 1); /* a processor with an x2APIC */
    put(16, 1);
    put(0, 2);
    put(300, 4);
    put(1, 4);
    put(300, 4);
    end();
}

TEST(acpi, madt)
{
    make_madt();
    EXPECT_EQ(read_madt(used), OK);
    EXPECT_EQ(madt.local_apic, 0xfee00000);
    EXPECT(madt.has_8259);
    EXPECT_EQ(madt.processors, 3);
    EXPECT_EQ(madt.io_apic_count, 1);
    EXPECT(madt.io_apics[0].id == 7 && madt.io_apics[0].address == 0xfec00000 &&
           madt.io_apics[0].first_gsi == 0);
    EXPECT(madt.lines[0].gsi == 2 && madt.lines[0].overridden);
    EXPECT(!madt.lines[0].signal.level && !madt.lines[0].signal.active_low);
    EXPECT(madt.lines[9].gsi == 20 && madt.lines[9].signal.level &&
           madt.lines[9].signal.active_low);
    EXPECT(madt.lines[3].gsi == 3 && !madt.lines[3].signal.level &&
           !madt.lines[3].signal.active_low);
    EXPECT(madt.lines[4].gsi == 4 && !madt.lines[4].overridden);
    EXPECT(!madt.local_inputs[0].is_nmi && madt.local_inputs[1].is_nmi);
}

TEST(acpi, madt_with_a_new_address_and_no_8259)
{
    begin("APIC", 3);
    put(0xfee00000, 4);
    put(0, 4);
    put(5, 1);
    put(12, 1);
    put(0, 2);
    put(0x123400000, 8);
    end();
    EXPECT_EQ(read_madt(used), OK);
    EXPECT_EQ(madt.local_apic, 0x123400000);
    EXPECT(!madt.has_8259);
    EXPECT(!acpi_madt_has_8259(table, used));
}

TEST(acpi, madt_with_nonsense)
{
    begin("APIC", 3);
    put(0xfee00000, 8);
    put(2, 1); /* of another bus */
    put(10, 1);
    put(1, 1);
    put(1, 1);
    put(2, 4);
    put(0, 2);
    put(2, 1); /* no such line */
    put(10, 1);
    put(0, 1);
    put(16, 1);
    put(2, 4);
    put(0, 2);
    put(4, 1); /* no such input */
    put(6, 1);
    put(0xff, 1);
    put(0, 2);
    put(2, 1);
    for (unsigned i = 0; i < ACPI_MAX_IO_APICS + 2; i++) {
        put(1, 1);
        put(12, 1);
        put(i, 2);
        put(0xfec00000 + 0x1000 * i, 4);
        put(24 * i, 4);
    }
    end();
    EXPECT_EQ(read_madt(used), OK);
    EXPECT_EQ(madt.lines[1].gsi, 1);
    EXPECT_EQ(madt.io_apic_count, ACPI_MAX_IO_APICS);
    EXPECT_EQ(madt.io_apics_left_out, 2);
    put(0, 1); /* an entry without a length would go on for ever */
    put(0, 1);
    EXPECT_EQ(read_madt(used), ERROR_INVALID);
}

/* Between two entries it is a shorter table, within one it is a broken one. */
TEST(acpi, madt_cut_at_every_byte)
{
    make_madt();
    unsigned good = 0;
    for (size_t size = 0; size <= used; size++)
        good += read_madt(size) == OK;
    EXPECT_EQ(good, 1 + 3 + 1 + 3 + 1 + 1 + 1);
}

/* --- MCFG ----------------------------------------------------------------------------------- */

TEST(acpi, mcfg)
{
    begin("MCFG", 1);
    put(0, 8);
    for (unsigned i = 0; i < 2; i++) {
        put(0xb0000000 + 0x10000000 * (uint64_t)i, 8);
        put(i, 2);
        put(0, 1);
        put(255, 1);
        put(0, 4);
    }
    end();
    EXPECT_EQ(read_mcfg(used), OK);
    EXPECT_EQ(mcfg.count, 2);
    EXPECT(mcfg.segments[1].address == 0xc0000000 && mcfg.segments[1].number == 1 &&
           mcfg.segments[1].first_bus == 0 && mcfg.segments[1].last_bus == 255);
    for (size_t size = 0; size < used; size++) {
        EXPECT_EQ(read_mcfg(size), size < 44 ? ERROR_INVALID : OK);
        EXPECT_EQ(mcfg.count, size < 44 ? 0 : (size - 44) / 16);
    }
    put_at(44 + 10, 1, 1);
    put_at(44 + 11, 0, 1); /* ends before it begins */
    EXPECT_EQ(read_mcfg(used), ERROR_INVALID);
}

TEST(acpi, hpet)
{
    phys_addr_t address;
    begin("HPET", 1);
    put(0, 4);
    put(0, 4); /* in memory */
    put(0xfed00000, 8);
    put(0, 4);
    end();
    EXPECT_EQ(used, 56);
    for (size_t size = ACPI_HEADER_SIZE; size <= used; size++) {
        uint8_t *copy = malloc(size);
        memcpy(copy, table, size);
        EXPECT_EQ(acpi_read_hpet(copy, size, &address), size < used ? ERROR_INVALID : OK);
        free(copy);
    }
    EXPECT_EQ(address, 0xfed00000);
    put_at(40, 1, 1); /* no, in I/O space */
    EXPECT_EQ(acpi_read_hpet(table, used, &address), ERROR_INVALID);
}

/* --- \_S5_ ---------------------------------------------------------------------------------- */

#define S5(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

TEST(acpi, s5_in_every_spelling)
{
    struct acpi_sleep_type type;
    /* Name (_S5, Package () {Zero, Zero, Zero, Zero}), as QEMU has it */
    EXPECT_EQ(find_s5(S5(0x08, '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0), &type), OK);
    EXPECT(type.a == 0 && type.b == 0);
    /* with a backslash, bytes, and a length of two bytes */
    EXPECT_EQ(
        find_s5(S5(0x10, 0x08, '\\', '_', 'S', '5', '_', 0x12, 0x4a, 0, 4, 0x0a, 5, 0x0a, 7, 0, 0),
                &type),
        ERROR_NO_DEVICE); /* the package is said to be longer than it is */
    EXPECT_EQ(find_s5(S5(0x10, 0x08, '\\', '_', 'S', '5', '_', 0x12, 0x47, 0, 2, 0x0a, 5, 0x0a, 7),
                      &type),
              OK);
    EXPECT(type.a == 5 && type.b == 7);
    /* words */
    EXPECT_EQ(
        find_s5(S5(0x08, '_', 'S', '5', '_', 0x12, 9, 2, 0x0b, 6, 0, 0x0c, 1, 0, 0, 0), &type),
        ERROR_NO_DEVICE); /* cut off */
    EXPECT_EQ(
        find_s5(S5(0x08, '_', 'S', '5', '_', 0x12, 10, 2, 0x0b, 6, 0, 0x0c, 1, 0, 0, 0), &type),
        OK);
    EXPECT(type.a == 6 && type.b == 1);
}

TEST(acpi, s5_that_is_none)
{
    struct acpi_sleep_type type;
    EXPECT_EQ(find_s5(S5('_', 'S', '5', '_'), &type), ERROR_NO_DEVICE);
    EXPECT_EQ(find_s5(S5('_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0), &type), ERROR_NO_DEVICE);
    EXPECT_EQ(find_s5(S5(0x70, '_', 'S', '5', '_', 0x60), &type), ERROR_NO_DEVICE);
    EXPECT_EQ(find_s5(S5(0x08, '_', 'S', '5', '_', 0x12, 3, 1, 0), &type), ERROR_NO_DEVICE);
    /* no constant; a value that does not fit */
    EXPECT_EQ(find_s5(S5(0x08, '_', 'S', '5', '_', 0x12, 4, 2, 'A', 0), &type), ERROR_NO_DEVICE);
    EXPECT_EQ(find_s5(S5(0x08, '_', 'S', '5', '_', 0x12, 5, 2, 0x0a, 8, 0), &type),
              ERROR_NO_DEVICE);
    /* the first one is read only, the second one is the definition */
    EXPECT_EQ(find_s5(S5(0x70, '_', 'S', '5', '_', 0x60, 0x08, '_', 'S', '5', '_', 0x12, 5, 2, 0x0a,
                         3, 1),
                      &type),
              OK);
    EXPECT(type.a == 3 && type.b == 1);
}

TEST(acpi, s5_cut_at_every_byte)
{
    static const uint8_t aml[] = {0x08, '\\', '_', 'S',  '5', '_', 0x12, 10, 2,
                                  0x0b, 6,    0,   0x0c, 1,   0,   0,    0};
    struct acpi_sleep_type type;
    for (size_t size = 0; size < sizeof(aml); size++)
        EXPECT_EQ(find_s5(aml, size, &type), ERROR_NO_DEVICE);
    EXPECT_EQ(find_s5(aml, sizeof(aml), &type), OK);
}

/* --- From the root pointer to the tables ---------------------------------------------------- */

enum { AT_ROOT = 0x10000, AT_FADT = 0x11000, AT_MADT = 0x12000, AT_DSDT = 0x7fe0040 };

static struct boot_info info;

static void store(phys_addr_t address)
{
    memcpy(phys_to_virt(address), table, used);
}

static void make_root(unsigned entry_size)
{
    begin(entry_size == 8 ? "XSDT" : "RSDT", 1);
    put(AT_FADT, entry_size);
    put(UINT32_MAX - 7, entry_size); /* a header there would end beyond what the boot can see */
    put(AT_MADT, entry_size);
    end();
    store(AT_ROOT);
}

/* A machine with a root table, FADT, MADT and DSDT; and one entry that leads nowhere. */
static void make_machine(unsigned entry_size)
{
    static const uint8_t s5[] = {0x08, '_', 'S', '5', '_', 0x12, 5, 2, 0x0a, 5, 0};
    physical_memory_reset();
    kernel_space.root = 0;
    out_of_reach = GIB(4);
    make_fadt(3, 244);
    store(AT_FADT);
    make_madt();
    store(AT_MADT);
    begin("DSDT", 1);
    memcpy(table + used, s5, sizeof(s5));
    used += sizeof(s5);
    end();
    store(AT_DSDT);
    make_root(entry_size);
    make_rsdp(entry_size == 8 ? 2 : 0, AT_ROOT, AT_ROOT);
    memcpy(info.rsdp, table, sizeof(info.rsdp));
    info.rsdp_size = entry_size == 8 ? 36 : 20;
}

/* Everything that can be asked, before and after the kernel has its own page tables. */
static void ask_everything(void)
{
    struct acpi_table found;
    struct acpi_sleep_type type;
    for (kernel_space.root = 0; kernel_space.root < 2; kernel_space.root++) {
        for (size_t i = 0; acpi_table(i, &found); i++)
            continue;
        acpi_madt(&madt);
        acpi_mcfg(&mcfg);
        acpi_s5(&type);
    }
    kernel_space.root = 0;
}

TEST(acpi, a_machine_as_it_should_be)
{
    struct acpi_table found;
    struct acpi_header header;
    struct acpi_sleep_type type;
    for (unsigned entry_size = 4; entry_size <= 8; entry_size += 4) {
        make_machine(entry_size);
        acpi_init(&info);
        EXPECT(acpi_fadt() && acpi_fadt()->no_i8042 && acpi_has_8259());
        kernel_space.root = 1;
        const char *const signatures[] = {entry_size == 8 ? "XSDT" : "RSDT", "FACP", NULL, "APIC",
                                          "DSDT"};
        for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
            EXPECT(acpi_table(i, &found));
            EXPECT_EQ(found.verdict, signatures[i] ? OK : ERROR_INVALID);
            EXPECT_EQ(acpi_table_header(&found, &header), signatures[i] != NULL);
            if (signatures[i])
                EXPECT_STR(header.signature, signatures[i]);
        }
        EXPECT(!acpi_table(ARRAY_SIZE(signatures), &found));
        EXPECT_EQ(acpi_madt(&madt), OK);
        EXPECT_EQ(madt.processors, 3);
        EXPECT_EQ(acpi_mcfg(&mcfg), ERROR_NO_DEVICE);
        EXPECT_EQ(acpi_s5(&type), OK);
        EXPECT_EQ(type.a, 5);
    }
}

TEST(acpi, a_machine_without_acpi)
{
    struct acpi_table found;
    struct acpi_sleep_type type;
    make_machine(4);
    info.rsdp_size = 0;
    acpi_init(&info);
    EXPECT(!acpi_fadt() && acpi_has_8259());
    EXPECT(!acpi_table(0, &found));
    EXPECT_EQ(acpi_madt(&madt), ERROR_NO_DEVICE);
    EXPECT_EQ(acpi_s5(&type), ERROR_NO_DEVICE);
}

/* An XSDT that is broken leaves the RSDT. */
TEST(acpi, the_older_list_when_the_newer_one_is_broken)
{
    make_machine(4);
    make_rsdp(2, AT_ROOT, 0x50000);
    memcpy(info.rsdp, table, sizeof(info.rsdp));
    info.rsdp_size = 36;
    acpi_init(&info);
    EXPECT(acpi_fadt() != NULL);
}

/* One flipped bit in any byte of a table, and the table counts as broken; nothing else does. */
TEST(acpi, a_flipped_bit_anywhere)
{
    struct acpi_table found;
    make_machine(8);
    uint8_t *bytes = phys_to_virt(AT_FADT);
    for (size_t i = 0; i < 244; i++) {
        bytes[i] ^= 0x04;
        acpi_init(&info);
        EXPECT(acpi_fadt() == NULL);
        EXPECT_EQ(acpi_find("APIC", 0, &found), OK);
        ask_everything();
        bytes[i] ^= 0x04;
    }
    bytes = phys_to_virt(AT_ROOT);
    for (size_t i = 0; i < 60; i++) {
        bytes[i] ^= 0x04;
        acpi_init(&info);
        EXPECT(acpi_fadt() == NULL && !acpi_table(0, &found));
        bytes[i] ^= 0x04;
    }
    acpi_init(&info);
    EXPECT(acpi_fadt() != NULL);
}

/* Tables whose lengths lead out of what can be mapped. */
TEST(acpi, tables_out_of_reach)
{
    struct acpi_table found;
    make_machine(8);
    acpi_init(&info);
    kernel_space.root = 1;
    out_of_reach = AT_MADT + 100;
    EXPECT_EQ(acpi_madt(&madt), ERROR_INVALID);
    EXPECT(acpi_table(3, &found));
    EXPECT(found.bytes == NULL && found.verdict == ERROR_INVALID);
    out_of_reach = AT_ROOT;
    EXPECT_EQ(acpi_madt(&madt), ERROR_NO_DEVICE);
    ask_everything();
    out_of_reach = UINT64_MAX;
}
