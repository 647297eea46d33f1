/*
 * Serial ATA by the Advanced Host Controller Interface (AHCI 1.3.1). A controller has up to 32
 * ports with a drive each. A port takes commands out of a list in memory; each points at a table,
 * which holds the command and the places of its data.
 *
 * A thread starts the controller, then its ports, for drives take their time. A port does one
 * command at a time. After an error it stops and has to be started again (6.2.2), which is the
 * block layer's reset.
 */
#include <assert.h>
#include <drivers/block/ata.h>
#include <drivers/pci_interrupt.h>
#include <io.h>
#include <kernel/log/log.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_threads.h>

enum { CLASS_AHCI = 0x010601, BAR = 5, PORTS = 32 };

/* 3.1 */
enum controller_register {
    CAPABILITIES = 0x00,
    CONTROL = 0x04,
    INTERRUPTS = 0x08, /* a bit for each port; a written 1 clears it */
    PORTS_THERE = 0x0c,
    CAPABILITIES_2 = 0x24,
    HANDOVER = 0x28,
    PORT_0 = 0x100,
    PORT_SIZE = 0x80,
};

#define HAS_64_BIT       (UINT32_C(1) << 31) /* CAPABILITIES */
#define CONTROL_AHCI     (UINT32_C(1) << 31)
#define CONTROL_RESET    (UINT32_C(1) << 0)
#define CONTROL_ENABLE   (UINT32_C(1) << 1) /* interrupts */
#define HAS_HANDOVER     (UINT32_C(1) << 0) /* CAPABILITIES_2 */
#define FIRMWARE_OWNS    (UINT32_C(1) << 0)
#define SYSTEM_OWNS      (UINT32_C(1) << 1)
#define HANDOVER_IS_BUSY (UINT32_C(1) << 4)

/* 3.3 */
enum port_register {
    LIST = 0x00,
    RECEIVED = 0x08,
    PORT_INTERRUPTS = 0x10,
    PORT_ENABLE = 0x14,
    COMMAND = 0x18,
    TASK_FILE = 0x20,
    SIGNATURE = 0x24,
    LINK = 0x28,
    LINK_ERRORS = 0x30,
    ISSUED = 0x38,
};

enum command {
    COMMAND_START = 1 << 0,
    COMMAND_SPIN_UP = 1 << 1,
    COMMAND_POWER = 1 << 2,
    COMMAND_RECEIVE = 1 << 4,
    COMMAND_RECEIVES = 1 << 14,
    COMMAND_RUNS = 1 << 15,
    COMMAND_IS_PACKET = 1 << 24,
};

enum { LINK_IS_UP = 3, LINK_MASK = 15 };
enum { TASK_ERROR = 1 << 0, TASK_WANTS_DATA = 1 << 3, TASK_BUSY = 1 << 7 };
enum { SIGNATURE_DISK = 0x00000101 };
#define SIGNATURE_CD UINT32_C(0xeb140101)

/* A command ended; errors of the drive, of the link, of memory. */
#define INTERRUPT_ENDS   UINT32_C(0x0000000f)
#define INTERRUPT_ERRORS UINT32_C(0x78000000)

enum limit { RESET_MILLISECONDS = 1000, LINK_MILLISECONDS = 1000, DRIVE_MILLISECONDS = 15000 };

/* 4.2.2 */
struct header {
    uint32_t flags; /* the command's length in words, and how many parts */
    uint32_t moved;
    uint64_t table;
    uint32_t reserved[4];
};
enum { HEADER_WORDS = 5, HEADER_PACKET = 1 << 5, HEADER_WRITE = 1 << 6, HEADER_PARTS = 16 };

enum { COMMAND_PARTS = 128 };

/* 4.2.3 */
struct table {
    uint8_t registers[64]; /* Serial ATA 3.1, 10.3.4: as a frame to the drive */
    uint8_t packet[64];
    struct {
        uint64_t address;
        uint32_t reserved, size; /* less 1 */
    } parts[COMMAND_PARTS];
};
_Static_assert(sizeof(struct table) <= PAGE_SIZE, "4.2.3");

enum { FRAME_TO_DRIVE = 0x27, FRAME_IS_COMMAND = 0x80 };

/* A page of a port: its list of commands, of which it uses the first, and where it puts the
 * drive's answers. */
enum { RECEIVED_OFFSET = 1024 };

struct ahci;

struct port {
    struct block_device block;
    struct ahci *ahci;
    volatile uint8_t *registers;
    phys_addr_t page;
    struct table *table;
    bool is_cd;
    uint32_t interrupts; /* that came since the command began; atomic */
    struct block_command *command;
};

struct ahci {
    struct pci_device *device;
    struct executor *executor;
    struct irq_handler handler;
    volatile uint8_t *registers;
    uint64_t size;
    struct port *ports[PORTS];
};

