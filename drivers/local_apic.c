/*
 * Intel SDM 3A, chapter 11. The registers are in memory, 16 bytes apart, or, if the firmware has
 * switched to x2APIC mode, model-specific registers with the same numbers divided by 16. Cairn
 * takes the mode that it finds.
 *
 * Beside 8259s it is in what the MultiProcessor Specification calls virtual wire mode: the 8259s'
 * request goes into input 0, which is programmed to fetch the vector from them (ExtINT). Firmware
 * usually leaves it so; local_apic_start() makes sure of it.
 *
 * Firmware or an earlier kernel may have left vectors in it: a vector in service holds back all
 * others of its priority and below until software ends it, and a requested one comes as soon as
 * interrupts are enabled. So both are removed at the start, once nothing can raise new ones.
 */
#include <assert.h>
#include <drivers/local_apic.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum reg {
    ID = 0x020,
    VERSION = 0x030,
    TASK_PRIORITY = 0x080,
    SPURIOUS = 0x0f0,
    IN_SERVICE = 0x100, /* a bit for each vector, in VECTOR_WORDS registers */
    REQUESTED = 0x200,  /* likewise */
    LVT_CORRECTED_ERROR = 0x2f0,
    LVT_TIMER = 0x320,
    LVT_THERMAL = 0x330,
    LVT_PERFORMANCE = 0x340,
    LVT_INPUT_0 = 0x350, /* LINT0, and LINT1 0x10 further on */
    LVT_ERROR = 0x370,
    TIMER_INITIAL_COUNT = 0x380,
    TIMER_CURRENT_COUNT = 0x390,
    TIMER_DIVIDE = 0x3e0,
};

enum { REG_STEP = 0x10, VECTOR_WORDS = 8, WORD_BITS = 32 };

enum lvt {
    LVT_DELIVERY = 7 << 8, /* how the interrupt is delivered; 0: with the entry's vector */
    LVT_SMI = 2 << 8,
    LVT_NMI = 4 << 8,
    LVT_EXTERNAL = 7 << 8,
    LVT_ACTIVE_LOW = 1 << 13,
    LVT_MASKED = 1 << 16,
    LVT_PERIODIC = 1 << 17,
};

enum { SOFTWARE_ENABLE = 1 << 8 };

/* Vectors up to this one are held back. The processor's exceptions have vectors below 32; an
 * interrupt that came with one of these would look like an exception. */
enum { EXCEPTIONS_PRIORITY = 0x10 };

enum { DIVIDE_BY_16 = 3 };

enum { MSR_APIC_BASE = 0x1b };

#define BASE_X2APIC  (UINT64_C(1) << 10)
#define BASE_ENABLE  (UINT64_C(1) << 11)
#define BASE_ADDRESS UINT64_C(0x000ffffffffff000)

volatile uint8_t *local_apic_registers;

static uint32_t get(enum reg reg)
{
    if (local_apic_registers)
        return mmio_read(local_apic_registers + reg);
    return (uint32_t)read_msr(MSR_X2APIC + reg / 16);
}

static void set(enum reg reg, uint32_t value)
{
    if (local_apic_registers)
        mmio_write(local_apic_registers + reg, value);
    else
        write_msr(MSR_X2APIC + reg / 16, value);
}

static unsigned last_lvt_entry(uint32_t version)
{
    return version >> 16 & 0xff;
}

enum error local_apic_find(void)
{
    enum { HAS_APIC = 1 << 9, SHORTEST_LVT = 3 };
    if (!(cpuid(1, 0).edx & HAS_APIC))
        return ERROR_NO_DEVICE;
    uint64_t base = read_msr(MSR_APIC_BASE);
    if (!(base & BASE_ENABLE))
        return ERROR_NO_DEVICE;
    volatile uint8_t *registers = NULL;
    if (!(base & BASE_X2APIC)) {
        enum error error = mmio_map(base & BASE_ADDRESS, PAGE_SIZE, PAGE_UNCACHED);
        if (error)
            return error;
        registers = phys_to_virt(base & BASE_ADDRESS);
    }
    local_apic_registers = registers; /* never NULL meanwhile: interrupts may end through it */
    uint32_t version = get(VERSION);
    return version != UINT32_MAX && last_lvt_entry(version) >= SHORTEST_LVT ? OK : ERROR_DEVICE;
}

_Static_assert(ACPI_LOCAL_INPUTS == 2, "LINT0 and LINT1; behind them LVT_ERROR follows");

/* NMIs are edges, whatever the table says of the trigger (SDM 3A 11.5.1). */
static uint32_t input_entry(const struct acpi_local_input *input)
{
    if (!input->is_nmi)
        return LVT_MASKED;
    return LVT_NMI | (input->signal.active_low ? LVT_ACTIVE_LOW : 0);
}

