/*
 * NVM Express 1.4: disks whose controller takes commands out of a queue in memory, and puts what it
 * has done into another one. There is a pair of queues for the controller itself, and one for
 * blocks.
 *
 * A thread starts the controller, for each step takes a while. Commands for the controller are done
 * one at a time then, and waited for. The first namespace is the disk.
 */
#include <assert.h>
#include <drivers/block/block.h>
#include <drivers/pci_interrupt.h>
#include <io.h>
#include <kernel/log/log.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/bytes.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_threads.h>

enum { CLASS_NVME = 0x010802 };

/* 3.1 */
enum nvme_register {
    CAPABILITIES = 0x00,
    CONFIGURATION = 0x14,
    STATUS = 0x1c,
    ADMIN_SIZES = 0x24,
    ADMIN_SUBMISSIONS = 0x28,
    ADMIN_COMPLETIONS = 0x30,
    DOORBELLS = 0x1000,
    LEAST_SIZE = 0x2000,
};

/* Entries of 64 and 16 bytes, pages of 4 KiB. */
enum { CONFIGURATION_ENABLE = 1, CONFIGURATION_SIZES = 6 << 16 | 4 << 20 };
enum { STATUS_READY = 1, STATUS_FATAL = 2 };

enum { STEP_MILLISECONDS = 500 /* the unit of the limit in CAPABILITIES */ };

/* Chapters 5 and 6 */
enum admin_opcode { CREATE_SUBMISSIONS = 0x01, CREATE_COMPLETIONS = 0x05, IDENTIFY = 0x06 };
enum opcode { OPCODE_FLUSH = 0x00, OPCODE_WRITE = 0x01, OPCODE_READ = 0x02 };
enum identify { IDENTIFY_NAMESPACE = 0, IDENTIFY_CONTROLLER = 1, IDENTIFY_LIST = 2 };

enum { CONTIGUOUS = 1, WITH_INTERRUPTS = 2 };

/* 5.15.2: offsets in what IDENTIFY returns. */
enum { MOST_BYTES_SHIFT = 77, WRITE_CACHE = 525 };
enum { BLOCK_COUNT = 0, FORMAT = 26, FORMATS = 128, METADATA_SIZE = 0, DATA_SHIFT = 2 };

enum { ENTRIES = 32, DEPTH = 16, COMMAND_PARTS = 64 };

struct submission {
    uint8_t opcode, flags;
    uint16_t id;
    uint32_t space; /* the namespace */
    uint64_t reserved, metadata;
    uint64_t memory[2]; /* 4.3: the first page, and the second one or a list of all others */
    uint32_t words[6];  /* 10 to 15 */
};
_Static_assert(sizeof(struct submission) == 64, "4.2");

struct completion {
    uint32_t result, reserved;
    uint16_t head, queue, id, status; /* bit 0 of the status: the phase */
};
_Static_assert(sizeof(struct completion) == 16, "4.6");

struct queue {
    unsigned id;
    volatile struct submission *submissions;
    volatile struct completion *completions;
    phys_addr_t frames[2];
    uint16_t tail, head;
    uint16_t phase; /* of new completions: the controller changes it in each round */
};

struct nvme {
    struct block_device block;
    struct pci_device *device;
    struct executor *executor;
    struct irq_handler handler;
    unsigned number;
    uint32_t space;
    volatile uint8_t *registers;
    uint64_t registers_size;
    uint32_t doorbell_step; /* bytes */
    uint64_t limit;         /* nanoseconds, for the controller to start and to stop */
    struct queue admin, blocks;
    phys_addr_t answer;                    /* a frame for what IDENTIFY returns */
    struct block_command *commands[DEPTH]; /* that the controller has */
    phys_addr_t lists;                     /* a run of frames: the commands' lists of pages */
};

enum { LIST_SIZE = COMMAND_PARTS * sizeof(uint64_t), LISTS_ORDER = 1 };
_Static_assert(UINT64_C(1) * DEPTH * LIST_SIZE <= PAGE_SIZE << LISTS_ORDER,
               "a list for each command");
_Static_assert(PAGE_SIZE % LIST_SIZE == 0, "4.3: a list does not cross a page");

static struct nvme *nvme_of(struct block_device *device)
{
    return CONTAINER_OF(device, struct nvme, block);
}

/* --- Queues --------------------------------------------------------------------------------- */