static struct port *port_of(struct block_device *device)
{
    return CONTAINER_OF(device, struct port, block);
}

static uint32_t port_read(const struct port *port, enum port_register which)
{
    return mmio_read(port->registers + which);
}

static void port_write(const struct port *port, enum port_register which, uint32_t value)
{
    mmio_write(port->registers + which, value);
}

/* --- Waits, in threads ------------------------------------------------------------------------ */

/* Waits until the register's bits of `mask` are `value`. ERROR_TIMEOUT. */
static enum error wait_for(const volatile uint8_t *reg, uint32_t mask, uint32_t value,
                           unsigned milliseconds)
{
    uint64_t deadline = clock_now() + milliseconds * NANOSECONDS_PER_MILLISECOND;
    while ((mmio_read(reg) & mask) != value) {
        if (clock_now() >= deadline)
            return ERROR_TIMEOUT;
        thread_sleep(NANOSECONDS_PER_MILLISECOND);
    }
    return OK;
}

/* --- Commands ------------------------------------------------------------------------------- */

static void write_frame(uint8_t *registers, const struct ata_command *command)
{
    memset(registers, 0, HEADER_WORDS * sizeof(uint32_t));
    registers[0] = FRAME_TO_DRIVE;
    registers[1] = FRAME_IS_COMMAND;
    registers[2] = command->command;
    registers[3] = command->feature;
    for (unsigned i = 0; i < 3; i++) {
        registers[4 + i] = (uint8_t)(command->block >> 8 * i);
        registers[8 + i] = (uint8_t)(command->block >> 8 * (3 + i));
    }
    registers[7] = command->device;
    registers[12] = (uint8_t)command->count;
    registers[13] = (uint8_t)(command->count >> 8);
}

/* Issues a command whose `count` parts are in the table. */
static void issue(struct port *port, const struct ata_command *command, unsigned count)
{
    struct header *header = phys_to_virt(port->page);
    write_frame(port->table->registers, command);
    memcpy(port->table->packet, command->packet, ATA_PACKET_SIZE);
    header->flags = HEADER_WORDS | count << HEADER_PARTS |
                    (command->is_packet ? HEADER_PACKET : 0) |
                    (command->is_write ? HEADER_WRITE : 0);
    header->moved = 0;
    __atomic_store_n(&port->interrupts, 0, __ATOMIC_RELEASE);
    port_write(port, ISSUED, 1);
}

/* True: the port has ended the command, and *error is the result. */
static bool has_ended(struct port *port, enum error *error)
{
    uint32_t interrupts =
        __atomic_load_n(&port->interrupts, __ATOMIC_ACQUIRE) | port_read(port, PORT_INTERRUPTS);
    bool failed = interrupts & INTERRUPT_ERRORS || port_read(port, TASK_FILE) & TASK_ERROR;
    *error = failed ? ERROR_DEVICE : OK;
    return failed || !(port_read(port, ISSUED) & 1);
}

struct builder {
    struct table *table;
    unsigned count;
};

static void add_part(void *argument, const struct block_part *part)
{
    struct builder *builder = argument;
    ASSERT(builder->count < COMMAND_PARTS);
    builder->table->parts[builder->count].address = part->address;
    builder->table->parts[builder->count].size = part->size - 1;
    builder->count++;
}

static void begin(struct block_device *device, struct block_command *command)
{
    struct port *port = port_of(device);
    struct builder builder = {.table = port->table};
    block_command_parts(command, add_part, &builder);
    port->command = command;
    struct ata_command ata = port->is_cd ? cd_transfer(command, 0) : ata_transfer(command, ATA_DMA);
    issue(port, &ata, builder.count);
}

static void work(struct block_device *device)
{
    struct port *port = port_of(device);
    enum error error;
    if (!port->command || !has_ended(port, &error))
        return;
    if (error) {
        block_reset(device, error);
        return;
    }
    struct block_command *command = port->command;
    port->command = NULL;
    block_command_end(device, command, OK);
}

/* --- Ports ---------------------------------------------------------------------------------- */

/* 10.1.2, step 3 */
static enum error stop_port(const struct port *port)
{
    port_write(port, COMMAND, port_read(port, COMMAND) & ~(uint32_t)COMMAND_START);
    enum error error = wait_for(port->registers + COMMAND, COMMAND_RUNS, 0, RESET_MILLISECONDS);
    port_write(port, COMMAND, port_read(port, COMMAND) & ~(uint32_t)COMMAND_RECEIVE);
    if (!error)
        error = wait_for(port->registers + COMMAND, COMMAND_RECEIVES, 0, RESET_MILLISECONDS);
    return error;
}

