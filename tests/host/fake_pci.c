#include "fake_pci.h"

#include <drivers/acpi.h>
#include <layout.h>
#include <mm/kernel_space.h>
#include <string.h>

#include "fake_tables.h"
#include "physical_memory.h"

enum { ROOT = 0x10000, MCFG = 0x11000, DATA = 0xcfc };

static struct fake_function functions[512];
static struct fake_device registers; /* what a device has besides */
static size_t count;
static bool has_ports;
static unsigned careless;
static uint8_t selected[4];

static struct fake_function *find(unsigned bus, unsigned slot, unsigned function)
{
    for (size_t i = 0; i < count; i++) {
        if (functions[i].bus == bus && functions[i].slot == slot &&
            functions[i].function == function)
            return &functions[i];
    }
    return NULL;
}

static void write_word(struct fake_function *function, unsigned index, uint32_t value,
                       uint32_t lanes)
{
    if (!function)
        return;
    unsigned bars = PCI_BAR / 4;
    if (index >= bars && index < bars + PCI_BARS && function->words[PCI_COMMAND / 4] & 3)
        careless++;
    uint32_t writable = function->writable[index] & lanes;
    function->words[index] = (function->words[index] & ~writable) | (value & writable);
}

/* --- Through the ports, byte by byte -------------------------------------------------------- */

static struct fake_function *at_ports(unsigned *index)
{
    *index = selected[0] / 4;
    return selected[3] & 0x80 ? find(selected[2], selected[1] >> 3, selected[1] & 7) : NULL;
}

static uint8_t read_port(uint16_t port)
{
    unsigned index, lane = port & 3;
    if ((port & ~7) != 0xcf8 && registers.read)
        return registers.read(port);
    if (!has_ports || (port & ~7) != 0xcf8)
        return UINT8_MAX;
    if (port < DATA)
        return selected[lane];
    const struct fake_function *function = at_ports(&index);
    return function ? (uint8_t)(function->words[index] >> 8 * lane) : UINT8_MAX;
}

static void write_port(uint16_t port, uint8_t value)
{
    unsigned index, lane = port & 3;
    if ((port & ~7) != 0xcf8 && registers.write)
        registers.write(port, value);
    if ((port & ~7) != 0xcf8)
        return;
    if (port < DATA) {
        selected[lane] = value;
        return;
    }
    struct fake_function *function = at_ports(&index);
    write_word(function, index, (uint32_t)value << 8 * lane, UINT32_C(0xff) << 8 * lane);
}

/* --- Through memory ------------------------------------------------------------------------- */

static struct fake_function *at_memory(phys_addr_t address, unsigned *index)
{
    uint64_t offset = address - FAKE_PCI_ECAM;
    *index = offset % 4096 / 4;
    if (address < FAKE_PCI_ECAM || offset >= MIB(256) || *index >= PCI_CONFIG_SIZE / 4)
        return NULL;
    return find((unsigned)(offset >> 20), offset >> 15 & 31, offset >> 12 & 7);
}

void fake_pci_memory(uint32_t (*read)(phys_addr_t address),
                     void (*write)(phys_addr_t address, uint32_t value))
{
    registers = (struct fake_device){.read_memory = read, .write_memory = write};
}

void fake_pci_device(const struct fake_device *device)
{
    registers = *device;
}

static uint32_t read_memory(phys_addr_t address)
{
    if (registers.read_memory && address - FAKE_PCI_ECAM >= MIB(256))
        return registers.read_memory(address);
    unsigned index;
    const struct fake_function *function = at_memory(address, &index);
    return function ? function->words[index] : PCI_NOTHING;
}

static void write_memory(phys_addr_t address, uint32_t value)
{
    if (registers.write_memory && address - FAKE_PCI_ECAM >= MIB(256)) {
        registers.write_memory(address, value);
        return;
    }
    unsigned index;
    struct fake_function *function = at_memory(address, &index);
    write_word(function, index, value, UINT32_MAX);
}

/* -------------------------------------------------------------------------------------------- */

static void begin_mcfg(void)
{
    table_begin("MCFG", 1);
    table_put(0, 8);
}

void fake_pci_reset(bool ports, unsigned buses)
{
    physical_memory_reset();
    memset(functions, 0, sizeof(functions));
    count = 0;
    careless = 0;
    has_ports = ports;
    registers = (struct fake_device){0};
    begin_mcfg();
    if (buses)
        fake_pci_add_segment(FAKE_PCI_ECAM, 0, 0, (uint8_t)(buses - 1));
}

void fake_pci_add_segment(uint64_t base, uint16_t number, uint8_t first_bus, uint8_t last_bus)
{
    table_put(base, 8);
    table_put(number, 2);
    table_put(first_bus, 1);
    table_put(last_bus, 1);
    table_put(0, 4);
}

struct fake_function *fake_pci_add(uint8_t bus, uint8_t slot, uint8_t function, uint32_t id,
                                   uint32_t class, uint8_t header)
{
    struct fake_function *new = &functions[count++];
    *new = (struct fake_function){.bus = bus, .slot = slot, .function = function};
    new->words[PCI_ID / 4] = id;
    new->words[PCI_CLASS / 4] = class << 8;
    new->words[PCI_HEADER / 4] = (uint32_t)header << 16;
    new->words[PCI_COMMAND / 4] = PCI_COMMAND_PORTS | PCI_COMMAND_MEMORY;
    new->writable[PCI_COMMAND / 4] = 0x7ff;
    return new;
}

void fake_pci_bar(struct fake_function *function, unsigned index, uint64_t address, uint64_t size,
                  uint32_t flags)
{
    unsigned word = PCI_BAR / 4 + index;
    uint64_t mask = ~(size - 1);
    function->words[word] = (uint32_t)address | flags;
    function->writable[word] = (uint32_t)mask & ~(flags & 1 ? 3u : 15u);
    if ((flags & 7) == 4) {
        function->words[word + 1] = (uint32_t)(address >> 32);
        function->writable[word + 1] = (uint32_t)(mask >> 32);
    }
}

unsigned fake_pci_careless_writes(void)
{
    return careless;
}

/* A root table with MCFG in it, if that has an entry. */
static void store_tables(void)
{
    bool has_mcfg = table_size > ACPI_HEADER_SIZE + 8;
    table_end();
    memcpy(phys_to_virt(MCFG), table, table_size);
    table_begin("XSDT", 1);
    if (has_mcfg)
        table_put(MCFG, 8);
    table_end();
    memcpy(phys_to_virt(ROOT), table, table_size);
}

void fake_pci_start(void)
{
    static struct boot_info info;
    store_tables();
    table_make_rsdp(2, 0, ROOT);
    memcpy(info.rsdp, table, sizeof(info.rsdp));
    info.rsdp_size = 36;
    kernel_space.root = 0;
    acpi_init(&info);
    kernel_space.root = 1;
    fake_ports_set((struct fake_device){.read = read_port,
                                        .write = write_port,
                                        .read_16 = registers.read_16,
                                        .write_16 = registers.write_16,
                                        .write_narrow = registers.write_narrow,
                                        .read_memory = read_memory,
                                        .write_memory = write_memory});
    pci_init();
    kernel_space.root = 0;
}
