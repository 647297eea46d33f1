/*
 * Fields are read byte by byte, at offsets from the specification's tables: they are little endian,
 * and need not be aligned. A table ends where its header says. A field that the table's revision
 * does not have yet is not read, even if the table has bytes there.
 */
#include <assert.h>
#include <drivers/acpi_tables.h>
#include <lib/bytes.h>
#include <lib/string.h>

/* --- Bytes ---------------------------------------------------------------------------------- */

bool acpi_checksum_holds(const uint8_t *bytes, size_t size)
{
    uint8_t sum = 0;
#pragma GCC unroll 16
    for (size_t i = 0; i < size; i++)
        sum += bytes[i];
    return sum == 0;
}

/* Copies a text of fixed width and ends it with a NUL. A question mark stands for a control
 * character, which a terminal must not get. */
static void copy_text(char *to, const uint8_t *from, size_t width)
{
    for (size_t i = 0; i < width; i++)
        to[i] = (char)(from[i] >= ' ' && from[i] <= '~' ? from[i] : '?');
    to[width] = '\0';
}

/* --- Root pointer, list and header ---------------------------------------------------------- */

enum rsdp {
    RSDP_REVISION = 15,
    RSDP_RSDT = 16,
    RSDP_SIZE = 20, /* of revision 0; its checksum covers so much */
    RSDP_XSDT = 24,
    RSDP_NEW_SIZE = 36,
};

enum error acpi_read_rsdp(const uint8_t *bytes, size_t size, struct acpi_root *root)
{
    if (size < RSDP_SIZE || memcmp(bytes, "RSD PTR ", 8) != 0 ||
        !acpi_checksum_holds(bytes, RSDP_SIZE))
        return ERROR_INVALID;
    *root = (struct acpi_root){.rsdt = get_little_32(bytes + RSDP_RSDT)};
    if (bytes[RSDP_REVISION] >= 2 && size >= RSDP_NEW_SIZE &&
        acpi_checksum_holds(bytes, RSDP_NEW_SIZE))
        root->xsdt = get_little_64(bytes + RSDP_XSDT);
    return root->rsdt || root->xsdt ? OK : ERROR_INVALID;
}

enum header {
    HEADER_LENGTH = 4,
    HEADER_REVISION = 8,
    HEADER_OEM = 10,
    HEADER_OEM_TABLE = 16,
};

enum error acpi_read_length(const uint8_t bytes[ACPI_HEADER_SIZE], uint32_t *length)
{
    *length = get_little_32(bytes + HEADER_LENGTH);
    return *length >= ACPI_HEADER_SIZE && *length <= ACPI_MAX_LENGTH ? OK : ERROR_INVALID;
}

void acpi_read_header(const uint8_t bytes[ACPI_HEADER_SIZE], struct acpi_header *header)
{
    header->revision = bytes[HEADER_REVISION];
    copy_text(header->signature, bytes, 4);
    copy_text(header->oem, bytes + HEADER_OEM, 6);
    copy_text(header->oem_table, bytes + HEADER_OEM_TABLE, 8);
}

size_t acpi_root_count(size_t size, size_t entry_size)
{
    ASSERT(size >= ACPI_HEADER_SIZE);
    ASSERT(entry_size == 4 || entry_size == 8);
    return (size - ACPI_HEADER_SIZE) / entry_size;
}

phys_addr_t acpi_root_entry(const uint8_t *bytes, size_t entry_size, size_t index)
{
    const uint8_t *entry = bytes + ACPI_HEADER_SIZE + index * entry_size;
    return entry_size == 8 ? get_little_64(entry) : get_little_32(entry);
}

/* --- FADT (5.2.9) --------------------------------------------------------------------------- */

enum fadt {
    FADT_DSDT = 40,
    FADT_SMI_COMMAND = 48,
    FADT_ACPI_ENABLE = 52,
    FADT_PM1A_CONTROL = 64,
    FADT_PM1B_CONTROL = 68,
    FADT_PM_TIMER = 76,
    FADT_CENTURY = 108,
    FADT_BOOT_ARCHITECTURE = 109,
    FADT_FLAGS = 112,
    FADT_SIZE = 116, /* of revision 1 */
    FADT_RESET = 116,
    FADT_RESET_VALUE = 128,
    FADT_X_DSDT = 140,
    FADT_X_PM1A_CONTROL = 172,
    FADT_X_PM1B_CONTROL = 184,
    FADT_X_PM_TIMER = 208,
    FADT_SLEEP_CONTROL = 244,
};

enum fadt_flag {
    FLAG_PM_TIMER_32_BITS = 1 << 8,
    FLAG_RESET = 1 << 10,
    FLAG_HARDWARE_REDUCED = 1 << 20,
};

enum boot_architecture {
    BOOT_I8042 = 1 << 1,
    BOOT_NO_VGA = 1 << 2,
    BOOT_NO_CMOS_CLOCK = 1 << 5,
};

enum { GENERIC_ADDRESS_SIZE = 12, GENERIC_ADDRESS_ADDRESS = 4 };

