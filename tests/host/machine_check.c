/*
 * The registers of the machine-check architecture: which ones the kernel writes on which processor,
 * and which ones a panic prints.
 */
#include <kernel/fault/machine_check.h>
#include <kernel/log/console.h>
#include <string.h>

#include "../test.h"
#include "fake_processor.h"

enum { MCE = 1 << 7, MCA = 1 << 14, CAP = 0x179, GLOBAL_STATUS = 0x17a, GLOBAL_CTL = 0x17b };

enum { BANKS = 3, CTL_0 = 0x400 }; /* control, status, address, and one more, for each bank */

static uint32_t signature, features;
static uint64_t cap, global_ctl;
static uint64_t banks[4 * BANKS];
static bool beyond; /* a register that does not exist was read or written */

static struct cpuid_result answer(uint32_t leaf)
{
    return (struct cpuid_result){.eax = leaf ? signature : 1, .edx = leaf == 1 ? features : 0};
}

static uint64_t *find_register(uint32_t msr)
{
    static uint64_t nothing;
    if (msr == CAP)
        return &cap;
    if (msr == GLOBAL_CTL && cap & 1 << 8)
        return &global_ctl;
    if (msr - CTL_0 < ARRAY_SIZE(banks))
        return &banks[msr - CTL_0];
    beyond |= msr != GLOBAL_STATUS;
    return &nothing;
}

static uint64_t read_register(uint32_t msr)
{
    return *find_register(msr);
}

static void write_register(uint32_t msr, uint64_t value)
{
    *find_register(msr) = value;
}

static void start(uint32_t new_signature)
{
    signature = new_signature;
    features = MCE | MCA;
    cap = BANKS;
    global_ctl = host_cr4 = 0;
    beyond = false;
    memset(banks, 0, sizeof(banks));
    fake_processor_set((struct fake_processor){answer, read_register, write_register});
}

static bool is_on(unsigned bank)
{
    return banks[4 * bank] == UINT64_MAX;
}

/* On a Core 2 and older processors bank 0's control register belongs to the firmware. */
TEST(machine_check, bank_0_belongs_to_the_firmware_of_older_processors)
{
    static const struct {
        uint32_t signature;
        bool bank_0;
    } processors[] = {
        {0x6fb, false},   /* Core 2, model 0FH */
        {0x10676, false}, /* Core 2, model 17H */
        {0x106a5, true},  /* Nehalem, model 1AH */
        {0x906ea, true},  /* Coffee Lake, model 9EH */
        {0xf43, true},    /* Pentium 4, family 0FH */
        {0x100f42, true}, /* AMD, family 10H */
        {0x870f10, true}, /* AMD, family 17H */
    };
    for (size_t i = 0; i < ARRAY_SIZE(processors); i++) {
        start(processors[i].signature);
        machine_check_init();
        EXPECT_EQ(is_on(0), processors[i].bank_0);
        EXPECT(is_on(1) && is_on(2) && !beyond);
        EXPECT_EQ(host_cr4, CR4_MCE);
    }
}

/* A processor may lack the whole architecture, or all but the exception. */
TEST(machine_check, only_what_the_processor_has_is_written)
{
    start(0x906ea);
    features = 0;
    machine_check_init();
    EXPECT(!is_on(1) && host_cr4 == 0);
    start(0x906ea);
    features = MCE;
    machine_check_init();
    EXPECT(!is_on(1) && host_cr4 == CR4_MCE);
    start(0x906ea);
    cap |= 1 << 8; /* a switch for all banks */
    machine_check_init();
    EXPECT_EQ(global_ctl, UINT64_MAX);
    EXPECT(!beyond);
}

static char text[512];

static void collect(struct console_sink *sink, const char *more, size_t length)
{
    (void)sink;
    strncat(text, more, MIN(length, sizeof(text) - 1 - strlen(text)));
}

TEST(machine_check, banks_that_hold_an_error_are_printed)
{
    static struct console_sink sink = {.write = collect};
    start(0x906ea);
    banks[4 * 1 + 1] = UINT64_C(1) << 63 | UINT64_C(1) << 58 | 0x151;
    banks[4 * 1 + 2] = 0x1234000;
    banks[4 * 2 + 1] = UINT64_C(1) << 63;
    banks[4 * 2 + 2] = 0x5678; /* not valid */
    console_add_sink(&sink);
    text[0] = '\0';
    machine_check_print();
    EXPECT(!strstr(text, "bank 0"));
    EXPECT(strstr(text, "bank 1: status 8400000000000151, address 0000000001234000\n"));
    EXPECT(strstr(text, "bank 2: status 8000000000000000, address 0000000000000000\n"));
}
