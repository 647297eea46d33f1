/*
 * Parses ACPI's tables (Advanced Configuration and Power Interface Specification 6.5, chapter 5.2).
 * The tables come from outside: whatever their bytes are, nothing beyond them is read. Everything
 * here is a pure function. Any context.
 */
#ifndef DRIVERS_ACPI_TABLES_H
#define DRIVERS_ACPI_TABLES_H

#include <error.h>
#include <types.h>

enum { ACPI_HEADER_SIZE = 36, ACPI_MAX_LENGTH = 16 << 20 /* a longer table counts as broken */ };

/* The root pointer: the addresses of the lists of all tables. */
struct acpi_root {
    phys_addr_t rsdt; /* 4 bytes an entry; 0: none */
    phys_addr_t xsdt; /* 8 bytes an entry; 0: none */
};

/* Reads the root pointer (5.2.5.3). ERROR_INVALID if signature, checksum or size are wrong. */
enum error acpi_read_rsdp(const uint8_t *bytes, size_t size, struct acpi_root *root);

/* Does a table begin with these 4 characters? */
static inline bool acpi_has_signature(const uint8_t *bytes, const char *signature)
{
    return __builtin_memcmp(bytes, signature, 4) == 0; /* a single comparison */
}

/* Reads the length of a table, including the header, from its header (5.2.6). ERROR_INVALID for a
 * length that no table has. */
enum error acpi_read_length(const uint8_t bytes[ACPI_HEADER_SIZE], uint32_t *length);

/* The texts in a table's header, to be shown. */
struct acpi_header {
    char signature[5];
    uint8_t revision;
    char oem[7];
    char oem_table[9];
};

/* Reads them. A character that is not printable becomes a question mark. */
void acpi_read_header(const uint8_t bytes[ACPI_HEADER_SIZE], struct acpi_header *header);

/* Is the sum of the bytes 0? */
bool acpi_checksum_holds(const uint8_t *bytes, size_t size);

/* The functions below take a whole table of ACPI_HEADER_SIZE bytes or more, whose length and
 * checksum are right. They return ERROR_INVALID for a table that contradicts itself. */

/* How many tables an RSDT (4 bytes an entry) or XSDT (8) lists, and the address of one of them;
 * `index` is below that number. */
size_t acpi_root_count(size_t size, size_t entry_size);
phys_addr_t acpi_root_entry(const uint8_t *bytes, size_t entry_size, size_t index);

enum acpi_space { ACPI_SPACE_MEMORY = 0, ACPI_SPACE_IO = 1 };

/* A hardware register (5.2.3.2); address 0: there is none. */
struct acpi_register {
    uint8_t space; /* enum acpi_space, or another one, which Cairn does not use */
    uint64_t address;
};

/* Is there such a register, and is it a port? */
static inline bool acpi_is_port(const struct acpi_register *reg)
{
    return reg->space == ACPI_SPACE_IO && reg->address != 0 && reg->address <= UINT16_MAX;
}

/* The fixed description (5.2.9). A field that the table's revision does not have is 0 or false. */
struct acpi_fadt {
    uint8_t revision;
    phys_addr_t dsdt;
    uint32_t smi_command; /* port; 0: the machine is always in ACPI mode */
    uint8_t acpi_enable;  /* what to write there */
    struct acpi_register pm1a_control, pm1b_control;
    struct acpi_register pm_timer;
    bool pm_timer_has_32_bits; /* else 24 */
    struct acpi_register reset;
    uint8_t reset_value;
    struct acpi_register sleep_control; /* of a machine that is `hardware_reduced` */
    bool hardware_reduced;              /* only sleep_control and reset are valid */
    bool no_i8042, no_vga, no_cmos_clock;
    uint8_t century_register; /* of the CMOS clock; 0: it has none */
};

/* Reads the FADT. ERROR_INVALID: it is too short. */
enum error acpi_read_fadt(const uint8_t *bytes, size_t size, struct acpi_fadt *fadt);

enum { ACPI_ISA_LINES = 16, ACPI_MAX_IO_APICS = 8, ACPI_LOCAL_INPUTS = 2 };

/* How a line requests an interrupt; on the ISA bus, by a rising edge. */
struct acpi_signal {
    bool active_low;
    bool level;
};

/* The interrupt controllers (5.2.12). A global system interrupt (GSI) is a number that counts the
 * inputs of all I/O APICs. */
struct acpi_madt {
    phys_addr_t local_apic;
    bool has_8259;
    unsigned processors; /* usable ones */
    unsigned io_apic_count;
    struct acpi_io_apic {
        uint8_t id;
        phys_addr_t address;
        uint32_t first_gsi;
    } io_apics[ACPI_MAX_IO_APICS];
    unsigned io_apics_left_out;
    struct acpi_line {
        uint32_t gsi;
        struct acpi_signal signal;
        bool overridden; /* by an entry of the table; else the GSI is the line's number */
    } lines[ACPI_ISA_LINES];
    struct acpi_local_input {
        bool is_nmi;
        struct acpi_signal signal;
    } local_inputs[ACPI_LOCAL_INPUTS];
};

/* Reads the MADT. ERROR_INVALID: it is too short, or an entry runs past its end. */
enum error acpi_read_madt(const uint8_t *bytes, size_t size, struct acpi_madt *madt);

/* Does the MADT say that the machine has two 8259s? True also if it is too short to tell. No other
 * part of the MADT is read at every boot. */
bool acpi_madt_has_8259(const uint8_t *bytes, size_t size);

enum { ACPI_MAX_PCI_SEGMENTS = 8 };

/* The addresses of PCI Express configuration space (PCI Firmware Specification 3.0, 4.1.2). */
struct acpi_mcfg {
    unsigned count;
    struct acpi_pci_segment {
        phys_addr_t address;
        uint16_t number;
        uint8_t first_bus, last_bus;
    } segments[ACPI_MAX_PCI_SEGMENTS];
    unsigned left_out;
};

/* Reads the MCFG. ERROR_INVALID: it is too short, or a range of buses ends before it begins. */
enum error acpi_read_mcfg(const uint8_t *bytes, size_t size, struct acpi_mcfg *mcfg);

/* Reads the address of the HPET's registers (IA-PC HPET Specification 1.0a, 3.2.4). ERROR_INVALID:
 * the table is too short, or they are not in memory. */
enum error acpi_read_hpet(const uint8_t *bytes, size_t size, phys_addr_t *address);

/* The values for the two PM1 control registers that select a sleeping state (7.4.2). */
struct acpi_sleep_type {
    uint8_t a, b;
};

/* Searches AML (a DSDT or SSDT, of any size) for the package \_S5_, whose values switch the machine
 * off; they are below 8. AML is not executed: only a package of constants is found.
 * ERROR_NO_DEVICE if there is none; `type` has no meaning then. */
enum error acpi_find_s5(const uint8_t *aml, size_t size, struct acpi_sleep_type *type);

#endif