/* Starts a port that is stopped. ERROR_NO_DEVICE: there is no drive. */
static enum error start_port(struct port *port)
{
    mmio_write_64(port->registers + LIST, port->page);
    mmio_write_64(port->registers + RECEIVED, port->page + RECEIVED_OFFSET);
    port_write(port, COMMAND, COMMAND_RECEIVE | COMMAND_SPIN_UP | COMMAND_POWER);
    if (wait_for(port->registers + LINK, LINK_MASK, LINK_IS_UP, LINK_MILLISECONDS))
        return ERROR_NO_DEVICE;
    port_write(port, LINK_ERRORS, UINT32_MAX);
    port_write(port, PORT_INTERRUPTS, UINT32_MAX);
    enum error error =
        wait_for(port->registers + TASK_FILE, TASK_BUSY | TASK_WANTS_DATA, 0, DRIVE_MILLISECONDS);
    if (error)
        return error;
    port->is_cd = port_read(port, SIGNATURE) == SIGNATURE_CD;
    if (!port->is_cd && port_read(port, SIGNATURE) != SIGNATURE_DISK)
        return ERROR_UNSUPPORTED;
    port_write(port, COMMAND,
               port_read(port, COMMAND) | COMMAND_START | (port->is_cd ? COMMAND_IS_PACKET : 0));
    port_write(port, PORT_ENABLE, INTERRUPT_ENDS | INTERRUPT_ERRORS);
    return OK;
}

/* The memory of the port's command is free after this. If the port does not stop, the controller
 * loses its access to memory, which ends the work of the other ports, too. */
static enum error reset(struct block_device *device)
{
    struct port *port = port_of(device);
    port->command = NULL;
    enum error error = stop_port(port);
    if (error)
        pci_command(port->ahci->device, 0, PCI_COMMAND_MASTER);
    return error ? error : start_port(port);
}

static const struct block_operations operations = {.begin = begin, .work = work, .reset = reset};