/* Masks what the local APIC itself raises: its timer, its errors, and the rest that this one has
 * (SDM 3A figure 11-8). An entry that raises an SMI is the firmware's, and stays. */
static void mask_own_sources(void)
{
    static const struct {
        enum reg reg;
        unsigned last_entry; /* what the version register says, at least, where it exists */
    } entries[] = {{LVT_ERROR, 3},
                   {LVT_TIMER, 3},
                   {LVT_PERFORMANCE, 4},
                   {LVT_THERMAL, 5},
                   {LVT_CORRECTED_ERROR, 6}};
    unsigned last_entry = last_lvt_entry(get(VERSION));
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
        if (entries[i].last_entry > last_entry)
            return;
        uint32_t entry = get(entries[i].reg);
        if ((entry & LVT_DELIVERY) != LVT_SMI)
            set(entries[i].reg, entry | LVT_MASKED);
    }
}

static void set_inputs_as_table(const struct acpi_madt *madt)
{
    for (unsigned i = 0; i < ACPI_LOCAL_INPUTS; i++)
        set(LVT_INPUT_0 + REG_STEP * i, input_entry(&madt->local_inputs[i]));
}

/* Input 0 is the 8259s', input 1 the NMI. What firmware has left so may have further bits set,
 * which are kept. */
static void set_inputs_beside_8259s(bool was_on)
{
    const enum reg input_1 = LVT_INPUT_0 + REG_STEP;
    if (!was_on || (get(LVT_INPUT_0) & (LVT_DELIVERY | LVT_MASKED)) != LVT_EXTERNAL)
        set(LVT_INPUT_0, LVT_EXTERNAL);
    if (!was_on || (get(input_1) & LVT_DELIVERY) != LVT_NMI)
        set(input_1, LVT_NMI);
}

static bool has_vectors(enum reg first)
{
    uint32_t all = 0;
    for (unsigned word = 0; word < VECTOR_WORDS; word++)
        all |= get(first + REG_STEP * word);
    return all;
}

/* Removes vectors that were left in service or requested. The requested ones are delivered: there
 * is no other way. Their handlers end them, or fault_handle() does. */
static void drain(void)
{
    unsigned ended = 0;
    for (; ended < VECTOR_COUNT && has_vectors(IN_SERVICE); ended++)
        local_apic_end();
    if (ended)
        log_warn("irq: vectors that were left in service in the local APIC: %u; ended", ended);
    if (has_vectors(REQUESTED))
        interrupts_admit_pending();
}

void local_apic_start(const struct acpi_madt *madt)
{
    bool was_on = get(SPURIOUS) & SOFTWARE_ENABLE;
    set(SPURIOUS, SOFTWARE_ENABLE | LOCAL_APIC_SPURIOUS_VECTOR);
    mask_own_sources();
    if (madt)
        set_inputs_as_table(madt);
    else
        set_inputs_beside_8259s(was_on);
    set(TASK_PRIORITY, EXCEPTIONS_PRIORITY);
    drain();
}

void local_apic_end_unexpected(unsigned vector)
{
    ASSERT(vector < VECTOR_COUNT);
    if (get(IN_SERVICE + REG_STEP * (vector / WORD_BITS)) >> vector % WORD_BITS & 1)
        local_apic_end();
}

uint32_t local_apic_id(void)
{
    return local_apic_registers ? get(ID) >> 24 : get(ID);
}

uint64_t local_apic_msi_address(void)
{
    enum { DESTINATION_SHIFT = 12, BROADCAST = 0xff };
    ASSERT(local_apic_id() < BROADCAST); /* the address has eight bits for it */
    return UINT64_C(0xfee00000) | (uint64_t)local_apic_id() << DESTINATION_SHIFT;
}

uint32_t local_apic_msi_data(unsigned vector)
{
    ASSERT(vector >= EXCEPTION_COUNT && vector < VECTOR_COUNT);
    return vector; /* all other fields are 0: fixed delivery, edge */
}

void local_apic_start_timer(uint32_t count, bool periodic)
{
    ASSERT(count); /* 0 would stop it */
    set(TIMER_DIVIDE, DIVIDE_BY_16);
    set(LVT_TIMER, (periodic ? LVT_PERIODIC : 0) | LOCAL_APIC_TIMER_VECTOR);
    set(TIMER_INITIAL_COUNT, count);
}

void local_apic_restart_timer(uint32_t count)
{
    ASSERT(count);
    set(TIMER_INITIAL_COUNT, count);
}

uint32_t local_apic_timer_count(void)
{
    return get(TIMER_CURRENT_COUNT);
}