/* The register at `offset`; none if the table ends before. */
static struct acpi_register generic_address(const uint8_t *bytes, size_t size, size_t offset)
{
    if (size < offset + GENERIC_ADDRESS_SIZE)
        return (struct acpi_register){0};
    const uint8_t *address = bytes + offset;
    return (struct acpi_register){address[0], get_little_64(address + GENERIC_ADDRESS_ADDRESS)};
}

/* Revision 1 has a port. Later revisions also have a register, which is used if it is there. */
static struct acpi_register either(const uint8_t *bytes, size_t size, size_t old, size_t new)
{
    struct acpi_register reg = generic_address(bytes, size, new);
    if (!reg.address)
        reg = (struct acpi_register){ACPI_SPACE_IO, get_little_32(bytes + old)};
    return reg;
}

/* Each flag of IAPC_BOOT_ARCH (5.2.9.3) is valid from some revision on. In revision 1 the bytes are
 * reserved: a 0 there does not mean that the machine has no i8042. */
static void read_boot_architecture(const uint8_t *bytes, struct acpi_fadt *fadt)
{
    uint16_t flags = get_little_16(bytes + FADT_BOOT_ARCHITECTURE);
    fadt->no_i8042 = fadt->revision >= 3 && !(flags & BOOT_I8042);
    fadt->no_vga = fadt->revision >= 4 && flags & BOOT_NO_VGA;
    fadt->no_cmos_clock = fadt->revision >= 5 && flags & BOOT_NO_CMOS_CLOCK;
}

enum error acpi_read_fadt(const uint8_t *bytes, size_t size, struct acpi_fadt *fadt)
{
    if (size < FADT_SIZE)
        return ERROR_INVALID;
    uint32_t flags = get_little_32(bytes + FADT_FLAGS);
    /* In revision 1 everything behind the flags is reserved. */
    size_t limit = bytes[HEADER_REVISION] > 1 ? size : FADT_SIZE;
    *fadt = (struct acpi_fadt){
        .revision = bytes[HEADER_REVISION],
        .dsdt = limit >= FADT_X_DSDT + 8 ? get_little_64(bytes + FADT_X_DSDT) : 0,
        .smi_command = get_little_32(bytes + FADT_SMI_COMMAND),
        .acpi_enable = bytes[FADT_ACPI_ENABLE],
        .pm1a_control = either(bytes, limit, FADT_PM1A_CONTROL, FADT_X_PM1A_CONTROL),
        .pm1b_control = either(bytes, limit, FADT_PM1B_CONTROL, FADT_X_PM1B_CONTROL),
        .pm_timer = either(bytes, limit, FADT_PM_TIMER, FADT_X_PM_TIMER),
        .pm_timer_has_32_bits = flags & FLAG_PM_TIMER_32_BITS,
        .century_register = bytes[FADT_CENTURY],
        .sleep_control = generic_address(bytes, limit, FADT_SLEEP_CONTROL),
        .hardware_reduced = bytes[HEADER_REVISION] >= 5 && flags & FLAG_HARDWARE_REDUCED,
    };
    if (!fadt->dsdt)
        fadt->dsdt = get_little_32(bytes + FADT_DSDT);
    if (limit > FADT_RESET_VALUE && flags & FLAG_RESET) {
        fadt->reset = generic_address(bytes, limit, FADT_RESET);
        fadt->reset_value = bytes[FADT_RESET_VALUE];
    }
    read_boot_architecture(bytes, fadt);
    return OK;
}

/* --- MADT (5.2.12) -------------------------------------------------------------------------- */

enum madt {
    MADT_LOCAL_APIC = 36,
    MADT_FLAGS = 40,
    MADT_ENTRIES = 44,
};

enum { FLAG_HAS_8259 = 1 << 0 };

enum madt_entry {
    ENTRY_PROCESSOR = 0,
    ENTRY_IO_APIC = 1,
    ENTRY_OVERRIDE = 2,
    ENTRY_LOCAL_NMI = 4,
    ENTRY_LOCAL_APIC_ADDRESS = 5,
    ENTRY_X2APIC_PROCESSOR = 9,
    ENTRY_X2APIC_LOCAL_NMI = 10,
};

/* Enabled, or can be enabled: a processor with one of the two flags is usable. */
enum { PROCESSOR_USABLE = 3 };

enum { ISA_BUS = 0 };

/* MPS INTI flags (table 5.26): polarity and trigger mode, two bits each. "Conforms to the bus"
 * means ISA's way. */
static struct acpi_signal read_signal(uint16_t flags)
{
    enum { POLARITY = 3, ACTIVE_LOW = 3, TRIGGER = 3 << 2, LEVEL = 3 << 2 };
    return (struct acpi_signal){
        .active_low = (flags & POLARITY) == ACTIVE_LOW,
        .level = (flags & TRIGGER) == LEVEL,
    };
}

static void add_io_apic(struct acpi_madt *madt, const uint8_t *entry)
{
    if (madt->io_apic_count == ACPI_MAX_IO_APICS) {
        madt->io_apics_left_out++;
        return;
    }
    madt->io_apics[madt->io_apic_count++] =
        (struct acpi_io_apic){entry[2], get_little_32(entry + 4), get_little_32(entry + 8)};
}

