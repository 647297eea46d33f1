/*
 * PCI, fed with configuration space that lies: each register of each function is some of the
 * input's bytes, and so is MCFG. Whatever they say, the walk ends, no register is read that is not
 * there, and each BAR that is believed fits into its register.
 */
#include <drivers/acpi.h>
#include <drivers/pci.h>
#include <io.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <mm/kernel_space.h>

#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MOST_ACCESSES = 5000000 };

static const uint8_t *input;
static size_t input_size;
static uint32_t selected;
static uint64_t accesses;
bool host_masked;
void (*host_interrupt)(void);

static uint32_t input_word(uint64_t place)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++)
        value = value << 8 | input[(place * 7 + i) % input_size];
    return value;
}

/* Few functions are there, or the walk would take too long. */
static uint32_t config_word(uint64_t place)
{
    require(++accesses < MOST_ACCESSES);
    bool there = input_word(place / 1024) % 8 == 0;
    return there ? input_word(place) : PCI_NOTHING;
}

uint32_t inl(uint16_t port)
{
    return port == 0xcf8 ? selected : config_word((selected & 0x7fffffff) / 4);
}

void outl(uint16_t port, uint32_t value)
{
    if (port == 0xcf8)
        selected = input[0] & 1 ? value : 0;
}

uint32_t mmio_read(const volatile void *address)
{
    return config_word(((uintptr_t)address - DIRECT_MAP_BASE) / 4);
}

void mmio_write(volatile void *address, uint32_t value)
{
    (void)address;
    (void)value;
}

enum error mmio_map(phys_addr_t address, uint64_t size, uint64_t caching)
{
    (void)caching;
    bool fits = address < DIRECT_MAP_SIZE && size && size <= DIRECT_MAP_SIZE - address;
    return fits ? OK : ERROR_INVALID;
}

enum error acpi_mcfg(struct acpi_mcfg *mcfg)
{
    uint8_t table[44 + 3 * 16];
    for (size_t i = 0; i < sizeof(table); i++)
        table[i] = input[i % input_size];
    return acpi_read_mcfg(table, sizeof(table), mcfg);
}

void log_write(enum log_level level, const char *format, ...)
{
    (void)level;
    (void)format;
}

static enum error start(struct pci_device *device, struct executor *executor)
{
    (void)executor;
    volatile uint8_t *registers;
    uint64_t size;
    for (unsigned i = 0; i < PCI_BARS; i++)
        pci_map_bar(device, i, 64, &registers, &size);
    return pci_capability(device, PCI_CAPABILITY_MSI) ? OK : ERROR_UNSUPPORTED;
}

PCI_DRIVER(any, .start = start);

static void check_bars(struct pci_device *device)
{
    for (unsigned i = 0; i < PCI_BARS; i++) {
        struct pci_bar bar;
        if (pci_bar(device, i, &bar))
            continue;
        require(bar.size && (bar.size & (bar.size - 1)) == 0);
        require(bar.address % bar.size == 0);
        require(bar.is_64 || bar.address + bar.size <= UINT64_C(1) << 32);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (!size)
        return 0;
    input = bytes;
    input_size = size;
    accesses = 0;
    pci_init();
    for (size_t i = 0; pci_device(i); i++)
        check_bars(pci_device(i));
    pci_start_drivers(NULL, false);
    return 0;
}
