/*
 * Intel SDM 3A, chapter 11. The registers are in memory, 16 bytes apart, or, if the firmware has
 * switched to x2APIC mode, model-specific registers with the same numbers divided by 16. Cairn
 * takes the mode that it finds.
 *
 * Beside 8259s it is in what the MultiProcessor Specification calls virtual wire mode: the 8259s'
 * request goes into input 0, which is programmed to fetch the vector from them (ExtINT). Firmware
 * leaves it so, or leaves the local APIC switched off, which amounts to the same; switching it on
 * must keep that way open.
 */
#include <assert.h>
#include <drivers/local_apic.h>
#include <kernel/cpu/trap.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum reg {
    ID = 0x020,
    VERSION = 0x030,
    TASK_PRIORITY = 0x080,
    SPURIOUS = 0x0f0,
    LVT_TIMER = 0x320,
    LVT_INPUT_0 = 0x350, /* LINT0, and LINT1 0x10 further on */
    LVT_ERROR = 0x370,
    TIMER_INITIAL_COUNT = 0x380,
    TIMER_DIVIDE = 0x3e0,
};

enum lvt {
    LVT_NMI = 4 << 8,
    LVT_EXTERNAL = 7 << 8,
    LVT_ACTIVE_LOW = 1 << 13,
    LVT_MASKED = 1 << 16,
    LVT_PERIODIC = 1 << 17,
};

enum { SOFTWARE_ENABLE = 1 << 8 };

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

enum error local_apic_find(void)
{
    enum { HAS_APIC = 1 << 9, SHORTEST_LVT = 3 };
    if (!(cpuid(1, 0).edx & HAS_APIC))
        return ERROR_NO_DEVICE;
    uint64_t base = read_msr(MSR_APIC_BASE);
    if (!(base & BASE_ENABLE))
        return ERROR_NO_DEVICE;
    local_apic_registers = NULL;
    if (!(base & BASE_X2APIC)) {
        enum error error = mmio_map(base & BASE_ADDRESS, PAGE_SIZE, PAGE_UNCACHED);
        if (error)
            return error;
        local_apic_registers = phys_to_virt(base & BASE_ADDRESS);
    }
    uint32_t version = get(VERSION);
    unsigned last_lvt = version >> 16 & 0xff;
    return version != UINT32_MAX && last_lvt >= SHORTEST_LVT ? OK : ERROR_DEVICE;
}

_Static_assert(ACPI_LOCAL_INPUTS == 2, "LINT0 and LINT1; behind them LVT_ERROR follows");

/* NMIs are edges, whatever the table says of the trigger (SDM 3A 11.5.1). */
static uint32_t input_entry(const struct acpi_local_input *input)
{
    if (!input->is_nmi)
        return LVT_MASKED;
    return LVT_NMI | (input->signal.active_low ? LVT_ACTIVE_LOW : 0);
}

void local_apic_start(const struct acpi_madt *madt)
{
    bool was_on = get(SPURIOUS) & SOFTWARE_ENABLE;
    set(SPURIOUS, SOFTWARE_ENABLE | LOCAL_APIC_SPURIOUS_VECTOR);
    set(LVT_TIMER, LVT_MASKED);
    set(LVT_ERROR, LVT_MASKED);
    set(TASK_PRIORITY, 0);
    for (unsigned i = 0; madt && i < ACPI_LOCAL_INPUTS; i++)
        set(LVT_INPUT_0 + 0x10 * i, input_entry(&madt->local_inputs[i]));
    if (!madt && !was_on) {
        set(LVT_INPUT_0, LVT_EXTERNAL);
        set(LVT_INPUT_0 + 0x10, LVT_NMI);
    }
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

void local_apic_start_timer(uint32_t count)
{
    ASSERT(count); /* 0 would stop it */
    set(TIMER_DIVIDE, DIVIDE_BY_16);
    set(LVT_TIMER, LVT_PERIODIC | LOCAL_APIC_TIMER_VECTOR);
    set(TIMER_INITIAL_COUNT, count);
}
