/*
 * The loader's copy of the root pointer holds the address of a list of tables (XSDT, or RSDT on
 * older machines), and the list holds the address of each table. Tables may lie in memory that the
 * memory map calls reserved, outside the direct map, or, if the firmware is wrong, in no memory at
 * all. So each table is mapped before it is read: first its header and then, if the length there
 * makes sense, all of it.
 */
#include <assert.h>
#include <drivers/acpi.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/kernel_space.h>

static struct {
    phys_addr_t root; /* RSDT or XSDT; 0: there is no ACPI */
    size_t entry_size;
    size_t count;
    struct acpi_fadt fadt;
    struct acpi_table madt;
    bool has_8259;
    /* ERROR_NO_DEVICE: the machine has no such table. */
    enum error root_error, fadt_error, madt_error;
} acpi RO_AFTER_INIT = {.has_8259 = true};

/* The pages that were mapped last. Tables lie side by side, so the next one is often there. */
static struct phys_range mapped;

/* Maps the memory at `address` and returns a pointer to it; NULL if it cannot be mapped. Before
 * kernel_space_init(), the page tables of boot/page_tables.asm are in use, which map the first
 * 4 GiB. */
static const uint8_t *map_table(phys_addr_t address, uint64_t size)
{
    const uint64_t boot_tables_reach = GIB(4);
    if (kernel_space.root == 0)
        return address < boot_tables_reach && size <= boot_tables_reach - address
                   ? phys_to_virt(address)
                   : NULL;
    ASSERT(!in_interrupt());
    if (address >= mapped.start && address < mapped.end && size <= mapped.end - address)
        return phys_to_virt(address);
    if (mmio_map(address, size, 0))
        return NULL;
    mapped =
        (struct phys_range){ALIGN_DOWN(address, PAGE_SIZE), ALIGN_UP(address + size, PAGE_SIZE)};
    return phys_to_virt(address);
}

/* Reads the table at `address`, and returns its verdict. */
static enum error read_table(phys_addr_t address, struct acpi_table *table)
{
    *table = (struct acpi_table){.address = address, .verdict = ERROR_INVALID};
    const uint8_t *header = map_table(address, ACPI_HEADER_SIZE);
    if (!header || acpi_read_length(header, &table->length))
        return ERROR_INVALID;
    table->bytes = map_table(address, table->length);
    if (table->bytes && acpi_checksum_holds(table->bytes, table->length))
        table->verdict = OK;
    return table->verdict;
}

/* --- The list of tables --------------------------------------------------------------------- */

static bool has_signature(phys_addr_t address, const char *signature)
{
    const uint8_t *header = map_table(address, ACPI_HEADER_SIZE);
    return header && acpi_has_signature(header, signature);
}

static bool use_root(phys_addr_t address, const char *signature, size_t entry_size)
{
    struct acpi_table table;
    if (address == 0 || !has_signature(address, signature) || read_table(address, &table))
        return false;
    acpi.root = address;
    acpi.entry_size = entry_size;
    acpi.count = MIN(acpi_root_count(table.length, entry_size), (size_t)ACPI_MAX_TABLES);
    return true;
}

static enum error find_root(const struct boot_info *info)
{
    struct acpi_root root;
    acpi.root = 0;
    acpi.count = 0;
    if (info->rsdp_size == 0)
        return ERROR_NO_DEVICE;
    if (acpi_read_rsdp(info->rsdp, info->rsdp_size, &root))
        return ERROR_INVALID;
    bool found = use_root(root.xsdt, "XSDT", 8) || use_root(root.rsdt, "RSDT", 4);
    return found ? OK : ERROR_INVALID;
}

/* Maps the whole list; NULL if it is empty. */
static const uint8_t *map_list(void)
{
    uint64_t size = ACPI_HEADER_SIZE + (uint64_t)acpi.count * acpi.entry_size;
    return acpi.count ? map_table(acpi.root, size) : NULL;
}