static void add_override(struct acpi_madt *madt, const uint8_t *entry)
{
    uint8_t bus = entry[2], line = entry[3];
    if (bus != ISA_BUS || line >= ACPI_ISA_LINES)
        return;
    madt->lines[line] =
        (struct acpi_line){get_little_32(entry + 4), read_signal(get_little_16(entry + 8)), true};
}

/* The entry also names a processor; that is ignored, for all are wired alike. */
static void add_local_nmi(struct acpi_madt *madt, uint8_t input, uint16_t flags)
{
    if (input < ACPI_LOCAL_INPUTS)
        madt->local_inputs[input] = (struct acpi_local_input){true, read_signal(flags)};
}

/* The shortest length of an entry of this type. An entry of an unknown type has at least a type and
 * a length. */
static uint8_t least_length(uint8_t type)
{
    static const uint8_t lengths[] = {
        [ENTRY_PROCESSOR] = 8,           [ENTRY_IO_APIC] = 12,
        [ENTRY_OVERRIDE] = 10,           [ENTRY_LOCAL_NMI] = 6,
        [ENTRY_LOCAL_APIC_ADDRESS] = 12, [ENTRY_X2APIC_PROCESSOR] = 16,
        [ENTRY_X2APIC_LOCAL_NMI] = 12,
    };
    return type < ARRAY_SIZE(lengths) && lengths[type] ? lengths[type] : 2;
}

static void read_madt_entry(struct acpi_madt *madt, const uint8_t *entry)
{
    switch (entry[0]) {
    case ENTRY_PROCESSOR:
        madt->processors += (get_little_32(entry + 4) & PROCESSOR_USABLE) != 0;
        break;
    case ENTRY_X2APIC_PROCESSOR:
        madt->processors += (get_little_32(entry + 8) & PROCESSOR_USABLE) != 0;
        break;
    case ENTRY_IO_APIC:
        add_io_apic(madt, entry);
        break;
    case ENTRY_OVERRIDE:
        add_override(madt, entry);
        break;
    case ENTRY_LOCAL_NMI:
        add_local_nmi(madt, entry[5], get_little_16(entry + 3));
        break;
    case ENTRY_X2APIC_LOCAL_NMI:
        add_local_nmi(madt, entry[8], get_little_16(entry + 2));
        break;
    case ENTRY_LOCAL_APIC_ADDRESS:
        madt->local_apic = get_little_64(entry + 4);
        break;
    default:
        break;
    }
}

bool acpi_madt_has_8259(const uint8_t *bytes, size_t size)
{
    return size < MADT_ENTRIES || get_little_32(bytes + MADT_FLAGS) & FLAG_HAS_8259;
}

enum error acpi_read_madt(const uint8_t *bytes, size_t size, struct acpi_madt *madt)
{
    if (size < MADT_ENTRIES)
        return ERROR_INVALID;
    *madt = (struct acpi_madt){.local_apic = get_little_32(bytes + MADT_LOCAL_APIC),
                               .has_8259 = acpi_madt_has_8259(bytes, size)};
    for (unsigned line = 0; line < ACPI_ISA_LINES; line++)
        madt->lines[line].gsi = line;
    for (size_t at = MADT_ENTRIES; at < size; at += bytes[at + 1]) {
        size_t left = size - at;
        if (left < 2 || bytes[at + 1] > left || bytes[at + 1] < least_length(bytes[at]))
            return ERROR_INVALID;
        read_madt_entry(madt, bytes + at);
    }
    return OK;
}

/* --- MCFG ----------------------------------------------------------------------------------- */

enum { MCFG_ENTRIES = 44, MCFG_ENTRY_SIZE = 16 };

enum error acpi_read_mcfg(const uint8_t *bytes, size_t size, struct acpi_mcfg *mcfg)
{
    *mcfg = (struct acpi_mcfg){0};
    if (size < MCFG_ENTRIES)
        return ERROR_INVALID;
    for (size_t at = MCFG_ENTRIES; size - at >= MCFG_ENTRY_SIZE; at += MCFG_ENTRY_SIZE) {
        const uint8_t *entry = bytes + at;
        if (mcfg->count == ACPI_MAX_PCI_SEGMENTS) {
            mcfg->left_out++;
            continue;
        }
        mcfg->segments[mcfg->count++] = (struct acpi_pci_segment){
            get_little_64(entry), get_little_16(entry + 8), entry[10], entry[11]};
        if (entry[10] > entry[11])
            return ERROR_INVALID;
    }
    return OK;
}

/* --- HPET ----------------------------------------------------------------------------------- */

enum { HPET_BASE = 40, HPET_TABLE_SIZE = 56 };

enum error acpi_read_hpet(const uint8_t *bytes, size_t size, phys_addr_t *address)
{
    struct acpi_register base = generic_address(bytes, size, HPET_BASE);
    *address = base.address;
    return size >= HPET_TABLE_SIZE && base.space == ACPI_SPACE_MEMORY && base.address
               ? OK
               : ERROR_INVALID;
}
