#include "fake_disk.h"

#include <drivers/irq.h>
#include <kernel/task/executor.h>
#include <layout.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <string.h>

#include "physical_memory.h"
#include "test_arena.h"

struct fake_disk fake_disk;
struct executor fake_disk_executor = EXECUTOR_INIT(fake_disk_executor);

void fake_disk_run(unsigned milliseconds)
{
    for (unsigned i = 0; i < milliseconds; i++) {
        executor_run_ready(&fake_disk_executor);
        timers_tick(clock_tick());
    }
    executor_run_ready(&fake_disk_executor);
}

/* Ends the tasks of an earlier test, whose memory is about to go. */
static void end_tasks(void)
{
    list_for_each(node, &fake_disk_executor.tasks)
        task_cancel(CONTAINER_OF(node, struct task, link));
    executor_run_ready(&fake_disk_executor);
}

static bool has_no_line(unsigned line)
{
    (void)line;
    return false;
}

static void no_line(unsigned line)
{
    (void)line;
}

void fake_disk_reset(fake_controller *controller)
{
    static const struct irq_controller no_lines = {
        .name = "none", .has = has_no_line, .mask = no_line, .unmask = no_line};
    static struct test_arena *arena;
    end_tasks();
    irq_start(&no_lines); /* so the drivers look by themselves */
    if (arena)
        test_arena_destroy(arena);
    arena = test_arena_create(MIB(4));
    fake_disk_executor = (struct executor)EXECUTOR_INIT(fake_disk_executor);
    list_init(&block_devices);
    clock_start(NANOSECONDS_PER_MILLISECOND, NULL, false);
    timers_start(&fake_disk_executor);
    fake_pci_reset(true, 0);
    physical_memory_simple(MIB(16));
    heap_init(NULL, false, &arena->arena);
    memset(&fake_disk, 0, sizeof(fake_disk));
    fake_disk.bad_sector = UINT64_MAX;
    for (size_t i = 0; i < sizeof(fake_disk.bytes); i++)
        fake_disk.bytes[i] = (uint8_t)(i / FAKE_DISK_SECTOR + i % 7);
    controller();
}

void fake_disk_start(void)
{
    fake_pci_start();
    pci_start_drivers(&fake_disk_executor, true);
    fake_disk_run(50);
}

struct block_device *fake_disk_found(void)
{
    struct list_node *node = list_first(&block_devices);
    return node ? CONTAINER_OF(node, struct block_device, node) : NULL;
}

uint32_t fake_say(enum fake_answer what, uint32_t value)
{
    return fake_disk.change ? fake_disk.change(what, value) : value;
}

bool fake_disk_is_good(uint64_t sector, uint64_t count)
{
    return sector <= FAKE_DISK_SECTORS && count <= FAKE_DISK_SECTORS - sector &&
           (fake_disk.bad_sector < sector || fake_disk.bad_sector >= sector + count);
}

bool fake_disk_move(uint64_t at, phys_addr_t address, uint32_t size, bool is_write)
{
    uint64_t sector = at / FAKE_DISK_SECTOR;
    if (!size || !fake_disk_is_good(sector, (at + size - 1) / FAKE_DISK_SECTOR - sector + 1))
        return false;
    uint8_t *bytes = fake_disk.bytes + at;
    if (is_write)
        memcpy(bytes, phys_to_virt(address), size);
    else
        memcpy(phys_to_virt(address), bytes, size);
    return true;
}

static void put_word(uint8_t *bytes, unsigned word, uint32_t value)
{
    bytes[2 * word] = (uint8_t)value;
    bytes[2 * word + 1] = (uint8_t)(value >> 8);
}

void fake_ata_identity(uint8_t *bytes)
{
    memset(bytes, 0, FAKE_DISK_SECTOR);
    put_word(bytes, 49, 1 << 9);
    put_word(bytes, 60, FAKE_DISK_SECTORS);
    put_word(bytes, 83, fake_disk.is_old ? 0 : 1 << 10);
    put_word(bytes, 85, 1 << 5);
    put_word(bytes, 100, FAKE_DISK_SECTORS);
    for (unsigned i = 0; i < FAKE_DISK_SECTOR; i++)
        bytes[i] = (uint8_t)fake_say(FAKE_IDENTITY, bytes[i]);
}
