/*
 * Switching off: the fake machine records what is written, and stays on.
 */
#include <drivers/acpi_power.h>

#include "../test.h"
#include "fake_ports.h"

static struct acpi_fadt fadt;
static uint16_t pm1a, pm1b;
static uint8_t low_byte; /* of a word, which is written byte by byte */
static uint8_t sleep_control;
static bool smi_works;
static unsigned written;

static uint8_t read_port(uint16_t port)
{
    uint16_t word = port < 0x700 ? pm1a : pm1b;
    return (uint8_t)(port & 1 ? word >> 8 : word);
}

static void write_port(uint16_t port, uint8_t value)
{
    if (port == 0xb2 && smi_works && value == 2)
        pm1a |= 1;
    if (port == 0x3f0)
        sleep_control = value;
    if (port == 0x604 || port == 0x704)
        low_byte = value;
    if (port == 0x605)
        pm1a = (uint16_t)(value << 8 | low_byte);
    if (port == 0x705)
        pm1b = (uint16_t)(value << 8 | low_byte);
    written += port == 0x605 || port == 0x705;
}

static void start_power(bool with_pm1b)
{
    fadt = (struct acpi_fadt){
        .smi_command = 0xb2,
        .acpi_enable = 2,
        .pm1a_control = {ACPI_SPACE_IO, 0x604},
        .pm1b_control = {ACPI_SPACE_IO, with_pm1b ? 0x704 : 0},
    };
    fake_ports_set((struct fake_device){.read = read_port, .write = write_port});
    pm1a = pm1b = 0x8002; /* bits that must not change */
    smi_works = true;
    written = 0;
}

TEST(acpi_power, both_registers_get_their_type)
{
    start_power(true);
    EXPECT_EQ(acpi_power_off(&fadt, (struct acpi_sleep_type){5, 6}), ERROR_DEVICE);
    EXPECT_EQ(pm1a, 0x8003 | 5 << 10 | 1 << 13);
    EXPECT_EQ(pm1b, 0x8002 | 6 << 10 | 1 << 13);
    EXPECT_EQ(written, 4);
    start_power(false);
    EXPECT_EQ(acpi_power_off(&fadt, (struct acpi_sleep_type){5, 6}), ERROR_DEVICE);
    EXPECT_EQ(pm1b, 0x8002);
    EXPECT(fake_ports_accesses() < 2000000);
}

TEST(acpi_power, without_acpi_mode_nothing_is_written)
{
    start_power(true);
    smi_works = false;
    EXPECT_EQ(acpi_power_off(&fadt, (struct acpi_sleep_type){5, 6}), ERROR_TIMEOUT);
    EXPECT_EQ(written, 0);
    EXPECT(fake_ports_accesses() < 4000000);
    fadt.smi_command = 0; /* the machine has no other mode */
    EXPECT_EQ(acpi_power_off(&fadt, (struct acpi_sleep_type){5, 6}), ERROR_DEVICE);
}

TEST(acpi_power, registers_that_are_no_ports_are_not_written)
{
    start_power(true);
    fadt.pm1a_control.address = 0x10000;
    EXPECT_EQ(acpi_power_off(&fadt, (struct acpi_sleep_type){5, 6}), ERROR_NO_DEVICE);
    fadt.pm1a_control = (struct acpi_register){ACPI_SPACE_MEMORY, 0x604};
    EXPECT_EQ(acpi_power_off(&fadt, (struct acpi_sleep_type){5, 6}), ERROR_NO_DEVICE);
    EXPECT_EQ(written, 0);
}

TEST(acpi_power, reduced_hardware_has_one_register)
{
    start_power(false);
    fadt.hardware_reduced = true;
    fadt.sleep_control = (struct acpi_register){ACPI_SPACE_IO, 0x3f0};
    EXPECT_EQ(acpi_power_off(&fadt, (struct acpi_sleep_type){5, 6}), ERROR_DEVICE);
    EXPECT_EQ(sleep_control, 5 << 2 | 1 << 5);
    EXPECT_EQ(written, 0);
}

/* Answers with the signature of QEMU's fw_cfg. */
static uint8_t read_fw_cfg(uint16_t port)
{
    static const char signature[] = "QEMU CFG";
    return port >= 0x514 && port < 0x51c ? (uint8_t)signature[port - 0x514] : 0xff;
}

TEST(acpi_power, qemus_port_is_written_under_qemu_only)
{
    start_power(false);
    acpi_power_off_qemu();
    EXPECT_EQ(written, 0);
    fake_ports_set((struct fake_device){.read = read_fw_cfg, .write = write_port});
    acpi_power_off_qemu();
    EXPECT_EQ(written, 1);
    EXPECT_EQ(pm1a, 1 << 13);
}
