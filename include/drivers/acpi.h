/*
 * ACPI: the firmware's description of the machine, in tables. At boot, only the few tables are read
 * that the set-up depends on. The others are read when a caller asks for them.
 */
#ifndef DRIVERS_ACPI_H
#define DRIVERS_ACPI_H

#include <boot/boot_info.h>
#include <drivers/acpi_tables.h>

enum { ACPI_MAX_TABLES = 64 }; /* further ones are ignored */

/* Finds the list of tables, and reads the FADT and the MADT's flags for acpi_fadt() and
 * acpi_has_8259(). Called before the console starts, since the FADT says whether there is a VGA; so
 * it logs nothing. It only sees tables in the first 4 GiB, which the boot's page tables map. */
void acpi_init(const struct boot_info *info);

/* Logs which of the tables that acpi_init() has read are broken. Once, after the console has
 * started. */
void acpi_log_broken(void);

/* Returns the fixed description; NULL if the machine has none, or a broken one. Any context. */
const struct acpi_fadt *acpi_fadt(void);

/* Does the machine have a pair of 8259s? True also if there is no MADT to read. Any context. */
bool acpi_has_8259(void);

/* The functions below map tables: they are called after kernel_space_init(), and not in an
 * interrupt handler. The pointers that they return stay valid for ever. */

struct acpi_table {
    phys_addr_t address;
    uint32_t length;
    const uint8_t *bytes; /* `length` of them; NULL if they cannot be mapped */
    enum error verdict;   /* OK; ERROR_INVALID: wrong length or checksum */
};

/* Reads the table number `index`: the RSDT or XSDT is first, the DSDT last. False if there are
 * fewer tables. */
bool acpi_table(size_t index, struct acpi_table *table);

/* Reads the texts in the table's header. False if it cannot be mapped. */
bool acpi_table_header(const struct acpi_table *table, struct acpi_header *header);

/* Finds the nth table, from 0, with that signature (4 characters). ERROR_NO_DEVICE if there is
 * none, ERROR_INVALID if it is broken. */
enum error acpi_find(const char *signature, size_t nth, struct acpi_table *table);

/* Read the table of interrupt controllers and the one of PCI Express. Errors as for acpi_find(). */
enum error acpi_madt(struct acpi_madt *madt);
enum error acpi_mcfg(struct acpi_mcfg *mcfg);

/* Finds the values that switch the machine off; ERROR_NO_DEVICE if no table has them. */
enum error acpi_s5(struct acpi_sleep_type *type);

#endif
