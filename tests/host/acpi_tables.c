/*
 * ACPI's tables: a valid one is parsed; one that is broken, cut short or has a flipped bit is
 * refused or does no harm.
 */
#include <drivers/acpi_tables.h>
#include <lib/random.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "fake_tables.h"

static struct acpi_fadt fadt;
static struct acpi_madt madt;
static struct acpi_mcfg mcfg;

/* --- Checksums and headers ------------------------------------------------------------------ */

TEST(acpi_tables, a_checksum_holds_if_the_sum_is_zero)
{
    uint64_t random = 1;
    for (size_t size = 1; size < 300; size++) {
        uint8_t *bytes = malloc(size);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)random_next(&random);
        bool holds = byte_sum(bytes, size) == 0;
        EXPECT_EQ(acpi_checksum_holds(bytes, size), holds);
        bytes[size - 1] = (uint8_t)(bytes[size - 1] - byte_sum(bytes, size));
        EXPECT(acpi_checksum_holds(bytes, size));
        bytes[size / 2]++;
        EXPECT(!acpi_checksum_holds(bytes, size));
        free(bytes);
    }
}

TEST(acpi_tables, a_headers_text_is_printable_and_its_length_bounded)
{
    struct acpi_header header;
    uint32_t length;
    table_make_fadt(3, 244);
    table[10] = '\n'; /* must not reach a terminal */
    EXPECT_EQ(acpi_read_length(table, &length), OK);
    EXPECT_EQ(length, 244);
    acpi_read_header(table, &header);
    EXPECT_STR(header.signature, "FACP");
    EXPECT_EQ(header.revision, 3);
    EXPECT_STR(header.oem, "?AIRN ");
    EXPECT_STR(header.oem_table, "TESTTABL");
    table_put_at(4, 35, 4);
    EXPECT_EQ(acpi_read_length(table, &length), ERROR_INVALID);
    table_put_at(4, ACPI_MAX_LENGTH + 1, 4);
    EXPECT_EQ(acpi_read_length(table, &length), ERROR_INVALID);
}

/* --- The root pointer ----------------------------------------------------------------------- */

TEST(acpi_tables, the_newer_root_pointer_counts_if_its_checksum_holds)
{
    struct acpi_root root;
    table_make_rsdp(0, 0x1000, 0x2000);
    EXPECT_EQ(acpi_read_rsdp(table, 20, &root), OK);
    EXPECT(root.rsdt == 0x1000 && root.xsdt == 0);
    table_make_rsdp(2, 0x1000, 0x123456789a);
    EXPECT_EQ(acpi_read_rsdp(table, 36, &root), OK);
    EXPECT(root.rsdt == 0x1000 && root.xsdt == 0x123456789a);
    EXPECT_EQ(acpi_read_rsdp(table, 20, &root), OK); /* only the old part is there */
    EXPECT(root.rsdt == 0x1000 && root.xsdt == 0);
    table[33]++; /* the new part's checksum */
    EXPECT_EQ(acpi_read_rsdp(table, 36, &root), OK);
    EXPECT(root.rsdt == 0x1000 && root.xsdt == 0);
    table_make_rsdp(2, 0, 0);
    EXPECT_EQ(acpi_read_rsdp(table, 36, &root), ERROR_INVALID);
}

TEST(acpi_tables, a_root_pointer_cut_or_flipped_is_refused)
{
    struct acpi_root root;
    table_make_rsdp(0, 0x1000, 0);
    for (size_t size = 0; size < 20; size++)
        EXPECT_EQ(acpi_read_rsdp(exact_copy(table, size), size, &root), ERROR_INVALID);
    for (size_t i = 0; i < 20; i++) {
        table[i] ^= 0x10;
        EXPECT_EQ(acpi_read_rsdp(table, 20, &root), ERROR_INVALID);
        table[i] ^= 0x10;
    }
}

/* --- FADT ----------------------------------------------------------------------------------- */

