/*
 * From the root pointer to the tables, on machines made by hand: valid tables are found, and broken
 * or unmappable ones are ignored.
 */
#include <drivers/acpi.h>
#include <layout.h>
#include <mm/kernel_space.h>
#include <string.h>

#include "../test.h"
#include "fake_apic.h"
#include "fake_tables.h"
#include "physical_memory.h"

/* Stands in for mm/kernel_space.c; root 0 means that kernel_space_init() has not run yet. */
struct page_tables kernel_space;
static phys_addr_t mappable_end = UINT64_MAX; /* from here on nothing can be mapped */
void (*interrupt_during_map)(void);

enum error mmio_map(phys_addr_t address, uint64_t size, uint64_t caching)
{
    (void)caching;
    if (interrupt_during_map)
        interrupt_during_map();
    return address < mappable_end && size <= mappable_end - address ? OK : ERROR_INVALID;
}

static struct acpi_madt madt;
static struct acpi_mcfg mcfg;

enum { AT_ROOT = 0x10000, AT_FADT = 0x11000, AT_MADT = 0x12fc0, AT_DSDT = 0x7fe0040 };

static struct boot_info info;

static void store(phys_addr_t address)
{
    memcpy(phys_to_virt(address), table, table_size);
}

static void make_root(unsigned entry_size)
{
    table_begin(entry_size == 8 ? "XSDT" : "RSDT", 1);
    table_put(AT_FADT, entry_size);
    table_put(UINT32_MAX - 7, entry_size); /* its header would end beyond the boot's page tables */
    table_put(AT_MADT, entry_size);
    table_end();
    store(AT_ROOT);
}

/* A machine with a root table, FADT, MADT and DSDT, and one entry with a bad address. */
static void make_machine(unsigned entry_size)
{
    static const uint8_t s5[] = {0x08, '_', 'S', '5', '_', 0x12, 5, 2, 0x0a, 5, 0};
    physical_memory_reset();
    kernel_space.root = 0;
    mappable_end = GIB(4);
    table_make_fadt(3, 244);
    store(AT_FADT);
    table_make_madt();
    store(AT_MADT);
    table_begin("DSDT", 1);
    table_put_bytes(s5, sizeof(s5));
    table_end();
    store(AT_DSDT);
    make_root(entry_size);
    table_make_rsdp(entry_size == 8 ? 2 : 0, AT_ROOT, AT_ROOT);
    memcpy(info.rsdp, table, sizeof(info.rsdp));
    info.rsdp_size = entry_size == 8 ? 36 : 20;
}

/* Calls everything, before and after the kernel has its own page tables. */
static void call_everything(void)
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

TEST(acpi, a_good_machines_tables_are_found)
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

TEST(acpi, a_machine_without_acpi_has_no_tables)
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

/* If the XSDT is broken, the RSDT is used. */
TEST(acpi, the_older_list_is_used_when_the_newer_one_is_broken)
{
    make_machine(4);
    table_make_rsdp(2, AT_ROOT, 0x50000);
    memcpy(info.rsdp, table, sizeof(info.rsdp));
    info.rsdp_size = 36;
    acpi_init(&info);
    EXPECT(acpi_fadt() != NULL);
}

/* A flipped bit in any byte of a table breaks this table, and no other. */
TEST(acpi, a_flipped_bit_breaks_its_table_and_no_other)
{
    struct acpi_table found;
    make_machine(8);
    uint8_t *bytes = phys_to_virt(AT_FADT);
    for (size_t i = 0; i < 244; i++) {
        bytes[i] ^= 0x04;
        acpi_init(&info);
        EXPECT(acpi_fadt() == NULL);
        EXPECT_EQ(acpi_find("APIC", 0, &found), OK);
        call_everything();
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

/* Tables that end where nothing can be mapped. */
TEST(acpi, tables_that_cannot_be_mapped_are_not_used)
{
    struct acpi_table found;
    make_machine(8);
    acpi_init(&info);
    kernel_space.root = 1;
    mappable_end = AT_MADT + 0x40; /* the end of a page */
    EXPECT_EQ(acpi_madt(&madt), ERROR_INVALID);
    EXPECT(acpi_table(3, &found));
    EXPECT(found.bytes == NULL && found.verdict == ERROR_INVALID);
    mappable_end = AT_ROOT;
    EXPECT_EQ(acpi_mcfg(&mcfg), ERROR_NO_DEVICE);
    EXPECT_EQ(acpi_find("APIC", 0, &found), ERROR_NO_DEVICE);
    call_everything();
    mappable_end = UINT64_MAX;
}
