/*
 * PCI on machines made by hand: devices are found whichever way configuration space is reached,
 * each once, whatever bridges say; BARs are measured with decoding off; lists have an end.
 */
#include "fake_pci.h"

#include <string.h>

#include "../test.h"
#include "fake_ports.h"
#include "support.h"

enum { ID = 0x10001af4, OTHER_ID = 0x000d1b36 };

static size_t device_count(void)
{
    size_t count = 0;
    while (pci_device(count))
        count++;
    return count;
}

static bool is_at(size_t index, uint8_t bus, uint8_t slot, uint8_t function)
{
    const struct pci_device *device = pci_device(index);
    return device && device->address.bus == bus && device->address.slot == slot &&
           device->address.function == function;
}

static void add_bridge(uint8_t bus, uint8_t slot, uint8_t secondary)
{
    struct fake_function *bridge = fake_pci_add(bus, slot, 0, OTHER_ID, 0x060400, 1);
    bridge->words[PCI_BUSES / 4] = (uint32_t)secondary << 8;
}

/* --- Finding devices ------------------------------------------------------------------------ */

static void make_machine(void)
{
    fake_pci_add(0, 0, 0, OTHER_ID, 0x060000, 0);
    add_bridge(0, 1, 5);
    fake_pci_add(0, 31, 0, ID, 0x010601, 0x80);
    fake_pci_add(0, 31, 7, ID, 0x0c0500, 0);
    fake_pci_add(0, 30, 0, ID, 0x020000, 0);
    fake_pci_add(0, 30, 1, ID, 0x020000, 0); /* not there: function 0 says that it is alone */
    add_bridge(5, 0, 9);
    fake_pci_add(9, 3, 0, ID, 0x0c03aa, 0);
    fake_pci_add(7, 0, 0, ID, 0x0c03aa, 0); /* on a bus that nothing leads to */
}

TEST(pci, devices_are_found_either_way)
{
    for (unsigned way = 0; way < 3; way++) {
        fake_pci_reset(way != 1, way ? 256 : 0);
        make_machine();
        fake_pci_start();
        EXPECT_EQ(device_count(), 7);
        EXPECT(is_at(0, 0, 0, 0) && is_at(1, 0, 1, 0) && is_at(2, 0, 30, 0) && is_at(3, 0, 31, 0) &&
               is_at(4, 0, 31, 7) && is_at(5, 5, 0, 0) && is_at(6, 9, 3, 0));
        EXPECT_EQ(pci_device(6)->vendor, 0x1af4);
        EXPECT_EQ(pci_device(6)->id, 0x1000);
        EXPECT_EQ(pci_device(6)->class, 0x0c03aa);
        EXPECT_EQ(pci_device(6)->address.config == 0, way == 0);
    }
}

TEST(pci, without_pci_nothing_is_found)
{
    fake_pci_reset(false, 0);
    make_machine();
    fake_pci_start();
    EXPECT_EQ(device_count(), 0);
}

TEST(pci, bridges_that_lie_lead_nowhere)
{
    fake_pci_reset(true, 0);
    add_bridge(0, 0, 0); /* to itself */
    add_bridge(0, 1, 2); /* two to the same bus */
    add_bridge(0, 2, 2);
    add_bridge(2, 0, 1);   /* back up */
    add_bridge(2, 1, 2);   /* to itself */
    add_bridge(2, 2, 255); /* to the last */
    add_bridge(255, 0, 255);
    fake_pci_add(1, 0, 0, ID, 0x020000, 0);
    fake_pci_start();
    EXPECT_EQ(device_count(), 7);
    EXPECT(is_at(6, 255, 0, 0));
}

TEST(pci, buses_beyond_the_segment_are_not_looked_at)
{
    fake_pci_reset(false, 4);
    add_bridge(0, 0, 4);
    fake_pci_add(4, 0, 0, ID, 0x020000, 0);
    fake_pci_start();
    EXPECT_EQ(device_count(), 1);
}