/* Does a command whose answer is so long, and waits for it. */
static enum error ask(struct port *port, const struct ata_command *command, void *answer,
                      size_t size)
{
    enum error error;
    phys_addr_t frame = frame_alloc();
    if (frame == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    struct block_part part = {.address = frame, .size = (uint32_t)size};
    struct builder builder = {.table = port->table};
    uint64_t deadline = clock_now() + DRIVE_MILLISECONDS * NANOSECONDS_PER_MILLISECOND;
    add_part(&builder, &part);
    issue(port, command, 1);
    while (!has_ended(port, &error)) {
        if (clock_now() >= deadline) {
            error = ERROR_TIMEOUT;
            break;
        }
        thread_sleep(NANOSECONDS_PER_MILLISECOND);
    }
    if (error) /* the frame is the port's until then */
        (void)reset(&port->block);
    memcpy(answer, phys_to_virt(frame), size);
    frame_free(frame);
    return error;
}

/* A CD drive fails once after a new medium. */
static enum error find_size(struct port *port, struct ata_identity *identity)
{
    uint8_t answer[ATA_IDENTITY_SIZE];
    struct ata_command command = port->is_cd ? cd_capacity(0) : ata_identify();
    size_t size = port->is_cd ? CD_CAPACITY_SIZE : ATA_IDENTITY_SIZE;
    enum error error = ask(port, &command, answer, size);
    for (unsigned tries = 1; error == ERROR_DEVICE && tries < 3; tries++)
        error = ask(port, &command, answer, size);
    if (error)
        return error;
    if (port->is_cd)
        return cd_read_capacity(answer, identity);
    error = ata_read_identity(answer, identity);
    return error || identity->has_48 ? error : ERROR_UNSUPPORTED;
}

static enum error start_drive(struct port *port)
{
    struct ata_identity identity;
    enum error error = stop_port(port);
    if (!error)
        error = start_port(port);
    if (!error)
        error = find_size(port, &identity);
    if (error)
        return error;
    port->block.operations = &operations;
    port->block.block_count = identity.block_count;
    port->block.block_size = identity.block_size;
    port->block.has_cache = identity.has_cache;
    port->block.is_read_only = port->is_cd;
    port->block.depth = 1;
    port->block.most_parts = COMMAND_PARTS;
    port->block.most_bytes = COMMAND_PARTS * PAGE_SIZE;
    return block_add(&port->block, port->is_cd ? "sr" : "sd", port->ahci->executor);
}

static struct port *make_port(struct ahci *ahci, unsigned number)
{
    struct port *port = kzalloc(sizeof(*port));
    phys_addr_t page = frame_alloc(), table = frame_alloc();
    if (!port || page == NO_FRAME || table == NO_FRAME) {
        if (page != NO_FRAME)
            frame_free(page);
        if (table != NO_FRAME)
            frame_free(table);
        kfree(port);
        return NULL;
    }
    port->ahci = ahci;
    port->registers = ahci->registers + PORT_0 + (size_t)number * PORT_SIZE;
    port->page = page;
    port->table = phys_to_virt(table);
    memset(phys_to_virt(page), 0, PAGE_SIZE);
    memset(port->table, 0, PAGE_SIZE);
    ((struct header *)phys_to_virt(page))->table = table;
    return port;
}

/* A port without a drive that works is stopped, and gives its memory back. */
static void try_port(struct ahci *ahci, unsigned number)
{
    struct port *port = make_port(ahci, number);
    if (!port)
        return;
    ahci->ports[number] = port;
    enum error error = start_drive(port);
    if (!error)
        return;
    if (error != ERROR_NO_DEVICE && error != ERROR_DEVICE)
        log_warn("ahci: the drive at port %u does not start (%s)", number, error_name(error));
    ahci->ports[number] = NULL;
    if (stop_port(port))
        return; /* it may still write there */
    frame_free(port->page);
    frame_free(virt_to_phys(port->table));
    kfree(port);
}

/* --- The controller --------------------------------------------------------------------------- */

/* The interrupt's causes are cleared at the ports first, then at the controller (5.6.2). */
static void interrupt(void *context)
{
    struct ahci *ahci = context;
    uint32_t causes = mmio_read(ahci->registers + INTERRUPTS);
    for (unsigned i = 0; i < PORTS; i++) {
        struct port *port = ahci->ports[i];
        if (!(causes >> i & 1) || !port)
            continue;
        uint32_t interrupts = port_read(port, PORT_INTERRUPTS);
        port_write(port, PORT_INTERRUPTS, interrupts);
        __atomic_fetch_or(&port->interrupts, interrupts, __ATOMIC_RELEASE);
        if (port->block.disk)
            block_interrupt(&port->block);
    }
    mmio_write(ahci->registers + INTERRUPTS, causes);
}

/* 10.6.3 */
static void take_from_firmware(const struct ahci *ahci)
{
    volatile uint8_t *handover = ahci->registers + HANDOVER;
    if (!(mmio_read(ahci->registers + CAPABILITIES_2) & HAS_HANDOVER))
        return;
    mmio_write(handover, mmio_read(handover) | SYSTEM_OWNS);
    if (wait_for(handover, FIRMWARE_OWNS | HANDOVER_IS_BUSY, 0, 2 * RESET_MILLISECONDS))
        log_warn("ahci: the firmware does not let go of its controller; taken from it");
}

static enum error start_controller(struct ahci *ahci)
{
    volatile uint8_t *registers = ahci->registers;
    take_from_firmware(ahci);
    mmio_write(registers + CONTROL, CONTROL_AHCI);
    mmio_write(registers + CONTROL, CONTROL_AHCI | CONTROL_RESET);
    enum error error = wait_for(registers + CONTROL, CONTROL_RESET, 0, RESET_MILLISECONDS);
    if (error)
        return error;
    mmio_write(registers + CONTROL, CONTROL_AHCI);
    if (!(mmio_read(registers + CAPABILITIES) & HAS_64_BIT))
        return ERROR_UNSUPPORTED;
    pci_command(ahci->device, PCI_COMMAND_MASTER, 0);
    mmio_write(registers + INTERRUPTS, UINT32_MAX);
    mmio_write(registers + CONTROL, CONTROL_AHCI | CONTROL_ENABLE);
    return OK;
}

static void run(void *argument)
{
    struct ahci *ahci = argument;
    enum error error = start_controller(ahci);
    if (error) {
        log_error("ahci: the controller does not start (%s)", error_name(error));
        pci_command(ahci->device, 0, PCI_COMMAND_MASTER);
        return;
    }
    uint32_t there = mmio_read(ahci->registers + PORTS_THERE);
    for (unsigned i = 0; i < PORTS; i++) {
        bool is_mapped = PORT_0 + (uint64_t)(i + 1) * PORT_SIZE <= ahci->size;
        if (there >> i & 1 && is_mapped)
            try_port(ahci, i);
    }
}

/* Once the interrupt's handler is registered, the struct stays, even when the start fails. */
static enum error start(struct pci_device *device, struct executor *executor)
{
    const char *way;
    struct ahci *ahci = kzalloc(sizeof(*ahci));
    if (!ahci)
        return ERROR_OUT_OF_FRAMES;
    enum error error = pci_map_bar(device, BAR, PORT_0 + PORT_SIZE, &ahci->registers, &ahci->size);
    if (error) {
        kfree(ahci);
        return error;
    }
    ahci->device = device;
    ahci->executor = executor;
    ahci->handler = (struct irq_handler){.name = "disk", .run = interrupt, .context = ahci};
    (void)pci_interrupt_start(device, &ahci->handler, &way);
    return kernel_thread_spawn(executor, "ahci", run, ahci);
}

PCI_DRIVER(ahci, .class = CLASS_AHCI, .class_mask = 0xffffff, .is_late = true, .start = start);
