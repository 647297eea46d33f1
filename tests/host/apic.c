/*
 * Local APIC and I/O APIC against models of the chips: what they were told, in both of the local
 * APIC's modes, and with tables that wire the lines in odd ways.
 */
#include <drivers/io_apic.h>
#include <drivers/irq.h>
#include <drivers/local_apic.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <string.h>

#include "../test.h"
#include "fake_ports.h"
#include "fake_processor.h"
#include "support.h"

enum { LOCAL_APIC = 0xfee00000, IO_APIC = 0xfec00000, INPUTS = 24, MANY = 100000 };

enum { ID = 0x20, VERSION = 0x30, TASK_PRIORITY = 0x80, END = 0xb0, SPURIOUS = 0xf0 };
enum { IN_SERVICE = 0x100, REQUESTED = 0x200 };
enum {
    LVT_CORRECTED_ERROR = 0x2f0,
    LVT_TIMER = 0x320,
    LVT_THERMAL = 0x330,
    LVT_PERFORMANCE = 0x340,
    LVT_0 = 0x350,
    LVT_ERROR = 0x370
};

/* --- The local APIC ------------------------------------------------------------------------- */

static uint64_t apic_base;
static uint32_t features;
static uint32_t local[0x400 / 16]; /* a register each 16 bytes */
static unsigned ends;

static bool has_vector(unsigned first, unsigned vector)
{
    return local[first / 16 + vector / 32] >> vector % 32 & 1;
}

static void flip_vector(unsigned first, unsigned vector)
{
    local[first / 16 + vector / 32] ^= UINT32_C(1) << vector % 32;
}

/* The highest vector; 0: there is none. */
static unsigned highest_vector(unsigned first)
{
    unsigned vector = VECTOR_COUNT - 1;
    while (vector && !has_vector(first, vector))
        vector--;
    return vector;
}

static void write_local(unsigned reg, uint32_t value)
{
    if (reg == END) {
        ends++;
        if (highest_vector(IN_SERVICE))
            flip_vector(IN_SERVICE, highest_vector(IN_SERVICE));
    }
    local[reg / 16] = value;
}

static unsigned delivered[VECTOR_COUNT], deliveries;

/* Interrupts are enabled: requested vectors are delivered, unless their priority is too low. There
 * are no handlers. */
static void deliver(void)
{
    for (unsigned vector = highest_vector(REQUESTED);
         vector >> 4 > MAX(local[TASK_PRIORITY / 16], highest_vector(IN_SERVICE)) >> 4;
         vector = highest_vector(REQUESTED)) {
        flip_vector(REQUESTED, vector);
        flip_vector(IN_SERVICE, vector);
        delivered[deliveries++] = vector;
        local_apic_end_unexpected(vector);
    }
}

static struct cpuid_result answer(uint32_t leaf)
{
    return (struct cpuid_result){.edx = leaf == 1 ? features : 0};
}

static uint64_t read_register(uint32_t msr)
{
    return msr == 0x1b ? apic_base : local[msr - 0x800];
}

static void write_register(uint32_t msr, uint64_t value)
{
    write_local((msr - 0x800) * 16, (uint32_t)value);
}

/* --- The I/O APICs, as many as there are pages ---------------------------------------------- */

static struct chip {
    uint8_t selected;
    uint32_t id, version;
    uint32_t entries[2 * INPUTS];
} chips[3];

static uint32_t *chip_register(struct chip *chip)
{
    static uint32_t nothing;
    if (chip->selected <= 1)
        return chip->selected ? &chip->version : &chip->id;
    unsigned entry = chip->selected - 0x10u;
    return entry < ARRAY_SIZE(chip->entries) ? &chip->entries[entry] : &nothing;
}

static struct chip *chip_at(phys_addr_t address)
{
    return &chips[(address - IO_APIC) / 0x1000 % ARRAY_SIZE(chips)];
}

