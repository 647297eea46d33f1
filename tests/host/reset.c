/*
 * The machine's reset: the ways are tried in their order, and the fake machine takes none of them.
 * The last one begins with an instruction that the host does not allow: its signal ends the test.
 */
#include <drivers/reset.h>
#include <layout.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

#include "../test.h"
#include "fake_ports.h"
#include "physical_memory.h"

enum { STATUS_PORT = 0x64, RESET_PORT = 0xcf9, PULSE = 0xfe, VALUE = 6 };

static char ways[8]; /* those that were tried: k for the keyboard controller, p for the port */
static size_t way_count;

static uint8_t read_port(uint16_t port)
{
    (void)port;
    return 0; /* the keyboard controller is ready */
}

static void write_port(uint16_t port, uint8_t value)
{
    if (way_count < sizeof(ways) - 1)
        ways[way_count++] = port == STATUS_PORT && value == PULSE  ? 'k'
                            : port == RESET_PORT && value == VALUE ? 'p'
                                                                   : '?';
}

static sigjmp_buf before_reset;

static void end_reset(int number)
{
    siglongjmp(before_reset, number);
}

/* Resets a machine with this table, and returns the ways that it tried before a triple fault. */
static const char *reset_with(struct acpi_fadt fadt)
{
    struct sigaction action = {.sa_handler = end_reset}, before;
    fadt.reset_value = VALUE;
    memset(ways, 0, sizeof(ways));
    way_count = 0;
    fake_ports_set((struct fake_device){.read = read_port, .write = write_port});
    machine_reset_init(&fadt);
    sigaction(SIGSEGV, &action, &before);
    if (sigsetjmp(before_reset, true) == 0)
        machine_reset();
    sigaction(SIGSEGV, &before, NULL);
    return fake_ports_accesses() < 1000000 ? ways : "for ever";
}

/* The kernel keeps the last register that it can use: the first tables here have none. */
TEST(reset, each_way_is_tried_in_turn)
{
    enum { REGISTER = 0x123456 };
    physical_memory_reset();
    uint8_t *reg = phys_to_virt(REGISTER);
    EXPECT_STR(reset_with((struct acpi_fadt){0}), "k");
    EXPECT_STR(reset_with((struct acpi_fadt){.reset = {ACPI_SPACE_IO, 0x10000}}), "k");
    EXPECT_STR(reset_with((struct acpi_fadt){.no_i8042 = true}), "");
    EXPECT_STR(reset_with((struct acpi_fadt){.reset = {ACPI_SPACE_IO, RESET_PORT}}), "kp");
    EXPECT_EQ(*reg, 0);
    EXPECT_STR(reset_with((struct acpi_fadt){.reset = {ACPI_SPACE_MEMORY, REGISTER}}), "k");
    EXPECT_EQ(*reg, VALUE);
}
