/*
 * Intel 82093AA data sheet. A register is read and written through a window: its number goes into
 * one address, its value through another. Each input has two registers: the high half of its entry
 * holds the destination of its interrupts, the low half their vector and kind.
 *
 * The sixteen ISA lines end at inputs that the firmware's table names; the same line may be number
 * 0 on an ISA bus and input 2 here. A line from 16 on ends at the input with that global number. An
 * edge that comes while its input is masked is forgotten, which drivers/irq.c makes up for.
 */
#include <assert.h>
#include <drivers/io_apic.h>
#include <drivers/irq.h>
#include <drivers/local_apic.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum { SELECT = 0x00, WINDOW = 0x10, REGISTERS_SIZE = 0x20 };

enum reg {
    VERSION = 0x01,
    REDIRECTION = 0x10, /* low half of input 0; its high half, input 1's low half, and so on */
    REGISTERS = 0x100,  /* their numbers have eight bits */
};

enum { MAX_INPUTS = (REGISTERS - REDIRECTION) / 2 };

enum redirection {
    ACTIVE_LOW = 1 << 13,
    LEVEL = 1 << 15,
    MASKED = 1 << 16,
    DELIVERY = 7 << 8,      /* how the interrupt is delivered */
    EXTERNAL = 7 << 8,      /* with a vector that is fetched from the 8259s (ExtINT) */
    DESTINATION_SHIFT = 24, /* in the high half */
    BROADCAST = 0xff,       /* as a destination (SDM 3A 11.6.2.1) */
};

/* Where a line ends. */
struct input {
    volatile uint8_t *registers;
    unsigned number;
    uint32_t low; /* the entry's low half, not masked */
};

static struct input inputs[IRQ_LINES] RO_AFTER_INIT;
static uint64_t connected RO_AFTER_INIT; /* a bit for each line that ends at an input */
_Static_assert(IRQ_LINES <= 64, "the bits of `connected`");

static uint32_t get(volatile uint8_t *registers, unsigned reg)
{
    ASSERT(reg < REGISTERS);
    mmio_write(registers + SELECT, reg);
    return mmio_read(registers + WINDOW);
}

static void set(volatile uint8_t *registers, unsigned reg, uint32_t value)
{
    ASSERT(reg < REGISTERS);
    mmio_write(registers + SELECT, reg);
    mmio_write(registers + WINDOW, value);
}

static bool has(unsigned line)
{
    return connected >> line & 1;
}

static void set_low(unsigned line, uint32_t value)
{
    ASSERT(has(line));
    set(inputs[line].registers, REDIRECTION + 2 * inputs[line].number, value);
}

static void mask(unsigned line)
{
    set_low(line, inputs[line].low | MASKED);
}

static void unmask(unsigned line)
{
    set_low(line, inputs[line].low);
}

static uint32_t low_half(unsigned line, bool level, bool active_low)
{
    return (IRQ_FIRST_VECTOR + line) | (level ? LEVEL : 0) | (active_low ? ACTIVE_LOW : 0);
}

static const struct irq_controller controller = {.name = "I/O APIC",
                                                 .has = has,
                                                 .mask = mask,
                                                 .unmask = unmask,
                                                 .at_local_apic = true,
                                                 .forgets = true};

static void handle_line(struct trap_frame *frame)
{
    irq_run((unsigned)frame->vector - IRQ_FIRST_VECTOR);
    local_apic_end();
}

static void handle_message(struct trap_frame *frame)
{
    irq_run_message((unsigned)frame->vector);
    local_apic_end();
}

/* A spurious interrupt is not in service, so it gets no end of interrupt (SDM 3A 11.9). */
static void ignore_spurious(struct trap_frame *frame)
{
    (void)frame;
}

/* --- Set-up --------------------------------------------------------------------------------- */

/* Maps an I/O APIC. Returns the number of its inputs; 0: there is no I/O APIC. */
static unsigned open(phys_addr_t address)
{
    if (address == 0 || !IS_ALIGNED(address, WINDOW) ||
        mmio_map(address, REGISTERS_SIZE, PAGE_UNCACHED) != OK)
        return 0;
    volatile uint8_t *registers = phys_to_virt(address);
    uint32_t version = get(registers, VERSION);
    if (version == 0 || version == UINT32_MAX)
        return 0;
    return MIN((version >> 16 & 0xff) + 1, (unsigned)MAX_INPUTS);
}

/* Masks all inputs of an I/O APIC but those through which 8259s interrupt (ExtINT). */
static void silence(phys_addr_t address)
{
    unsigned count = open(address);
    volatile uint8_t *registers = phys_to_virt(address);
    for (unsigned i = 0; i < count; i++) {
        unsigned reg = REDIRECTION + 2 * i;
        if ((get(registers, reg) & DELIVERY) != EXTERNAL)
            set(registers, reg, MASKED);
    }
}