TEST(pci, too_many_devices_are_counted)
{
    fake_pci_reset(true, 0);
    add_bridge(0, 0, 1);
    for (unsigned bus = 0; bus < 2; bus++) {
        for (unsigned at = 8; at < 256; at++)
            fake_pci_add((uint8_t)bus, (uint8_t)(at / 8), at % 8, ID, 0x020000, 0x80);
    }
    fake_pci_start();
    EXPECT_EQ(device_count(), PCI_MAX_DEVICES);
    EXPECT_EQ(pci_devices_left_out(), 1 + 2 * 248 - PCI_MAX_DEVICES);
}

/* --- MCFG ----------------------------------------------------------------------------------- */

enum way { NOT_FOUND, BY_PORTS, BY_MEMORY };

/* How the only device is found when MCFG has this entry. */
static enum way find_by(uint64_t base, uint8_t first_bus, uint8_t last_bus)
{
    fake_pci_reset(true, 0);
    fake_pci_add_segment(base, 0, first_bus, last_bus);
    fake_pci_add(0, 0, 0, OTHER_ID, 0x060000, 0);
    fake_pci_start();
    if (device_count() != 1)
        return NOT_FOUND;
    return pci_device(0)->address.config ? BY_MEMORY : BY_PORTS;
}

TEST(pci, a_table_that_errs_is_not_used)
{
    EXPECT_EQ(find_by(FAKE_PCI_ECAM, 0, 255), BY_MEMORY);
    EXPECT_EQ(find_by(0, 0, 255), BY_PORTS);
    EXPECT_EQ(find_by(FAKE_PCI_ECAM + 0x1000, 0, 255), BY_PORTS);
    EXPECT_EQ(find_by(FAKE_PCI_ECAM + MIB(64), 0, 255), BY_PORTS); /* nothing is there */
    EXPECT_EQ(find_by(UINT64_MAX << 20, 0, 255), BY_PORTS);
    EXPECT_EQ(find_by(UINT64_C(0x0000400000000000) - MIB(255), 0, 255), BY_PORTS);
    EXPECT_EQ(find_by(FAKE_PCI_ECAM, 9, 8), BY_PORTS);
}

TEST(pci, ranges_that_overlap_are_used_once)
{
    fake_pci_reset(false, 16);
    fake_pci_add_segment(FAKE_PCI_ECAM, 0, 8, 31);
    fake_pci_add_segment(FAKE_PCI_ECAM, 0, 16, 31);
    fake_pci_add(0, 0, 0, OTHER_ID, 0x060000, 0);
    fake_pci_add(8, 0, 0, ID, 0x020000, 0);
    fake_pci_add(16, 0, 0, ID, 0x020000, 0);
    fake_pci_start();
    EXPECT_EQ(device_count(), 2);
    EXPECT(is_at(1, 16, 0, 0));
}

/* --- BARs ----------------------------------------------------------------------------------- */

static struct fake_function *one_device(void)
{
    fake_pci_reset(true, 0);
    return fake_pci_add(0, 3, 0, ID, 0x0c03aa, 0);
}

static bool bar_is(unsigned index, uint64_t address, uint64_t size, bool is_64)
{
    struct pci_bar bar;
    return pci_bar(pci_device(0), index, &bar) == OK && bar.address == address &&
           bar.size == size && bar.is_64 == is_64;
}

TEST(pci, bars_are_measured_and_left_as_they_were)
{
    struct pci_bar bar;
    struct fake_function *device = one_device();
    fake_pci_bar(device, 0, 0xc040, 0x40, 1);
    fake_pci_bar(device, 1, 0xfe000000, 0x1000, 8);
    fake_pci_bar(device, 2, UINT64_C(0x840000000), GIB(1), 4);
    fake_pci_bar(device, 4, 0xd000, 0x20, 1);
    device->writable[(PCI_BAR + 16) / 4] &= 0xffff; /* ports of 16 bits */
    struct fake_function before = *device;
    fake_pci_start();
    EXPECT(bar_is(0, 0xc040, 0x40, false));
    EXPECT(bar_is(1, 0xfe000000, 0x1000, false));
    EXPECT(bar_is(2, UINT64_C(0x840000000), GIB(1), true));
    EXPECT_EQ(pci_bar(pci_device(0), 3, &bar), ERROR_NO_DEVICE);
    EXPECT(bar_is(4, 0xd000, 0x20, false));
    EXPECT_EQ(pci_bar(pci_device(0), 5, &bar), ERROR_NO_DEVICE);
    EXPECT_EQ(pci_bar(pci_device(0), 6, &bar), ERROR_NO_DEVICE);
    EXPECT_EQ(memcmp(device, &before, sizeof(before)), 0);
    EXPECT_EQ(fake_pci_careless_writes(), 0);
}

