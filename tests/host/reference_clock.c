/*
 * Which of the machine's counters becomes the clock's reference; and the HPET.
 */
#include <drivers/acpi.h>
#include <drivers/hpet.h>
#include <drivers/reference_clock.h>
#include <layout.h>
#include <mm/kernel_space.h>
#include <string.h>

#include "../test.h"
#include "fake_ports.h"
#include "fake_processor.h"
#include "fake_tables.h"
#include "physical_memory.h"

enum { RSDT = 0x10000, FADT = 0x11000, HPET = 0x12000, HPET_REGISTERS = 0xfed00000 };

/* --- The machine ---------------------------------------------------------------------------- */

static struct boot_info info;
static uint32_t pm_timer, pm_timer_step;
static uint32_t hpet_period, hpet_count, hpet_step;
static bool hpet_is_on, hpet_has_pit_line;
static uint32_t crystal; /* Hz, from CPUID; 0: it does not tell */

static uint8_t read_port(uint16_t port)
{
    return port >= 0x608 && port < 0x60c ? (uint8_t)(pm_timer >> 8 * (port - 0x608)) : 0xff;
}

static uint32_t read_memory(phys_addr_t address)
{
    switch ((address - HPET_REGISTERS) & ~(phys_addr_t)3) {
    case 0x004:
        return hpet_period;
    case 0x010:
        return hpet_is_on | hpet_has_pit_line << 1;
    case 0x0f0:
        return hpet_count;
    default:
        return 0;
    }
}

static void write_memory(phys_addr_t address, uint32_t value)
{
    if (address != HPET_REGISTERS + 0x010)
        return;
    hpet_is_on = value & 1;
    hpet_has_pit_line = value & 2;
}

static void wait(void)
{
    pm_timer = (pm_timer + pm_timer_step) & 0xffffff;
    hpet_count += hpet_is_on ? hpet_step : 0;
    host_tsc += 1000;
}

/* An invariant time stamp counter, twice as fast as the crystal. */
static struct cpuid_result answer(uint32_t leaf)
{
    switch (leaf) {
    case 0:
        return (struct cpuid_result){.eax = 0x16};
    case 0x80000000:
        return (struct cpuid_result){.eax = 0x80000008};
    case 0x80000007:
        return (struct cpuid_result){.edx = crystal ? 1 << 8 : 0};
    case 0x15:
        return (struct cpuid_result){.eax = 1, .ebx = 2, .ecx = crystal};
    default:
        return (struct cpuid_result){0};
    }
}

static void store(phys_addr_t address)
{
    memcpy(phys_to_virt(address), table, table_size);
}

static void make_hpet_table(phys_addr_t address)
{
    table_begin("HPET", 1);
    table_put(0, 8);
    table_put(address, 8);
    table_put(0, 4);
    table_end();
    store(HPET);
}

/* All three counters are there and count. */
static void start(void)
{
    physical_memory_reset();
    kernel_space.root = 1;
    table_make_fadt(3, 244);
    store(FADT);
    make_hpet_table(HPET_REGISTERS);
    table_begin("RSDT", 1);
    table_put(FADT, 4);
    table_put(HPET, 4);
    table_end();
    store(RSDT);
    table_make_rsdp(0, RSDT, 0);
    memcpy(info.rsdp, table, 20);
    info.rsdp_size = 20;
    acpi_init(&info);
    pm_timer = hpet_count = 0;
    hpet_is_on = false;
    pm_timer_step = 4;
    hpet_step = 100;
    hpet_period = 10000000; /* femtoseconds: 100 MHz */
    crystal = 1500000000;
    fake_ports_set((struct fake_device){
        .read = read_port, .read_memory = read_memory, .write_memory = write_memory, .wait = wait});
    fake_processor_set((struct fake_processor){.cpuid = answer});
}

static struct clock_reference found;

static const char *search(void)
{
    return reference_clock_find(&found) == OK ? found.name : "none";
}

/* -------------------------------------------------------------------------------------------- */

TEST(reference_clock, the_first_that_counts_is_taken)
{
    start();
    EXPECT_STR(search(), "ACPI timer");
    pm_timer_step = 0;
    EXPECT_STR(search(), "HPET");
    EXPECT(hpet_is_on);
    hpet_step = 0;
    EXPECT_STR(search(), "processor");
    crystal = 0;
    EXPECT_STR(search(), "none");
    EXPECT(fake_ports_accesses() < 100000);
}

TEST(reference_clock, an_hpet_of_an_impossible_period_is_not_taken)
{
    static const struct {
        uint32_t period;
        const char *taken;
    } cases[] = {
        {0, "processor"},    {999999, "processor"},    {1000000, "HPET"},
        {100000000, "HPET"}, {100000001, "processor"}, {UINT32_MAX, "processor"},
    };
    start();
    pm_timer_step = 0;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        hpet_period = cases[i].period;
        EXPECT_STR(search(), cases[i].taken);
    }
    hpet_period = 10000000;
    make_hpet_table(HPET_REGISTERS + 2); /* no place for a register */
    EXPECT_STR(search(), "processor");
}

/* 32 bits or 24: the lower 24 are used, and count either way. */
TEST(reference_clock, they_tell_their_rate_and_width)
{
    start();
    EXPECT_STR(search(), "ACPI timer");
    EXPECT(found.frequency == 3579545 && found.mask == 0xffffff);
    pm_timer = 0x123456;
    EXPECT_EQ(found.read(), 0x123456);
    pm_timer_step = 0;
    EXPECT_STR(search(), "HPET");
    EXPECT(found.frequency == 100000000 && found.mask == UINT32_MAX);
    hpet_count = UINT32_MAX;
    EXPECT_EQ(found.read(), UINT32_MAX);
    hpet_step = 0;
    EXPECT_STR(search(), "processor");
    EXPECT(found.frequency == 3000000000 && found.mask == UINT64_MAX);
    EXPECT_EQ(found.read(), host_tsc);
}

/* A hypervisor may have the processor say anything. */
TEST(reference_clock, a_processor_of_an_impossible_frequency_is_not_taken)
{
    start();
    pm_timer_step = hpet_step = 0;
    crystal = 400000;
    EXPECT_STR(search(), "none");
    crystal = 500000;
    EXPECT_STR(search(), "processor");
    crystal = UINT32_MAX; /* times two is 8.6 GHz */
    EXPECT_STR(search(), "processor");
}

/* It counts on, or not, as before. */
TEST(hpet, gives_back_the_line_of_the_pit)
{
    start();
    EXPECT_EQ(hpet_find(), OK);
    EXPECT(!hpet_end_legacy_replacement());
    for (int on = 0; on < 2; on++) {
        hpet_is_on = on;
        hpet_has_pit_line = true;
        EXPECT(hpet_end_legacy_replacement());
        EXPECT(!hpet_has_pit_line && hpet_is_on == on);
        EXPECT(!hpet_end_legacy_replacement());
    }
}

TEST(hpet, starts_where_it_is)
{
    start();
    hpet_has_pit_line = true;
    EXPECT_EQ(hpet_find(), OK);
    EXPECT(!hpet_is_on);
    EXPECT_EQ(hpet_start(), 100000000);
    EXPECT(hpet_is_on && hpet_has_pit_line);
    hpet_period = 0;
    EXPECT_EQ(hpet_find(), ERROR_NO_DEVICE);
}
