/*
 * The parsers of ACPI's tables, with any table. The checksum does not have to be right: a right one
 * only shows that a table is as the firmware made it, and firmware makes mistakes.
 */
#include <drivers/acpi_tables.h>

#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_header_and_root(const uint8_t *bytes, size_t size)
{
    struct acpi_header header;
    struct acpi_root root;
    acpi_read_rsdp(bytes, size, &root);
    acpi_checksum_holds(bytes, size);
    if (size < ACPI_HEADER_SIZE)
        return;
    uint32_t length;
    acpi_read_length(bytes, &length);
    acpi_read_header(bytes, &header);
    for (size_t entry_size = 4; entry_size <= 8; entry_size += 4) {
        for (size_t i = 0; i < acpi_root_count(size, entry_size); i++)
            acpi_root_entry(bytes, entry_size, i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct acpi_fadt fadt;
    struct acpi_madt madt;
    struct acpi_mcfg mcfg;
    struct acpi_sleep_type type;
    phys_addr_t hpet;
    read_header_and_root(bytes, size);
    acpi_read_fadt(bytes, size, &fadt);
    acpi_read_mcfg(bytes, size, &mcfg);
    acpi_read_hpet(bytes, size, &hpet);
    if (acpi_read_madt(bytes, size, &madt) == OK)
        require(madt.io_apic_count <= ACPI_MAX_IO_APICS);
    if (acpi_find_s5(bytes, size, &type) == OK)
        require(type.a <= 7 && type.b <= 7);
    return 0;
}
