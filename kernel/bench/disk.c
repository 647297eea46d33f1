/*
 * A request of 128 KiB: from its begin to the device's doorbell, and from the device's end to the
 * request's. What the device does in between is not counted, nor is the interrupt that wakes the
 * disk's task, for interrupts are masked while benches run.
 */
#include <drivers/block/block.h>
#include <drivers/pci.h>
#include <io.h>
#include <kernel/bench/bench.h>
#include <kernel/task/executor.h>
#include <layout.h>
#include <mm/frames.h>

enum { ROUNDS = 32, PARTS = 32, ORDER = 5, WAITS = 1000, DELAYS = 1000, PAUSES_MAX = 2000 };

/* A task that waits until the disk is there and its partition table has been read, but not long. */
static struct block_device *disk;
static struct sleep pause;
static unsigned pauses;
static enum poll_result poll_search(struct task *task)
{
    while (pauses < PAUSES_MAX) {
        disk = block_find("vda");
        if (disk && disk->label[0])
            return POLL_READY;
        if (sleep_poll(&pause, task) == POLL_PENDING)
            return POLL_PENDING;
        sleep_for(&pause, NANOSECONDS_PER_MILLISECOND);
        pauses++;
    }
    return POLL_READY;
}
static struct task search = {.name = "search", .poll = poll_search};

/* Drivers need the interrupts that benches run without. */
static void find_disk(void)
{
    if (!timers_executor || executor_is_polling(timers_executor))
        return;
    pci_start_drivers(timers_executor, true);
    executor_spawn(timers_executor, &search);
    executor_block_on(timers_executor, &search);
    interrupts_disable();
}

/* Lets the device work. */
static void wait(void)
{
    for (unsigned i = 0; i < DELAYS; i++)
        io_delay();
}

/* One request; 0: it does not end, or fails. */
static uint64_t measure(enum block_operation operation, uint64_t block,
                        const struct block_part *parts)
{
    struct block_request request;
    uint32_t count = BLOCK_BYTES_MAX / disk->block_size;
    uint64_t start = bench_start();
    block_begin(&request, disk, operation, block, count, parts, PARTS);
    executor_run_ready(disk->task.executor);
    uint64_t begun = bench_stop(start);
    for (unsigned i = 0; i < WAITS; i++) {
        wait();
        start = bench_start();
        block_interrupt(disk);
        executor_run_ready(disk->task.executor);
        uint64_t ended = bench_stop(start);
        if (request.over.set)
            return request.error ? 0 : begun + ended;
    }
    return 0;
}

static void bench(const char *name, enum block_operation operation, const struct block_part *parts)
{
    uint64_t total = 0, each = BLOCK_BYTES_MAX / disk->block_size;
    for (unsigned i = 0; i <= ROUNDS; i++) {
        uint64_t ticks = measure(operation, (i % 2) * each, parts);
        if (!ticks) {
            bench_report_missing(name, "the disk does not answer");
            return;
        }
        total += i ? ticks : 0; /* the first one fills caches */
    }
    bench_report(name, total / ROUNDS);
}

BENCH(disk, "disk.")
{
    struct block_part parts[PARTS];
    find_disk();
    phys_addr_t run = disk ? frames_alloc_run(ORDER) : NO_FRAME;
    if (run == NO_FRAME) {
        bench_report_missing("disk.read.128k",
                             "needs a disk, and a boot of its own with bench=disk.");
        return;
    }
    for (unsigned i = 0; i < PARTS; i++)
        parts[i] = (struct block_part){.address = run + i * PAGE_SIZE, .size = PAGE_SIZE};
    bench("disk.write.128k", BLOCK_WRITE, parts);
    bench("disk.read.128k", BLOCK_READ, parts);
    frames_free_run(run, ORDER);
}