TEST(acpi_tables, fadt_of_revision_1_says_nothing_of_the_i8042)
{
    table_make_fadt(1, 116);
    EXPECT_EQ(acpi_read_fadt(exact_copy(table, table_size), table_size, &fadt), OK);
    EXPECT(!fadt.no_i8042 && !fadt.no_vga && !fadt.no_cmos_clock && !fadt.hardware_reduced);
    EXPECT_EQ(fadt.dsdt, 0x7fe0040);
    EXPECT_EQ(fadt.smi_command, 0xb2);
    EXPECT_EQ(fadt.acpi_enable, 2);
    EXPECT_EQ(fadt.century_register, 0x32);
    EXPECT(fadt.pm1a_control.space == ACPI_SPACE_IO && fadt.pm1a_control.address == 0x604);
    EXPECT_EQ(fadt.pm1b_control.address, 0);
    EXPECT(fadt.pm_timer.address == 0x608 && !fadt.pm_timer_has_32_bits);
    EXPECT_EQ(fadt.reset.address, 0); /* the flag is set, but the table is too short */
}

/* Even if a table of revision 1 has more bytes than it should. */
TEST(acpi_tables, fadt_of_revision_1_ends_behind_the_flags)
{
    table_make_fadt(1, 244);
    table_put_at(140, 0x1234, 8);
    EXPECT_EQ(acpi_read_fadt(exact_copy(table, table_size), table_size, &fadt), OK);
    EXPECT_EQ(fadt.dsdt, 0x7fe0040);
    EXPECT_EQ(fadt.reset.address, 0);
}

TEST(acpi_tables, boot_flags_count_from_their_revision_on)
{
    enum { I8042 = 1 << 1, NO_VGA = 1 << 2, NO_CMOS = 1 << 5 };
    for (uint8_t revision = 1; revision <= 6; revision++) {
        table_make_fadt(revision, 244);
        EXPECT_EQ(acpi_read_fadt(exact_copy(table, table_size), table_size, &fadt), OK);
        EXPECT_EQ(fadt.no_i8042, revision >= 3);
        EXPECT(!fadt.no_vga && !fadt.no_cmos_clock);
        table_put_at(109, I8042 | NO_VGA | NO_CMOS, 2);
        EXPECT_EQ(acpi_read_fadt(exact_copy(table, table_size), table_size, &fadt), OK);
        EXPECT(!fadt.no_i8042);
        EXPECT_EQ(fadt.no_vga, revision >= 4);
        EXPECT_EQ(fadt.no_cmos_clock, revision >= 5);
    }
}

TEST(acpi_tables, newer_fields_of_the_fadt_count_where_they_are_filled)
{
    table_make_fadt(3, 244);
    EXPECT_EQ(acpi_read_fadt(exact_copy(table, table_size), table_size, &fadt), OK);
    EXPECT(fadt.reset.space == ACPI_SPACE_IO && fadt.reset.address == 0xcf9);
    EXPECT_EQ(fadt.reset_value, 0x0f);
    EXPECT_EQ(fadt.pm1a_control.address, 0x604); /* the newer field is empty */
    table_make_fadt(6, 276);
    table_put_at(112, 1 << 20 | 1 << 8, 4);
    table_put_at(140, 0x123456780000, 8);
    table_put_at(172, 1, 1);
    table_put_at(176, 0x1804, 8);
    table_put_at(244, 1, 1);
    table_put_at(248, 0x3f0, 8);
    EXPECT_EQ(acpi_read_fadt(exact_copy(table, table_size), table_size, &fadt), OK);
    EXPECT_EQ(fadt.dsdt, 0x123456780000);
    EXPECT_EQ(fadt.pm1a_control.address, 0x1804);
    EXPECT(fadt.hardware_reduced && fadt.pm_timer_has_32_bits);
    EXPECT_EQ(fadt.sleep_control.address, 0x3f0);
    EXPECT_EQ(fadt.reset.address, 0); /* without its flag */
}

TEST(acpi_tables, a_fadt_that_is_cut_off_is_refused)
{
    table_make_fadt(6, 276);
    for (size_t size = 0; size <= table_size; size++)
        EXPECT_EQ(acpi_read_fadt(exact_copy(table, size), size, &fadt),
                  size < 116 ? ERROR_INVALID : OK);
}

/* --- MADT ----------------------------------------------------------------------------------- */