static volatile uint8_t *doorbell(const struct nvme *nvme, const struct queue *queue,
                                  bool completed)
{
    return nvme->registers + DOORBELLS + (size_t)(2 * queue->id + completed) * nvme->doorbell_step;
}

static enum error queue_reset(struct queue *queue, unsigned id)
{
    for (unsigned i = 0; i < ARRAY_SIZE(queue->frames); i++) {
        if (queue->frames[i] == NO_FRAME)
            queue->frames[i] = frame_alloc();
        if (queue->frames[i] == NO_FRAME)
            return ERROR_OUT_OF_FRAMES;
        memset(phys_to_virt(queue->frames[i]), 0, PAGE_SIZE);
    }
    queue->id = id;
    queue->submissions = phys_to_virt(queue->frames[0]);
    queue->completions = phys_to_virt(queue->frames[1]);
    queue->tail = queue->head = 0;
    queue->phase = 1;
    return OK;
}

/* There is room: fewer commands than entries are under way. The entry is complete before the
 * controller is told (the processor keeps the order of writes). */
static void submit(struct nvme *nvme, struct queue *queue, const struct submission *submission)
{
    queue->submissions[queue->tail] = *submission;
    queue->tail = (uint16_t)((queue->tail + 1) % ENTRIES);
    __asm__ volatile("" : : : "memory");
    mmio_write(doorbell(nvme, queue, false), queue->tail);
}

/* Takes the next completion. False: there is none. */
static bool take(struct nvme *nvme, struct queue *queue, struct completion *completion)
{
    volatile struct completion *next = &queue->completions[queue->head];
    if ((next->status & 1) != queue->phase)
        return false;
    __asm__ volatile("" : : : "memory");
    *completion = *next;
    queue->head = (uint16_t)((queue->head + 1) % ENTRIES);
    queue->phase ^= queue->head == 0;
    mmio_write(doorbell(nvme, queue, true), queue->head);
    return true;
}

/* --- Commands for the controller ------------------------------------------------------------ */

/* Does one, and waits until it is done. ERROR_DEVICE: the controller refuses it. */
static enum error do_admin(struct nvme *nvme, const struct submission *submission)
{
    struct completion completion;
    uint64_t deadline = clock_now() + nvme->limit;
    submit(nvme, &nvme->admin, submission);
    while (!take(nvme, &nvme->admin, &completion)) {
        if (clock_now() >= deadline)
            return ERROR_TIMEOUT;
        thread_sleep(NANOSECONDS_PER_MILLISECOND);
    }
    return completion.status >> 1 ? ERROR_DEVICE : OK;
}

static enum error identify(struct nvme *nvme, enum identify what, uint32_t space)
{
    struct submission submission = {
        .opcode = IDENTIFY, .space = space, .memory = {nvme->answer}, .words = {what}};
    memset(phys_to_virt(nvme->answer), 0, PAGE_SIZE);
    return do_admin(nvme, &submission);
}

static enum error create_queues(struct nvme *nvme)
{
    struct submission completions = {
        .opcode = CREATE_COMPLETIONS,
        .memory = {nvme->blocks.frames[1]},
        .words = {(ENTRIES - 1) << 16 | nvme->blocks.id, CONTIGUOUS | WITH_INTERRUPTS},
    };
    struct submission submissions = {
        .opcode = CREATE_SUBMISSIONS,
        .memory = {nvme->blocks.frames[0]},
        .words = {(ENTRIES - 1) << 16 | nvme->blocks.id, nvme->blocks.id << 16 | CONTIGUOUS},
    };
    enum error error = do_admin(nvme, &completions);
    return error ? error : do_admin(nvme, &submissions);
}

/* --- The controller's start (7.6.1) ---------------------------------------------------------- */

static enum error wait_ready(struct nvme *nvme, uint32_t ready)
{
    uint64_t deadline = clock_now() + nvme->limit;
    for (;;) {
        uint32_t status = mmio_read(nvme->registers + STATUS);
        if (status == UINT32_MAX || (ready && status & STATUS_FATAL))
            return ERROR_DEVICE;
        if ((status & STATUS_READY) == ready)
            return OK;
        if (clock_now() >= deadline)
            return ERROR_TIMEOUT;
        thread_sleep(NANOSECONDS_PER_MILLISECOND);
    }
}