TEST(pci, bars_that_contradict_themselves_are_refused)
{
    struct pci_bar bar;
    struct fake_function *device = one_device();
    fake_pci_bar(device, 0, 0xfe000000, 0x1000, 6); /* no such kind */
    device->words[(PCI_BAR + 4) / 4] = 0xfe000000;  /* bits with a gap */
    device->writable[(PCI_BAR + 4) / 4] = 0xff0ff000;
    fake_pci_bar(device, 2, 0xfe000000, 0x1000, 0); /* bits below its size */
    device->words[(PCI_BAR + 8) / 4] |= 0x100;
    fake_pci_bar(device, 5, 0xfe000000, 0x1000, 4); /* the upper half is missing */
    device->words[(PCI_BAR + 20) / 4 + 1] = 0;
    fake_pci_start();
    EXPECT_EQ(pci_bar(pci_device(0), 0, &bar), ERROR_INVALID);
    EXPECT_EQ(pci_bar(pci_device(0), 1, &bar), ERROR_INVALID);
    EXPECT_EQ(pci_bar(pci_device(0), 2, &bar), ERROR_INVALID);
    EXPECT_EQ(pci_bar(pci_device(0), 5, &bar), ERROR_INVALID);
}

TEST(pci, a_host_bridge_goes_on_decoding)
{
    struct pci_bar bar;
    fake_pci_reset(true, 0);
    fake_pci_bar(fake_pci_add(0, 0, 0, OTHER_ID, 0x060000, 0), 0, 0xe0000000, MIB(256), 0);
    fake_pci_start();
    EXPECT_EQ(pci_bar(pci_device(0), 0, &bar), ERROR_NO_DEVICE);
    EXPECT_EQ(fake_pci_careless_writes(), 0);
}

/* --- Capabilities --------------------------------------------------------------------------- */

TEST(pci, capabilities_are_found_in_their_list)
{
    struct fake_function *device = one_device();
    device->words[PCI_CAPABILITIES / 4] = 0x42; /* the low bits do not count */
    device->words[0x40 / 4] = 0x5001;
    device->words[0x50 / 4] = 0x0005;
    fake_pci_start();
    EXPECT_EQ(pci_capability(pci_device(0), PCI_CAPABILITY_MSI), 0); /* it says that it has none */
    device->words[PCI_COMMAND / 4] |= 1 << 20;
    EXPECT_EQ(pci_capability(pci_device(0), PCI_CAPABILITY_MSI), 0x50);
    EXPECT_EQ(pci_capability(pci_device(0), PCI_CAPABILITY_MSIX), 0);
}

TEST(pci, a_list_of_capabilities_that_is_a_ring_ends)
{
    struct fake_function *device = one_device();
    device->words[PCI_COMMAND / 4] |= 1 << 20;
    device->words[PCI_CAPABILITIES / 4] = 0x40;
    device->words[0x40 / 4] = 0x4401;
    device->words[0x44 / 4] = 0x4001;
    fake_pci_start();
    uint64_t before = fake_ports_accesses();
    EXPECT_EQ(pci_capability(pci_device(0), PCI_CAPABILITY_MSI), 0);
    EXPECT(fake_ports_accesses() - before < 60 * 8);
    device->words[0x40 / 4] = 0x0401; /* leads into the header */
    EXPECT_EQ(pci_capability(pci_device(0), PCI_CAPABILITY_MSI), 0);
}