static uint32_t read_memory(phys_addr_t address)
{
    return address >= LOCAL_APIC ? local[(address - LOCAL_APIC) / 16]
                                 : *chip_register(chip_at(address));
}

static void write_memory(phys_addr_t address, uint32_t value)
{
    if (address >= LOCAL_APIC)
        write_local((unsigned)(address - LOCAL_APIC), value);
    else if (address & 0x10)
        *chip_register(chip_at(address)) = value;
    else
        chip_at(address)->selected = (uint8_t)value;
}

/* --- A machine ------------------------------------------------------------------------------ */

static struct acpi_madt madt;

/* As on a PC: line 0 is interrupt 2, line 9 a level, local input 1 the NMI. */
static void start(bool x2apic)
{
    fake_processor_set((struct fake_processor){answer, read_register, write_register});
    fake_ports_set((struct fake_device){.read_memory = read_memory, .write_memory = write_memory});
    features = 1 << 9;
    apic_base = LOCAL_APIC | 1 << 11 | (x2apic ? 1 << 10 : 0);
    memset(local, 0, sizeof(local));
    local[VERSION / 16] = 5 << 16 | 0x14;
    local[ID / 16] = x2apic ? 3 : 3u << 24;
    ends = 0;
    for (size_t i = 0; i < ARRAY_SIZE(chips); i++) {
        memset(&chips[i], 0, sizeof(chips[i]));
        chips[i].version = (INPUTS - 1) << 16 | 0x20;
    }
    madt = (struct acpi_madt){.has_8259 = true, .io_apic_count = 1};
    madt.io_apics[0] = (struct acpi_io_apic){0, IO_APIC, 0};
    for (unsigned line = 0; line < ACPI_ISA_LINES; line++)
        madt.lines[line].gsi = line;
    madt.lines[0] = (struct acpi_line){2, {false, false}, true};
    madt.lines[9] = (struct acpi_line){9, {true, true}, true};
    madt.local_inputs[1] = (struct acpi_local_input){true, {true, false}};
}

TEST(local_apic, as_the_table_says)
{
    for (int x2apic = 0; x2apic < 2; x2apic++) {
        start(x2apic);
        EXPECT_EQ(local_apic_find(), OK);
        EXPECT_EQ(local_apic_registers == NULL, x2apic);
        EXPECT_EQ(local_apic_id(), 3);
        local_apic_start(&madt);
        EXPECT_EQ(local[SPURIOUS / 16], 1 << 8 | LOCAL_APIC_SPURIOUS_VECTOR);
        EXPECT_EQ(local[LVT_0 / 16], 1 << 16);              /* nothing but an 8259 is there */
        EXPECT_EQ(local[LVT_0 / 16 + 1], 4 << 8 | 1 << 13); /* NMI, active low */
        EXPECT_EQ(local[LVT_TIMER / 16], 1 << 16);
        local_apic_end();
        EXPECT_EQ(ends, 1);
        local_apic_start_timer(1000, true);
        EXPECT_EQ(local[LVT_TIMER / 16], 1 << 17 | LOCAL_APIC_TIMER_VECTOR);
        EXPECT_EQ(local[0x380 / 16], 1000);
        local_apic_start_timer(UINT32_MAX, false);
        EXPECT_EQ(local[LVT_TIMER / 16], LOCAL_APIC_TIMER_VECTOR);
        EXPECT_EQ(local[0x380 / 16], UINT32_MAX);
        local[0x390 / 16] = 77;
        EXPECT_EQ(local_apic_timer_count(), 77);
        local_apic_restart_timer(5);
        EXPECT_EQ(local[0x380 / 16], 5);
    }
}

/* What firmware or an earlier kernel has left there: vectors in service are ended, requested ones
 * are delivered, but none that is an exception's. */