TEST(acpi_tables, the_madt_lists_processors_io_apics_and_lines)
{
    table_make_madt();
    EXPECT_EQ(acpi_read_madt(exact_copy(table, table_size), table_size, &madt), OK);
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

TEST(acpi_tables, the_madt_may_move_the_local_apic_and_deny_the_8259s)
{
    table_begin("APIC", 3);
    table_put(0xfee00000, 4);
    table_put(0, 4);
    table_put(5, 1);
    table_put(12, 1);
    table_put(0, 2);
    table_put(0x123400000, 8);
    table_end();
    EXPECT_EQ(acpi_read_madt(exact_copy(table, table_size), table_size, &madt), OK);
    EXPECT_EQ(madt.local_apic, 0x123400000);
    EXPECT(!madt.has_8259);
    EXPECT(!acpi_madt_has_8259(table, table_size));
}

TEST(acpi_tables, entries_of_the_madt_that_cannot_be_are_ignored)
{
    static const uint8_t entries[] = {
        2, 10, 1,    1,  2, 0, 0, 0, 0, 0, /* of another bus */
        2, 10, 0,    16, 2, 0, 0, 0, 0, 0, /* no such line */
        4, 6,  0xff, 0,  0, 2,             /* no such input */
    };
    table_begin("APIC", 3);
    table_put(0xfee00000, 8);
    table_put_bytes(entries, sizeof(entries));
    for (unsigned i = 0; i < ACPI_MAX_IO_APICS + 2; i++) {
        table_put(1, 1);
        table_put(12, 1);
        table_put(i, 2);
        table_put(0xfec00000 + 0x1000 * i, 4);
        table_put(24 * i, 4);
    }
    table_end();
    EXPECT_EQ(acpi_read_madt(exact_copy(table, table_size), table_size, &madt), OK);
    EXPECT_EQ(madt.lines[1].gsi, 1);
    EXPECT_EQ(madt.io_apic_count, ACPI_MAX_IO_APICS);
    EXPECT_EQ(madt.io_apics_left_out, 2);
    table_put(0, 2); /* an entry of length 0 would never end */
    EXPECT_EQ(acpi_read_madt(exact_copy(table, table_size), table_size, &madt), ERROR_INVALID);
}

/* A cut between two entries makes a shorter table, a cut in an entry a broken one. */
TEST(acpi_tables, a_madt_that_is_cut_within_an_entry_is_refused)
{
    table_make_madt();
    unsigned good = 0;
    for (size_t size = 0; size <= table_size; size++)
        good += acpi_read_madt(exact_copy(table, size), size, &madt) == OK;
    EXPECT_EQ(good, 1 + 3 + 1 + 3 + 1 + 1 + 1);
}

/* --- MCFG ----------------------------------------------------------------------------------- */

TEST(acpi_tables, the_mcfg_lists_segments_that_end_after_they_begin)
{
    table_begin("MCFG", 1);
    table_put(0, 8);
    for (unsigned i = 0; i < 2; i++) {
        table_put(0xb0000000 + 0x10000000 * (uint64_t)i, 8);
        table_put(i, 2);
        table_put(0, 1);
        table_put(255, 1);
        table_put(0, 4);
    }
    table_end();
    EXPECT_EQ(acpi_read_mcfg(exact_copy(table, table_size), table_size, &mcfg), OK);
    EXPECT_EQ(mcfg.count, 2);
    EXPECT(mcfg.segments[1].address == 0xc0000000 && mcfg.segments[1].number == 1 &&
           mcfg.segments[1].first_bus == 0 && mcfg.segments[1].last_bus == 255);
    for (size_t size = 0; size < table_size; size++) {
        EXPECT_EQ(acpi_read_mcfg(exact_copy(table, size), size, &mcfg),
                  size < 44 ? ERROR_INVALID : OK);
        EXPECT_EQ(mcfg.count, size < 44 ? 0 : (size - 44) / 16);
    }
    table_put_at(44 + 10, 1, 1);
    table_put_at(44 + 11, 0, 1); /* ends before it begins */
    EXPECT_EQ(acpi_read_mcfg(exact_copy(table, table_size), table_size, &mcfg), ERROR_INVALID);
}

TEST(acpi_tables, an_hpet_in_memory_is_found)
{
    phys_addr_t address;
    table_begin("HPET", 1);
    table_put(0, 4);
    table_put(0, 4); /* in memory */
    table_put(0xfed00000, 8);
    table_put(0, 4);
    table_end();
    EXPECT_EQ(table_size, 56);
    for (size_t size = ACPI_HEADER_SIZE; size <= table_size; size++) {
        EXPECT_EQ(acpi_read_hpet(exact_copy(table, size), size, &address),
                  size < table_size ? ERROR_INVALID : OK);
    }
    EXPECT_EQ(address, 0xfed00000);
    table_put_at(40, 1, 1); /* no, in I/O space */
    EXPECT_EQ(acpi_read_hpet(table, table_size, &address), ERROR_INVALID);
}