void io_apic_silence(const struct acpi_madt *madt)
{
    for (unsigned i = 0; i < madt->io_apic_count; i++)
        silence(madt->io_apics[i].address);
}

/* Masks all `count` inputs of an I/O APIC, and directs them to this processor. */
static void reset_inputs(phys_addr_t address, unsigned count)
{
    volatile uint8_t *registers = phys_to_virt(address);
    uint32_t destination = local_apic_id() << DESTINATION_SHIFT;
    for (unsigned i = 0; i < count; i++) {
        set(registers, REDIRECTION + 2 * i, MASKED);
        set(registers, REDIRECTION + 2 * i + 1, destination);
    }
}

/* The inputs that the table gives to lines, a bit for each. A line that the table does not mention
 * ends nowhere if its own input is taken. */
static uint64_t inputs_taken(const struct acpi_madt *madt)
{
    uint64_t taken = 0;
    for (unsigned line = 0; line < IRQ_ISA_LINES; line++) {
        if (madt->lines[line].overridden && madt->lines[line].gsi < IRQ_LINES)
            taken |= UINT64_C(1) << madt->lines[line].gsi;
    }
    return taken;
}

/* Connects a line to the input of an I/O APIC that has `count` of them, if it ends there. */
static void connect_line(unsigned line, const struct acpi_line *wiring,
                         const struct acpi_io_apic *io_apic, unsigned count)
{
    if (wiring->gsi < io_apic->first_gsi || wiring->gsi - io_apic->first_gsi >= count)
        return;
    inputs[line] = (struct input){
        .registers = phys_to_virt(io_apic->address),
        .number = wiring->gsi - io_apic->first_gsi,
        .low = low_half(line, wiring->signal.level, wiring->signal.active_low),
    };
    connected |= UINT64_C(1) << line;
}

/* The lines from 16 on are levels, active low, as on PCI. */
static struct acpi_line pci_line(unsigned line)
{
    return (struct acpi_line){.gsi = line, .signal = {.active_low = true, .level = true}};
}

static void connect(const struct acpi_madt *madt, const struct acpi_io_apic *io_apic,
                    unsigned count)
{
    uint64_t taken = inputs_taken(madt), end = (uint64_t)io_apic->first_gsi + count;
    end = MIN(MAX(end, (uint64_t)IRQ_ISA_LINES), (uint64_t)IRQ_LINES);
    for (unsigned line = 0; line < end; line++) {
        struct acpi_line wiring = line < IRQ_ISA_LINES ? madt->lines[line] : pci_line(line);
        if (wiring.overridden || !(taken >> wiring.gsi & 1))
            connect_line(line, &wiring, io_apic, count);
    }
}

/* Are the lines connected that Cairn cannot do without? */
static bool all_needed_end_here(void)
{
    static const uint8_t needed[] = {IRQ_TIMER, IRQ_KEYBOARD, IRQ_COM1};
    for (size_t i = 0; i < sizeof(needed); i++) {
        if (!has(needed[i]))
            return false;
    }
    return true;
}

/* In x2APIC mode a local APIC's number has 32 bits. An I/O APIC has 8 bits for it, unless
 * interrupts are remapped, which Cairn does not do (SDM 3A 11.12.7). */
static bool is_out_of_reach(uint32_t local_apic)
{
    if (local_apic < BROADCAST)
        return false;
    log_warn("irq: no I/O APIC can send to local APIC %u: destinations end at %u", local_apic,
             BROADCAST - 1);
    return true;
}

enum error io_apic_init(const struct acpi_madt *madt)
{
    connected = 0;
    if (is_out_of_reach(local_apic_id()))
        return ERROR_UNSUPPORTED;
    for (unsigned i = 0; i < madt->io_apic_count; i++) {
        const struct acpi_io_apic *io_apic = &madt->io_apics[i];
        unsigned count = open(io_apic->address);
        reset_inputs(io_apic->address, count);
        if (count)
            connect(madt, io_apic, count);
        else
            log_warn("irq: no I/O APIC at 0x%lx, where ACPI has one", io_apic->address);
    }
    if (!all_needed_end_here())
        return ERROR_NO_DEVICE;
    irq_start(&controller);
    const unsigned first_line = IRQ_TIMER + 1;
    unsigned end = 64 - (unsigned)__builtin_clzll(connected);
    trap_set_handlers(IRQ_FIRST_VECTOR + first_line, end - first_line, handle_line);
    trap_set_handlers(IRQ_FIRST_MESSAGE, IRQ_MESSAGES, handle_message);
    trap_set_handler(LOCAL_APIC_SPURIOUS_VECTOR, ignore_spurious);
    return OK;
}