TEST(local_apic, leftovers_are_removed)
{
    static const unsigned left_in_service[] = {0x11, 0x20, 0x41, 0x42, 0xff};
    static const unsigned left_requested[] = {0x1e, 0x20, 0x5f, 0xd0, 0xf0};
    for (int x2apic = 0; x2apic < 2; x2apic++) {
        start(x2apic);
        for (unsigned i = 0; i < ARRAY_SIZE(left_in_service); i++)
            flip_vector(IN_SERVICE, left_in_service[i]);
        for (unsigned i = 0; i < ARRAY_SIZE(left_requested); i++)
            flip_vector(REQUESTED, left_requested[i]);
        deliveries = 0;
        host_interrupt = deliver;
        host_log[0] = '\0';
        EXPECT_EQ(local_apic_find(), OK);
        local_apic_start(&madt);
        host_interrupt = NULL;
        EXPECT(strstr(host_log, "in service in the local APIC: 5"));
        EXPECT_EQ(highest_vector(IN_SERVICE), 0);
        EXPECT_EQ(highest_vector(REQUESTED), 0x1e);
        EXPECT_EQ(deliveries, 4);
        for (unsigned i = 0; i < deliveries; i++)
            EXPECT_EQ(delivered[i], left_requested[4 - i]);
        EXPECT_EQ(ends, 5 + 4);
        local_apic_end_unexpected(0x50); /* raised by `int` */
        EXPECT_EQ(ends, 5 + 4);
    }
}

static void never_ends(uint32_t msr, uint64_t value)
{
    if (msr != 0x800 + END / 16)
        write_register(msr, value);
    else
        ends++;
}

TEST(local_apic, a_vector_that_stays_in_service)
{
    start(true);
    fake_processor_set((struct fake_processor){answer, read_register, never_ends});
    flip_vector(IN_SERVICE, 0x41);
    EXPECT_EQ(local_apic_find(), OK);
    local_apic_start(&madt);
    EXPECT_EQ(ends, VECTOR_COUNT);
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
            start(false);
            local[VERSION / 16] = last << 16 | 0x14;
            for (unsigned i = 0; i < ARRAY_SIZE(entries); i++)
                local[entries[i] / 16] = left;
            EXPECT_EQ(local_apic_find(), OK);
            local_apic_start(&madt);
            for (unsigned i = 0; i < ARRAY_SIZE(entries); i++) {
                bool exists = i + 1 < last;
                EXPECT_EQ(local[entries[i] / 16], exists && !smi ? left | 1 << 16 : left);
            }
        }
    }
}

/* Beside 8259s: one that was off gets their way opened, one that was on keeps what it has, unless
 * it is closed. */
TEST(local_apic, beside_8259s)
{
    start(false);
    EXPECT_EQ(local_apic_find(), OK);
    local_apic_start(NULL);
    EXPECT_EQ(local[LVT_0 / 16], 7 << 8);
    EXPECT_EQ(local[LVT_0 / 16 + 1], 4 << 8);
    start(false);
    local[SPURIOUS / 16] = 1 << 8 | 15;
    local[LVT_0 / 16] = 0x8700;
    local[LVT_0 / 16 + 1] = 0x10400;
    EXPECT_EQ(local_apic_find(), OK);
    local_apic_start(NULL);
    EXPECT_EQ(local[LVT_0 / 16], 0x8700);
    EXPECT_EQ(local[LVT_0 / 16 + 1], 0x10400);
    static const uint32_t closed[] = {0x10000, 0x18700, 0xd0};
    for (unsigned i = 0; i < ARRAY_SIZE(closed); i++) {
        local[LVT_0 / 16] = local[LVT_0 / 16 + 1] = closed[i];
        local_apic_start(NULL);
        EXPECT_EQ(local[LVT_0 / 16], 7 << 8);
        EXPECT_EQ(local[LVT_0 / 16 + 1], 4 << 8);
    }
}