static enum error read_capabilities(struct nvme *nvme)
{
    uint32_t low = mmio_read(nvme->registers + CAPABILITIES);
    uint32_t high = mmio_read(nvme->registers + CAPABILITIES + 4);
    nvme->doorbell_step = 4u << (high & 15);
    nvme->limit = (MAX(low >> 24, 1u) * (uint64_t)STEP_MILLISECONDS) * NANOSECONDS_PER_MILLISECOND;
    bool has_room = DOORBELLS + UINT64_C(4) * nvme->doorbell_step <= nvme->registers_size;
    bool has_pages = (high >> 16 & 15) == 0; /* of 4 KiB */
    return (low & 0xffff) >= ENTRIES - 1 && has_pages && has_room ? OK : ERROR_UNSUPPORTED;
}

/* Once it is not ready any more, it touches no memory. Its capabilities are read each time: they
 * may have been misread, and the doorbells' places go by them. */
static enum error stop(struct nvme *nvme)
{
    enum error error = read_capabilities(nvme);
    mmio_write(nvme->registers + CONFIGURATION, 0);
    return error ? error : wait_ready(nvme, 0);
}

static enum error start_controller(struct nvme *nvme)
{
    volatile uint8_t *registers = nvme->registers;
    memset(nvme->commands, 0, sizeof(nvme->commands));
    enum error error = queue_reset(&nvme->admin, 0);
    if (!error)
        error = queue_reset(&nvme->blocks, 1);
    if (error)
        return error;
    mmio_write(registers + ADMIN_SIZES, (ENTRIES - 1) << 16 | (ENTRIES - 1));
    mmio_write_64(registers + ADMIN_SUBMISSIONS, nvme->admin.frames[0]);
    mmio_write_64(registers + ADMIN_COMPLETIONS, nvme->admin.frames[1]);
    pci_command(nvme->device, PCI_COMMAND_MASTER, 0);
    mmio_write(registers + CONFIGURATION, CONFIGURATION_SIZES | CONFIGURATION_ENABLE);
    error = wait_ready(nvme, STATUS_READY);
    return error ? error : create_queues(nvme);
}

static enum error reset(struct block_device *device)
{
    struct nvme *nvme = nvme_of(device);
    enum error error = stop(nvme);
    if (error)
        pci_command(nvme->device, 0, PCI_COMMAND_MASTER); /* then it cannot reach memory */
    return error ? error : start_controller(nvme);
}

/* --- Blocks --------------------------------------------------------------------------------- */

struct builder {
    struct submission *submission;
    uint64_t *list;
    unsigned count;
};

static void add_part(void *argument, const struct block_part *part)
{
    struct builder *builder = argument;
    ASSERT(builder->count < COMMAND_PARTS);
    if (builder->count == 0)
        builder->submission->memory[0] = part->address;
    else
        builder->list[builder->count - 1] = part->address;
    builder->count++;
}

static void begin(struct block_device *device, struct block_command *command)
{
    static const uint8_t opcodes[] = {
        [BLOCK_READ] = OPCODE_READ, [BLOCK_WRITE] = OPCODE_WRITE, [BLOCK_FLUSH] = OPCODE_FLUSH};
    struct nvme *nvme = nvme_of(device);
    phys_addr_t list = nvme->lists + (phys_addr_t)command->index * LIST_SIZE;
    struct submission submission = {
        .opcode = opcodes[command->operation],
        .id = (uint16_t)command->index,
        .space = nvme->space,
    };
    struct builder builder = {.submission = &submission, .list = phys_to_virt(list)};
    if (command->operation != BLOCK_FLUSH) {
        block_command_parts(command, add_part, &builder);
        submission.memory[1] = builder.count == 2 ? builder.list[0] : list;
        submission.words[0] = (uint32_t)command->block;
        submission.words[1] = (uint32_t)(command->block >> 32);
        submission.words[2] = command->count - 1;
    }
    nvme->commands[command->index] = command;
    submit(nvme, &nvme->blocks, &submission);
}

static void work(struct block_device *device)
{
    struct nvme *nvme = nvme_of(device);
    struct completion completion;
    while (take(nvme, &nvme->blocks, &completion)) {
        if (completion.id >= DEPTH || !nvme->commands[completion.id]) {
            log_error("%s: the device has done a command that it does not have", device->name);
            block_reset(device, ERROR_DEVICE);
            return;
        }
        struct block_command *command = nvme->commands[completion.id];
        nvme->commands[completion.id] = NULL;
        block_command_end(device, command, completion.status >> 1 ? ERROR_DEVICE : OK);
    }
}

static const struct block_operations operations = {.begin = begin, .work = work, .reset = reset};

