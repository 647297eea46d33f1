/*
 * The local APIC against a model of the chip: what the driver tells it, in both of its modes, and
 * what becomes of what firmware has left there.
 */
#include <drivers/local_apic.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <string.h>

#include "../test.h"
#include "fake_apic.h"
#include "fake_processor.h"
#include "support.h"

enum {
    LVT_CORRECTED_ERROR = 0x2f0,
    LVT_TIMER = 0x320,
    LVT_THERMAL = 0x330,
    LVT_PERFORMANCE = 0x340,
    LVT_0 = 0x350,
    LVT_ERROR = 0x370
};

TEST(local_apic, is_set_up_as_the_table_says)
{
    for (int x2apic = 0; x2apic < 2; x2apic++) {
        fake_apic_start(x2apic);
        EXPECT_EQ(local_apic_find(), OK);
        EXPECT_EQ(local_apic_registers == NULL, x2apic);
        EXPECT_EQ(local_apic_id(), 3);
        local_apic_start(&fake_apic.madt);
        EXPECT_EQ(fake_apic.local[SPURIOUS / 16], 1 << 8 | LOCAL_APIC_SPURIOUS_VECTOR);
        EXPECT_EQ(fake_apic.local[LVT_0 / 16], 1 << 16); /* nothing but an 8259 is there */
        EXPECT_EQ(fake_apic.local[LVT_0 / 16 + 1], 4 << 8 | 1 << 13); /* NMI, active low */
        EXPECT_EQ(fake_apic.local[LVT_TIMER / 16], 1 << 16);
        local_apic_end();
        EXPECT_EQ(fake_apic.ends, 1);
        local_apic_start_timer(1000, true);
        EXPECT_EQ(fake_apic.local[LVT_TIMER / 16], 1 << 17 | LOCAL_APIC_TIMER_VECTOR);
        EXPECT_EQ(fake_apic.local[0x380 / 16], 1000);
        local_apic_start_timer(UINT32_MAX, false);
        EXPECT_EQ(fake_apic.local[LVT_TIMER / 16], LOCAL_APIC_TIMER_VECTOR);
        EXPECT_EQ(fake_apic.local[0x380 / 16], UINT32_MAX);
        fake_apic.local[0x390 / 16] = 77;
        EXPECT_EQ(local_apic_timer_count(), 77);
        local_apic_restart_timer(5);
        EXPECT_EQ(fake_apic.local[0x380 / 16], 5);
    }
}

static void end_interrupt(void)
{
    EXPECT(local_apic_registers != NULL); /* where they are in memory, there are no MSRs */
    local_apic_end();
}

TEST(local_apic, interrupts_end_while_it_is_found_again)
{
    fake_apic_start(false);
    EXPECT_EQ(local_apic_find(), OK);
    interrupt_during_map = end_interrupt;
    EXPECT_EQ(local_apic_find(), OK);
    interrupt_during_map = NULL;
    EXPECT_EQ(fake_apic.ends, 1);
}

static unsigned delivered[VECTOR_COUNT], deliveries;

/* Interrupts are enabled: requested vectors are delivered, unless their priority is too low. There
 * are no handlers. */
static void deliver(void)
{
    for (unsigned vector = highest_vector(REQUESTED);
         vector >> 4 > MAX(fake_apic.local[TASK_PRIORITY / 16], highest_vector(IN_SERVICE)) >> 4;
         vector = highest_vector(REQUESTED)) {
        flip_vector(REQUESTED, vector);
        flip_vector(IN_SERVICE, vector);
        delivered[deliveries++] = vector;
        local_apic_end_unexpected(vector);
    }
}

/* What firmware or an earlier kernel has left there: vectors in service are ended, requested ones
 * are delivered, but none that is an exception's. */
TEST(local_apic, leftovers_are_removed)
{
    static const unsigned left_in_service[] = {0x11, 0x20, 0x41, 0x42, 0xff};
    static const unsigned left_requested[] = {0x1e, 0x20, 0x5f, 0xd0, 0xf0};
    for (int x2apic = 0; x2apic < 2; x2apic++) {
        fake_apic_start(x2apic);
        for (unsigned i = 0; i < ARRAY_SIZE(left_in_service); i++)
            flip_vector(IN_SERVICE, left_in_service[i]);
        for (unsigned i = 0; i < ARRAY_SIZE(left_requested); i++)
            flip_vector(REQUESTED, left_requested[i]);
        deliveries = 0;
        host_interrupt = deliver;
        host_log[0] = '\0';
        EXPECT_EQ(local_apic_find(), OK);
        local_apic_start(&fake_apic.madt);
        host_interrupt = NULL;
        EXPECT(strstr(host_log, "in service in the local APIC: 5"));
        EXPECT_EQ(highest_vector(IN_SERVICE), 0);
        EXPECT_EQ(highest_vector(REQUESTED), 0x1e);
        EXPECT_EQ(deliveries, 4);
        for (unsigned i = 0; i < deliveries; i++)
            EXPECT_EQ(delivered[i], left_requested[4 - i]);
        EXPECT_EQ(fake_apic.ends, 5 + 4);
        local_apic_end_unexpected(0x50); /* raised by `int` */
        EXPECT_EQ(fake_apic.ends, 5 + 4);
    }
}