TEST(local_apic, none_or_no_good_one)
{
    start(false);
    features = 0;
    EXPECT_EQ(local_apic_find(), ERROR_NO_DEVICE);
    start(false);
    apic_base = LOCAL_APIC;
    EXPECT_EQ(local_apic_find(), ERROR_NO_DEVICE);
    start(false);
    local[VERSION / 16] = UINT32_MAX;
    EXPECT_EQ(local_apic_find(), ERROR_DEVICE);
    local[VERSION / 16] = 0;
    EXPECT_EQ(local_apic_find(), ERROR_DEVICE);
}

/* --- The I/O APIC --------------------------------------------------------------------------- */

static unsigned handled;

static void handle(void *context)
{
    (void)context;
    handled++;
}

/* Handlers are for ever; the next start() of a controller leaves them where they are. */
static void add_handler(unsigned line)
{
    static struct irq_handler handlers[IRQ_LINES];
    handlers[line] = (struct irq_handler){"test", handle, NULL, NULL};
    EXPECT_EQ(irq_add_handler(line, &handlers[line]), OK);
}

static void count(void *context)
{
    (*(unsigned *)context)++;
}

static uint32_t low(unsigned chip, unsigned input)
{
    return chips[chip].entries[2 * input];
}

static uint32_t high(unsigned chip, unsigned input)
{
    return chips[chip].entries[2 * input + 1];
}

TEST(io_apic, lines_end_where_the_table_says)
{
    start(false);
    EXPECT_EQ(local_apic_find(), OK);
    EXPECT_EQ(io_apic_init(&madt), OK);
    EXPECT(irq_controller()->at_local_apic);
    for (unsigned input = 0; input < INPUTS; input++)
        EXPECT(low(0, input) & 1 << 16);
    add_handler(9);
    EXPECT_EQ(low(0, 9), (IRQ_FIRST_VECTOR + 9) | 1 << 13 | 1 << 15); /* level, active low */
    EXPECT_EQ(high(0, 9), 3u << 24);
    add_handler(4);
    EXPECT_EQ(low(0, 4), IRQ_FIRST_VECTOR + 4);
    irq_controller()->unmask(IRQ_TIMER);
    EXPECT_EQ(low(0, 2), IRQ_FIRST_VECTOR + IRQ_TIMER);
    EXPECT(low(0, 0) & 1 << 16);
    EXPECT(!irq_controller()->has(IRQ_CASCADE)); /* its input is the timer's */
    irq_controller()->mask(4);
    EXPECT_EQ(low(0, 4), (IRQ_FIRST_VECTOR + 4) | 1 << 16);
}

/* The lines are spread over two controllers, and an entry is of neither. */
TEST(io_apic, more_than_one)
{
    start(false);
    madt.io_apic_count = 2;
    madt.io_apics[1] = (struct acpi_io_apic){1, IO_APIC + 0x1000, INPUTS};
    madt.lines[3] = (struct acpi_line){INPUTS + 5, {false, false}, true};
    madt.lines[5] = (struct acpi_line){1000, {false, false}, true};
    EXPECT_EQ(local_apic_find(), OK);
    EXPECT_EQ(io_apic_init(&madt), OK);
    irq_controller()->unmask(3);
    EXPECT_EQ(low(1, 5), IRQ_FIRST_VECTOR + 3);
    EXPECT(low(0, 3) & 1 << 16);
    EXPECT(!irq_controller()->has(5));
    for (unsigned input = 0; input < INPUTS; input++)
        EXPECT(low(0, input) & 1 << 16);
}

/* Starts with what a test has made of the machine. */
static enum error find_and_init(void)
{
    enum error error = local_apic_find();
    return error ? error : io_apic_init(&madt);
}

