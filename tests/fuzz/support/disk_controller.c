/*
 * A driver of disks, with a controller that lies: the input says what is asked of the disk, and how
 * the controller's answers are changed. Whatever comes, each request ends; and when the controller
 * is honest again, the disk works or has been given up.
 */
#include "disk_controller.h"
#include "input.h"

#include <kernel/task/executor.h>
#include <layout.h>
#include <mm/frames.h>
#include <string.h>

enum { MOST_INPUT = 300, LIMIT = 200000 /* milliseconds */, BLOCKS = 6 };

/* --- Lies ----------------------------------------------------------------------------------- */

static unsigned honest; /* so many answers until the next lie */
static unsigned about;  /* bits for enum fake_answer: what is changed */
static bool has_false_identity;

static uint32_t change(enum fake_answer what, uint32_t value)
{
    if (!left || !(about >> what & 1))
        return value;
    if (honest) {
        honest--;
        return value;
    }
    has_false_identity |= what == FAKE_IDENTITY;
    honest = next();
    switch (next() % 5) {
    case 0:
        return next_word();
    case 1:
        return next();
    case 2:
        return value ^ UINT32_C(1) << next() % 32;
    case 3:
        return value + (uint32_t)(int8_t)next();
    }
    return UINT32_MAX;
}

/* --- Requests ------------------------------------------------------------------------------- */

static struct block_request request;
static struct block_part parts[2];

static enum poll_result poll_waiter(struct task *task)
{
    return future_poll(&request.future, task);
}

static struct task waiter = {.name = "waiter", .poll = poll_waiter};

static void begin(struct block_device *disk, enum block_operation operation, uint64_t block)
{
    uint32_t size = MIN(BLOCKS * disk->block_size, (uint32_t)PAGE_SIZE);
    uint32_t first = (uint32_t)(PAGE_SIZE - parts[0].address % PAGE_SIZE);
    parts[0].size = MIN(first, size);
    parts[1].size = size - parts[0].size;
    bool moves = operation != BLOCK_FLUSH;
    block_begin(&request, disk, operation, block, moves ? size / disk->block_size : 0, parts,
                moves ? 1 + (parts[1].size > 0) : 0);
    executor_spawn(&fake_disk_executor, &waiter);
}

static void wait_for_end(void)
{
    for (unsigned i = 0; i < LIMIT && task_is_live(&waiter); i++)
        fake_disk_run(1);
    require(!task_is_live(&waiter));
}

static void step(void)
{
    struct block_device *disk = fake_disk_found();
    switch (next() % 8) {
    case 0:
        fake_disk.is_mute = next() % 8 == 0;
        break;
    case 1:
        fake_disk.never_resets = next() % 16 == 0;
        break;
    case 2:
        fake_disk.bad_sector = next();
        break;
    case 3:
        about = next();
        honest = next();
        break;
    case 4:
        fake_disk_run(next());
        break;
    default:
        if (disk && !task_is_live(&waiter))
            begin(disk, next() % 3, next() % 2 ? next() : next_word());
        fake_disk_run(10);
        break;
    }
}

/* -------------------------------------------------------------------------------------------- */

static void be_honest(void)
{
    left = 0;
    fake_disk.is_mute = fake_disk.never_resets = false;
    fake_disk.bad_sector = UINT64_MAX;
    wait_for_end();
}

/* Lies of the identity stay: of the size, or that an old disk has addresses of 48 bits. */
static bool is_misunderstood(const struct block_device *disk)
{
    return disk->block_count < 1 + BLOCKS || disk->block_size != FAKE_DISK_SECTOR ||
           (fake_disk.is_old && has_false_identity);
}

/* What the lies have left behind may cost a request. */
static void check_disk(void)
{
    for (unsigned i = 0; i < 3 && fake_disk_found(); i++) {
        begin(fake_disk_found(), BLOCK_READ, 1);
        wait_for_end();
    }
    require(!fake_disk_found() || !request.error || is_misunderstood(fake_disk_found()));
}

void fuzz_disk_controller(fake_controller *controller, const uint8_t *bytes, size_t size)
{
    input = bytes;
    left = MIN(size, (size_t)MOST_INPUT);
    fake_disk_reset(controller);
    has_false_identity = false;
    uint8_t flags = next();
    fake_disk.is_old = flags & 1;
    about = flags & 2 ? next() : 0;
    honest = flags & 4 ? next() : 0;
    fake_disk.change = change;
    fake_disk_start();
    parts[0].address = frames_alloc_run(1) + (flags & 8 ? PAGE_SIZE - 516 : 0);
    parts[1].address = ALIGN_DOWN(parts[0].address, PAGE_SIZE) + PAGE_SIZE;
    while (left)
        step();
    be_honest();
    check_disk();
}
