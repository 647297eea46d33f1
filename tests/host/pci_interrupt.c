/*
 * Interrupts of PCI devices: by MSI-X, by MSI or by a line, whichever is the best that the device
 * has and the machine can deliver.
 */
#include <drivers/local_apic.h>
#include <drivers/pci_interrupt.h>
#include <kernel/cpu/trap.h>
#include <string.h>

#include "../test.h"
#include "fake_pci.h"
#include "fake_processor.h"

enum { APIC = 5, BAR_ADDRESS = 0xfe000000, MSIX_AT = 0x90, MSI_AT = 0x40 };

enum { INTERRUPTING = 0x0c03ab }; /* the class of devices that the tests' driver takes */

static enum error take(struct pci_device *device, struct executor *executor)
{
    (void)device;
    (void)executor;
    return OK;
}

PCI_DRIVER(test_interrupting, .class = INTERRUPTING, .class_mask = 0xffffff, .start = take);

static uint32_t table_entry[4];
static unsigned calls;
static unsigned unmasked;

static uint32_t read_table(phys_addr_t address)
{
    return table_entry[(address - BAR_ADDRESS - 0x800) / 4 % 4];
}

static void write_table(phys_addr_t address, uint32_t value)
{
    table_entry[(address - BAR_ADDRESS - 0x800) / 4 % 4] = value;
}

static uint64_t read_apic(uint32_t msr)
{
    return msr == 0x802 ? APIC : 0;
}

static void count_call(void *context)
{
    calls += context == &calls;
}

static bool has_line(unsigned line)
{
    return line < IRQ_ISA_LINES;
}

static void mask_line(unsigned line)
{
    (void)line;
}

static void unmask_line(unsigned line)
{
    unmasked = line;
}

/* A device with these capabilities, and an interrupt controller with messages or without. */
static struct fake_function *make_interrupting_device(bool messages, bool msix, bool msi)
{
    static struct irq_controller controller = {
        .name = "fake", .has = has_line, .mask = mask_line, .unmask = unmask_line};
    controller.at_local_apic = messages;
    irq_start(&controller);
    local_apic_registers = NULL;
    fake_processor_set((struct fake_processor){.read_msr = read_apic});
    memset(table_entry, 0xff, sizeof(table_entry));
    calls = 0;
    fake_pci_reset(true, 0);
    struct fake_function *device = fake_pci_add(0, 3, 0, 0x10001af4, INTERRUPTING, 0);
    fake_pci_memory(read_table, write_table);
    fake_pci_bar(device, 2, BAR_ADDRESS, KIB(4), 0);
    device->words[PCI_COMMAND / 4] |= 1 << 20;
    device->words[PCI_CAPABILITIES / 4] = msix ? MSIX_AT : msi ? MSI_AT : 0;
    device->words[MSIX_AT / 4] = 0x00070011u | (msi ? MSI_AT << 8 : 0); /* eight entries */
    device->words[MSIX_AT / 4 + 1] = 0x802;                             /* in BAR 2 */
    device->words[MSI_AT / 4] = 0x00840005;                             /* 64 bits */
    device->writable[MSIX_AT / 4] = 0xc0000000;
    for (unsigned i = 0; i < 4; i++)
        device->writable[MSI_AT / 4 + i] = i ? UINT32_MAX : 0x00710000;
    device->words[PCI_INTERRUPT / 4] = 0x010b; /* pin A, line 11 */
    fake_pci_start();
    pci_start_drivers(NULL, false);
    return device;
}

/* A handler of a line stays for ever, so each gets one of its own. */
static const char *way_of_interrupts(void)
{
    static struct irq_handler handlers[16];
    static size_t used;
    struct irq_handler *handler = &handlers[used++];
    *handler = (struct irq_handler){.name = "test", .run = count_call, .context = &calls};
    const char *way;
    return pci_interrupt_start(pci_device(0), handler, &way) == OK ? way : "none";
}

TEST(pci, interrupts_come_by_msix)
{
    struct fake_function *device = make_interrupting_device(true, true, true);
    EXPECT_STR(way_of_interrupts(), "MSI-X");
    EXPECT_EQ(device->words[MSIX_AT / 4] >> 30, 2); /* enabled, and not masked */
    EXPECT_EQ(table_entry[0], 0xfee00000 | APIC << 12);
    EXPECT_EQ(table_entry[1], 0);
    EXPECT_EQ(table_entry[3], 0);
    EXPECT(device->words[PCI_COMMAND / 4] & PCI_COMMAND_NO_INTX);
    irq_run_message(table_entry[2]);
    EXPECT_EQ(calls, 1);
}

TEST(pci, interrupts_come_by_msi_where_msix_cannot_be)
{
    struct fake_function *device = make_interrupting_device(true, true, true);
    device->words[MSIX_AT / 4 + 1] = 0x1002; /* behind the end of the BAR */
    EXPECT_STR(way_of_interrupts(), "MSI");
    EXPECT_EQ(device->words[MSIX_AT / 4] >> 30, 0);
    EXPECT_EQ(device->words[MSI_AT / 4] >> 16, 0x85); /* one message */
    EXPECT_EQ(device->words[MSI_AT / 4 + 1], 0xfee00000 | APIC << 12);
    irq_run_message(device->words[MSI_AT / 4 + 3]);
    EXPECT_EQ(calls, 1);
}

TEST(pci, interrupts_come_by_a_line_where_no_message_can_be)
{
    for (unsigned messages = 0; messages < 2; messages++) {
        struct fake_function *device = make_interrupting_device(messages, !messages, !messages);
        EXPECT_STR(way_of_interrupts(), "line");
        EXPECT_EQ(unmasked, 11);
        EXPECT(!(device->words[PCI_COMMAND / 4] & PCI_COMMAND_NO_INTX));
        irq_run(11);
        EXPECT_EQ(calls, messages + 1);
        device->words[PCI_INTERRUPT / 4] = 0x0100; /* the timer's */
        EXPECT_STR(way_of_interrupts(), "none");
        device->words[PCI_INTERRUPT / 4] = 0x01ff;
        EXPECT_STR(way_of_interrupts(), "none");
        device->words[PCI_INTERRUPT / 4] = 0x000b; /* no pin */
        EXPECT_STR(way_of_interrupts(), "none");
        EXPECT(device->words[PCI_COMMAND / 4] & PCI_COMMAND_NO_INTX);
    }
}