TEST(io_apic, none_or_no_good_one)
{
    start(false);
    madt.io_apic_count = 0;
    EXPECT_EQ(find_and_init(), ERROR_NO_DEVICE);
    start(false);
    chips[0].version = UINT32_MAX;
    EXPECT_EQ(find_and_init(), ERROR_NO_DEVICE);
    start(false);
    chips[0].version = 0x11; /* a single input: not even the timer's line ends there */
    EXPECT_EQ(find_and_init(), ERROR_NO_DEVICE);
    start(false);
    madt.io_apics[0].address++; /* registers lie at multiples of 16 */
    EXPECT_EQ(find_and_init(), ERROR_NO_DEVICE);
    start(false);
    madt.lines[IRQ_COM1] = (struct acpi_line){1000, {false, false}, true};
    EXPECT_EQ(find_and_init(), ERROR_NO_DEVICE);
}

/* Registers have numbers of eight bits. Who counts on would come round to those below the inputs.
 */
TEST(io_apic, more_inputs_than_numbers)
{
    start(false);
    chips[0].version = 239 << 16 | 0x20;
    chips[0].id = 7;
    EXPECT_EQ(find_and_init(), OK);
    EXPECT_EQ(chips[0].id, 7);
}

/* Where the 8259s are used: only what lets them through stays open. */
TEST(io_apic, silenced)
{
    start(false);
    madt.io_apic_count = 3;
    madt.io_apics[1] = (struct acpi_io_apic){1, IO_APIC + 0x1000, INPUTS};
    madt.io_apics[2] = (struct acpi_io_apic){2, 0, 2 * INPUTS};
    chips[0].entries[0] = 7 << 8;
    chips[0].entries[4] = chips[1].entries[2 * INPUTS - 2] = 0xd0;
    io_apic_silence(&madt);
    EXPECT_EQ(low(0, 0), 7 << 8);
    EXPECT(low(0, 2) & 1 << 16 && low(1, INPUTS - 1) & 1 << 16);
    EXPECT(!(low(2, 0) & 1 << 16));
}

/* The dead one is told of; it is no harm unless a line that is needed ends there. */
TEST(io_apic, a_dead_one_of_two)
{
    start(false);
    madt.io_apic_count = 2;
    madt.io_apics[1] = (struct acpi_io_apic){1, IO_APIC + 0x1000, INPUTS};
    chips[1].version = 0;
    host_log[0] = '\0';
    EXPECT_EQ(find_and_init(), OK);
    EXPECT(strstr(host_log, "no I/O APIC at 0xfec01000"));
    irq_controller()->unmask(IRQ_KEYBOARD);
    EXPECT_EQ(low(0, 1), IRQ_FIRST_VECTOR + IRQ_KEYBOARD);
    madt.lines[IRQ_KEYBOARD] = (struct acpi_line){INPUTS + 5, {false, false}, true};
    EXPECT_EQ(io_apic_init(&madt), ERROR_NO_DEVICE);
}

/* A destination has eight bits, and 255 is everybody (SDM 3A 11.6.2.1). */
TEST(io_apic, local_apics_beyond_its_reach)
{
    for (uint32_t id = 253; id < 300; id++) {
        start(true);
        local[ID / 16] = id;
        EXPECT_EQ(find_and_init(), id < 255 ? OK : ERROR_UNSUPPORTED);
        EXPECT(id >= 255 || high(0, 1) == id << 24);
    }
}

/* An edge that came to a masked input is not known to it: the handler is called to look. */
TEST(io_apic, a_line_that_was_held_back_is_looked_at)
{
    start(false);
    EXPECT_EQ(local_apic_find(), OK);
    EXPECT_EQ(io_apic_init(&madt), OK);
    irq_renew_bursts();
    add_handler(10);
    for (unsigned i = 0; i < MANY && !(low(0, 10) & 1 << 16); i++)
        irq_run(10);
    EXPECT(low(0, 10) & 1 << 16);
    handled = 0;
    irq_renew_bursts();
    EXPECT_EQ(low(0, 10), IRQ_FIRST_VECTOR + 10);
    EXPECT_EQ(handled, 1);
    irq_renew_bursts();
    EXPECT_EQ(handled, 1);
}