static void interrupt(void *context)
{
    struct nvme *nvme = context;
    if (nvme->block.disk)
        block_interrupt(&nvme->block);
}

/* --- What the disk is ----------------------------------------------------------------------- */

static enum error take_controller(struct nvme *nvme)
{
    const uint8_t *answer = phys_to_virt(nvme->answer);
    enum error error = identify(nvme, IDENTIFY_CONTROLLER, 0);
    if (error)
        return error;
    unsigned shift = answer[MOST_BYTES_SHIFT]; /* 0: no limit */
    uint32_t most = COMMAND_PARTS * PAGE_SIZE;
    if (shift && shift < 10)
        most = MIN(most, (uint32_t)PAGE_SIZE << shift);
    nvme->block.has_cache = answer[WRITE_CACHE] & 1;
    nvme->block.most_bytes = most;
    return most >= BLOCK_BYTES_MAX ? OK : ERROR_UNSUPPORTED;
}

static enum error take_namespace(struct nvme *nvme)
{
    const uint8_t *answer = phys_to_virt(nvme->answer);
    enum error error = identify(nvme, IDENTIFY_LIST, 0);
    if (error)
        return error;
    nvme->space = get_little_32(answer);
    if (!nvme->space)
        return ERROR_NO_DEVICE;
    error = identify(nvme, IDENTIFY_NAMESPACE, nvme->space);
    if (error)
        return error;
    const uint8_t *format = answer + FORMATS + (size_t)(answer[FORMAT] & 15) * 4;
    unsigned shift = format[DATA_SHIFT];
    if (format[METADATA_SIZE] || format[METADATA_SIZE + 1] || shift < 9 ||
        1u << MIN(shift, 31u) > BLOCK_SIZE_MAX)
        return ERROR_UNSUPPORTED;
    nvme->block.block_size = 1u << shift;
    nvme->block.block_count = get_little_64(answer);
    return OK;
}

static enum error start_disk(struct nvme *nvme)
{
    char name[BLOCK_NAME_MAX];
    enum error error = stop(nvme);
    if (!error)
        error = start_controller(nvme);
    if (!error)
        error = take_controller(nvme);
    if (!error)
        error = take_namespace(nvme);
    if (error)
        return error;
    snprintf(name, sizeof(name), "nvme%un%u", nvme->number, nvme->space);
    return block_add(&nvme->block, name, nvme->executor);
}

static void run(void *argument)
{
    struct nvme *nvme = argument;
    enum error error = start_disk(nvme);
    if (!error)
        return;
    log_error("nvme: controller %u does not start (%s)", nvme->number, error_name(error));
    mmio_write(nvme->registers + CONFIGURATION, 0);
    pci_command(nvme->device, 0, PCI_COMMAND_MASTER);
}

static enum error get_memory(struct nvme *nvme)
{
    nvme->answer = frame_alloc();
    nvme->lists = frames_alloc_run(LISTS_ORDER);
    if (nvme->answer != NO_FRAME && nvme->lists != NO_FRAME)
        return OK;
    if (nvme->answer != NO_FRAME)
        frame_free(nvme->answer);
    if (nvme->lists != NO_FRAME)
        frames_free_run(nvme->lists, LISTS_ORDER);
    return ERROR_OUT_OF_FRAMES;
}

/* Once the interrupt's handler is registered, the struct stays, even when the start fails. */
static enum error start(struct pci_device *device, struct executor *executor)
{
    static unsigned count;
    const char *way;
    struct nvme *nvme = kzalloc(sizeof(*nvme));
    if (!nvme)
        return ERROR_OUT_OF_FRAMES;
    enum error error = pci_map_bar(device, 0, LEAST_SIZE, &nvme->registers, &nvme->registers_size);
    if (!error)
        error = get_memory(nvme);
    if (error) {
        kfree(nvme);
        return error;
    }
    nvme->device = device;
    nvme->executor = executor;
    nvme->number = count++;
    nvme->block.operations = &operations;
    nvme->block.depth = DEPTH;
    nvme->block.most_parts = COMMAND_PARTS;
    nvme->handler = (struct irq_handler){.name = "disk", .run = interrupt, .context = nvme};
    (void)pci_interrupt_start(device, &nvme->handler, &way);
    return kernel_thread_spawn(executor, "nvme", run, nvme);
}

PCI_DRIVER(nvme, .class = CLASS_NVME, .class_mask = 0xffffff, .is_late = true, .start = start);