static void never_ends(uint32_t msr, uint64_t value)
{
    if (msr != 0x800 + END / 16)
        fake_apic_write_msr(msr, value);
    else
        fake_apic.ends++;
}

TEST(local_apic, a_vector_that_stays_in_service_is_given_up)
{
    fake_apic_start(true);
    fake_processor_set((struct fake_processor){fake_apic_cpuid, fake_apic_read_msr, never_ends});
    flip_vector(IN_SERVICE, 0x41);
    EXPECT_EQ(local_apic_find(), OK);
    local_apic_start(&fake_apic.madt);
    EXPECT_EQ(fake_apic.ends, VECTOR_COUNT);
}

/* An entry that raises an SMI is the firmware's; one that this version does not have is not
 * touched. */
TEST(local_apic, its_own_sources_are_masked)
{
    static const unsigned entries[] = {LVT_ERROR, LVT_TIMER, LVT_PERFORMANCE, LVT_THERMAL,
                                       LVT_CORRECTED_ERROR};
    for (unsigned last = 3; last <= 6; last++) {
        for (unsigned smi = 0; smi < 2; smi++) {
            const uint32_t left = smi ? 2 << 8 : 0xd0;
            fake_apic_start(false);
            fake_apic.local[VERSION / 16] = last << 16 | 0x14;
            for (unsigned i = 0; i < ARRAY_SIZE(entries); i++)
                fake_apic.local[entries[i] / 16] = left;
            EXPECT_EQ(local_apic_find(), OK);
            local_apic_start(&fake_apic.madt);
            for (unsigned i = 0; i < ARRAY_SIZE(entries); i++) {
                bool exists = i + 1 < last;
                EXPECT_EQ(fake_apic.local[entries[i] / 16], exists && !smi ? left | 1 << 16 : left);
            }
        }
    }
}

/* Beside 8259s: one that was off gets their way opened, one that was on keeps what it has, unless
 * it is closed. */
TEST(local_apic, their_way_is_open_beside_8259s)
{
    fake_apic_start(false);
    EXPECT_EQ(local_apic_find(), OK);
    local_apic_start(NULL);
    EXPECT_EQ(fake_apic.local[LVT_0 / 16], 7 << 8);
    EXPECT_EQ(fake_apic.local[LVT_0 / 16 + 1], 4 << 8);
    fake_apic_start(false);
    fake_apic.local[SPURIOUS / 16] = 1 << 8 | 15;
    fake_apic.local[LVT_0 / 16] = 0x8700;
    fake_apic.local[LVT_0 / 16 + 1] = 0x10400;
    EXPECT_EQ(local_apic_find(), OK);
    local_apic_start(NULL);
    EXPECT_EQ(fake_apic.local[LVT_0 / 16], 0x8700);
    EXPECT_EQ(fake_apic.local[LVT_0 / 16 + 1], 0x10400);
    static const uint32_t closed[] = {0x10000, 0x18700, 0xd0};
    for (unsigned i = 0; i < ARRAY_SIZE(closed); i++) {
        fake_apic.local[LVT_0 / 16] = fake_apic.local[LVT_0 / 16 + 1] = closed[i];
        local_apic_start(NULL);
        EXPECT_EQ(fake_apic.local[LVT_0 / 16], 7 << 8);
        EXPECT_EQ(fake_apic.local[LVT_0 / 16 + 1], 4 << 8);
    }
}

TEST(local_apic, none_or_no_good_one_is_an_error)
{
    fake_apic_start(false);
    fake_apic.features = 0;
    EXPECT_EQ(local_apic_find(), ERROR_NO_DEVICE);
    fake_apic_start(false);
    fake_apic.base = LOCAL_APIC;
    EXPECT_EQ(local_apic_find(), ERROR_NO_DEVICE);
    fake_apic_start(false);
    fake_apic.local[VERSION / 16] = UINT32_MAX;
    EXPECT_EQ(local_apic_find(), ERROR_DEVICE);
    fake_apic.local[VERSION / 16] = 0;
    EXPECT_EQ(local_apic_find(), ERROR_DEVICE);
}

TEST(local_apic, messages_are_addressed_to_it)
{
    fake_apic_start(false);
    EXPECT_EQ(fake_apic_init(), OK);
    EXPECT_EQ(local_apic_msi_address(), 0xfee00000 | 3 << 12);
    EXPECT_EQ(local_apic_msi_data(97), 97);
}
