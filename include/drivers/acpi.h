/*
 * ACPI: what the machine's firmware says of the machine. Tables are read when they are asked for;
 * at boot only the few on which decisions hang.
 */
#ifndef DRIVERS_ACPI_H
#define DRIVERS_ACPI_H

#include <boot/boot_info.h>
#include <drivers/acpi_tables.h>

enum { ACPI_MAX_TABLES = 64 }; /* further ones are not looked at */

/* Finds the list of tables, and reads what acpi_fadt() and acpi_has_8259() tell. The very first of
 * all, for even the screen is one of the decisions: it sees the first 4 GiB through the tables of
 * the boot, and logs nothing. */
void acpi_init(const struct boot_info *info);

/* Logs which of the tables read so far are broken. Once, after the console has started. */
void acpi_log_broken(void);

/* The fixed description; NULL when the machine has none, or a broken one. Any context. */
const struct acpi_fadt *acpi_fadt(void);

/* Has the machine a pair of 8259s? True also when nothing is said of it. Any context. */
bool acpi_has_8259(void);

/* From here on: not before kernel_space_init(), and not in an interrupt handler. What a function
 * hands out stays good for ever. */

struct acpi_table {
    phys_addr_t address;
    uint32_t length;
    const uint8_t *bytes; /* `length` of them; NULL when they are out of reach */
    enum error verdict;   /* OK; ERROR_INVALID: wrong length or checksum */
};

/* The index'th table: the RSDT or XSDT first, the DSDT last. False when there are not so many. */
bool acpi_table(size_t index, struct acpi_table *table);

/* What the table's first bytes say for people. False when they are out of reach. */
bool acpi_table_header(const struct acpi_table *table, struct acpi_header *header);

/* Finds the nth table, from 0, with that signature (4 characters). ERROR_NO_DEVICE when there is
 * none, ERROR_INVALID when it is broken. */
enum error acpi_find(const char *signature, size_t nth, struct acpi_table *table);

/* Reads the table of interrupt controllers, and that of PCI Express. Errors as acpi_find(). */
enum error acpi_madt(struct acpi_madt *madt);
enum error acpi_mcfg(struct acpi_mcfg *mcfg);

/* Says what is written to switch the machine off; ERROR_NO_DEVICE when no table does. */
enum error acpi_s5(struct acpi_sleep_type *type);

#endif