/* --- Drivers -------------------------------------------------------------------------------- */

static struct pci_device *taken[4];
static size_t taken_count;
static enum error answer;

static enum error take(struct pci_device *device, struct executor *executor)
{
    (void)executor;
    if (!answer)
        taken[taken_count++] = device;
    return answer;
}

PCI_DRIVER(test_by_class, .class = 0x0c03aa, .class_mask = 0xffffff, .start = take);
PCI_DRIVER(test_by_id, .vendor = 0x1af4, .id = 0x1005, .start = take);

static void make_some_devices(void)
{
    taken_count = 0;
    fake_pci_reset(true, 0);
    fake_pci_add(0, 1, 0, ID, 0x0c03aa, 0);
    fake_pci_add(0, 2, 0, ID, 0x0c0320, 0);
    fake_pci_add(0, 3, 0, 0x10051af4, 0x00ff00, 0);
    fake_pci_add(0, 4, 0, 0x10051af4, 0x0c03aa, 0);
    fake_pci_start();
}

TEST(pci, a_driver_gets_the_devices_that_match)
{
    answer = OK;
    make_some_devices();
    pci_start_drivers(NULL, false);
    EXPECT_EQ(taken_count, 3);
    EXPECT(pci_device(0)->driver && pci_device(2)->driver && pci_device(3)->driver);
    EXPECT(pci_device(1)->driver == NULL);
    pci_start_drivers(NULL, false); /* they have owners now */
    EXPECT_EQ(taken_count, 3);
}

TEST(pci, a_device_that_does_not_start_has_no_owner)
{
    answer = ERROR_DEVICE;
    make_some_devices();
    pci_start_drivers(NULL, false);
    EXPECT(!pci_device(0)->driver && !pci_device(3)->driver);
    EXPECT(strstr(host_log, "does not start (") != NULL);
}

static void master(void *device)
{
    pci_command(device, PCI_COMMAND_MASTER, 0);
}

TEST(pci, only_an_owner_commands)
{
    answer = OK;
    make_some_devices();
    EXPECT(host_expect_panic(master, pci_device(1)) != NULL);
    pci_start_drivers(NULL, false);
    pci_command(pci_device(0), PCI_COMMAND_MASTER, PCI_COMMAND_PORTS);
    EXPECT_EQ(pci_read(pci_device(0), PCI_COMMAND), PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
}

TEST(pci, the_memory_of_a_bar_is_mapped)
{
    volatile uint8_t *registers;
    uint64_t size;
    answer = OK;
    taken_count = 0;
    struct fake_function *device = one_device();
    device->words[PCI_COMMAND / 4] = 0;
    fake_pci_bar(device, 0, 0xfe000000, KIB(16), 4);
    fake_pci_bar(device, 2, 0xc040, 0x40, 1);
    fake_pci_bar(device, 3, 0, KIB(16), 0);
    fake_pci_bar(device, 4, 0x80000000, MIB(64), 0);
    fake_pci_start();
    pci_start_drivers(NULL, false);
    EXPECT_EQ(pci_map_bar(pci_device(0), 0, KIB(64), &registers, &size), ERROR_INVALID);
    EXPECT_EQ(pci_map_bar(pci_device(0), 2, 1, &registers, &size), ERROR_NO_DEVICE);
    EXPECT_EQ(pci_map_bar(pci_device(0), 3, 1, &registers, &size), ERROR_NO_DEVICE);
    EXPECT_EQ(device->words[PCI_COMMAND / 4], 0);
    EXPECT_EQ(pci_map_bar(pci_device(0), 0, KIB(16), &registers, &size), OK);
    EXPECT_EQ(size, KIB(16));
    EXPECT_EQ(device->words[PCI_COMMAND / 4], PCI_COMMAND_MEMORY);
    EXPECT_EQ(pci_map_bar(pci_device(0), 4, 1, &registers, &size), OK);
    EXPECT_EQ(size, PCI_MAP_MAX);
}