/* Several devices at one line: PCI's, on inputs that ISA does not know. */
TEST(io_apic, lines_from_16_on)
{
    static unsigned calls[2];
    static struct irq_handler first = {"first", count, &calls[0], NULL},
                              second = {"second", count, &calls[1], NULL};
    start(false);
    EXPECT_EQ(find_and_init(), OK);
    EXPECT_EQ(irq_add_handler(INPUTS, &first), ERROR_NO_DEVICE);
    EXPECT_EQ(irq_add_handler(IRQ_LINES, &first), ERROR_NO_DEVICE);
    EXPECT_EQ(irq_add_handler(17, &first), OK);
    EXPECT_EQ(low(0, 17), (IRQ_FIRST_VECTOR + 17) | 1 << 13 | 1 << 15); /* level, active low */
    EXPECT_EQ(high(0, 17), 3u << 24);
    EXPECT_EQ(irq_add_handler(17, &second), OK);
    irq_run(17);
    EXPECT(calls[0] == 1 && calls[1] == 1);
    EXPECT_EQ(irq_set_signal(18, false, false), OK);
    EXPECT_EQ(low(0, 18), (IRQ_FIRST_VECTOR + 18) | 1 << 16);
    EXPECT_EQ(irq_set_signal(INPUTS, false, false), ERROR_NO_DEVICE);
}

/* The table may let an ISA line end at such an input; it is that line's then. */
TEST(io_apic, an_input_belongs_to_one_line)
{
    start(false);
    madt.lines[9] = (struct acpi_line){20, {true, true}, true};
    EXPECT_EQ(find_and_init(), OK);
    EXPECT(irq_controller()->has(9) && irq_controller()->has(21));
    EXPECT(!irq_controller()->has(20));
}

TEST(local_apic, messages)
{
    start(false);
    EXPECT_EQ(find_and_init(), OK);
    EXPECT_EQ(local_apic_msi_address(), 0xfee00000 | 3 << 12);
    EXPECT_EQ(local_apic_msi_data(97), 97);
}

/* Each gets a vector of its own, until there is none; one that was given back is used again. */
TEST(irq, vectors_for_messages)
{
    static unsigned calls[2];
    struct irq_handler first = {"first", count, &calls[0], NULL},
                       second = {"second", count, &calls[1], NULL};
    unsigned vectors[IRQ_MESSAGES], one_more;
    start(false);
    EXPECT_EQ(find_and_init(), OK);
    for (unsigned i = 0; i < IRQ_MESSAGES; i++) {
        EXPECT_EQ(irq_allocate_vector(i ? &first : &second, &vectors[i]), OK);
        EXPECT(vectors[i] >= IRQ_FIRST_MESSAGE && vectors[i] < LOCAL_APIC_TIMER_VECTOR);
        EXPECT(i == 0 || vectors[i] > vectors[i - 1]);
    }
    EXPECT_EQ(irq_allocate_vector(&first, &one_more), ERROR_FULL);
    irq_run_message(vectors[0]);
    irq_run_message(vectors[1]);
    EXPECT(calls[0] == 1 && calls[1] == 1);
    irq_release_vector(vectors[7]);
    EXPECT(!irq_message_handler(vectors[7]) && irq_message_handler(vectors[8]) == &first);
    irq_run_message(vectors[7]); /* comes too late */
    EXPECT(calls[0] == 1 && calls[1] == 1);
    EXPECT_EQ(irq_allocate_vector(&second, &one_more), OK);
    EXPECT_EQ(one_more, vectors[7]);
    for (unsigned i = 0; i < IRQ_MESSAGES; i++)
        irq_release_vector(vectors[i]);
    EXPECT(!irq_message_handler(IRQ_FIRST_MESSAGE - 1) && !irq_message_handler(UINT32_MAX));
}