enum error acpi_find(const char *signature, size_t nth, struct acpi_table *table)
{
    const uint8_t *entries = map_list();
    for (size_t i = 0; entries && i < acpi.count; i++) {
        phys_addr_t address = acpi_root_entry(entries, acpi.entry_size, i);
        if (has_signature(address, signature) && nth-- == 0)
            return read_table(address, table);
    }
    return ERROR_NO_DEVICE;
}

static phys_addr_t dsdt(void)
{
    return acpi.fadt_error ? 0 : acpi.fadt.dsdt;
}

bool acpi_table(size_t index, struct acpi_table *table)
{
    const uint8_t *entries = map_list();
    if (acpi.root == 0 || index > acpi.count + (dsdt() != 0))
        return false;
    if (index == 0)
        read_table(acpi.root, table);
    else if (index > acpi.count)
        read_table(dsdt(), table);
    else
        read_table(entries ? acpi_root_entry(entries, acpi.entry_size, index - 1) : 0, table);
    return true;
}

bool acpi_table_header(const struct acpi_table *table, struct acpi_header *header)
{
    const uint8_t *bytes = map_table(table->address, ACPI_HEADER_SIZE);
    if (bytes)
        acpi_read_header(bytes, header);
    return bytes != NULL;
}

/* --- At boot -------------------------------------------------------------------------------- */

static enum error read_fadt(void)
{
    struct acpi_table table;
    enum error error = acpi_find("FACP", 0, &table);
    return error ? error : acpi_read_fadt(table.bytes, table.length, &acpi.fadt);
}

static enum error read_has_8259(void)
{
    enum error error = acpi_find("APIC", 0, &acpi.madt);
    if (!error)
        acpi.has_8259 = acpi_madt_has_8259(acpi.madt.bytes, acpi.madt.length);
    return error;
}

void acpi_init(const struct boot_info *info)
{
    mapped = (struct phys_range){0};
    acpi.root_error = find_root(info);
    acpi.fadt_error = read_fadt();
    acpi.madt_error = read_has_8259();
}

void acpi_log_broken(void)
{
    if (acpi.root_error)
        log_warn("acpi: %s", acpi.root_error == ERROR_NO_DEVICE
                                 ? "the loader has passed no ACPI tables"
                                 : "the list of tables is broken; ACPI is left alone");
    if (acpi.fadt_error == ERROR_INVALID)
        log_warn("acpi: the table FACP is broken and left alone");
    if (acpi.madt_error == ERROR_INVALID)
        log_warn("acpi: the table APIC is broken and left alone");
}

const struct acpi_fadt *acpi_fadt(void)
{
    return acpi.fadt_error ? NULL : &acpi.fadt;
}

bool acpi_has_8259(void)
{
    return acpi.has_8259;
}

/* --- When asked for ------------------------------------------------------------------------- */

/* The table that acpi_init() has found and checked; it has missed one beyond the first 4 GiB. */
enum error acpi_madt(struct acpi_madt *madt)
{
    struct acpi_table table = acpi.madt;
    enum error error = acpi.madt_error ? acpi_find("APIC", 0, &table) : OK;
    if (error)
        return error;
    const uint8_t *bytes = map_table(table.address, table.length);
    return bytes ? acpi_read_madt(bytes, table.length, madt) : ERROR_INVALID;
}

enum error acpi_mcfg(struct acpi_mcfg *mcfg)
{
    struct acpi_table table;
    enum error error = acpi_find("MCFG", 0, &table);
    return error ? error : acpi_read_mcfg(table.bytes, table.length, mcfg);
}

static bool find_s5_in(const struct acpi_table *table, struct acpi_sleep_type *type)
{
    return !table->verdict && acpi_find_s5(table->bytes, table->length, type) == OK;
}

enum error acpi_s5(struct acpi_sleep_type *type)
{
    struct acpi_table table;
    if (dsdt() && read_table(dsdt(), &table) == OK && find_s5_in(&table, type))
        return OK;
    for (size_t nth = 0; acpi_find("SSDT", nth, &table) != ERROR_NO_DEVICE; nth++) {
        if (find_s5_in(&table, type))
            return OK;
    }
    return ERROR_NO_DEVICE;
}
