/*
 * Sticks: blocks that are read, written and flushed, commands that fail, transports that break, and
 * sticks that lie or are unplugged.
 */
#include <drivers/usb/scsi.h>
#include <drivers/usb/usb_keyboard.h>
#include <drivers/usb/usb_stick.h>
#include <layout.h>
#include <mm/frames.h>
#include <string.h>

#include "../live_tasks.h"
#include "../test.h"
#include "physical_memory.h"
#include "support.h"
#include "usb_machine.h"

enum { BLOCKS = 200, BLOCK = 512, ORDER = 5 /* of the buffer */, FRAMES = 1 << ORDER };

enum operation { READ_10 = 0x28, WRITE_10 = 0x2a, FLUSH = 0x35, READ_16 = 0x88, WRITE_16 = 0x8a };

enum key { MEDIUM_ERROR = 3 };

/* A task that waits for one request. */
static struct block_request request;
static enum poll_result poll_waiter(struct task *task)
{
    return future_poll(&request.future, task);
}
static struct task waiter = {.name = "waiter", .poll = poll_waiter};

static struct fake_usb_device *device;
static struct fake_stick *fake;
static phys_addr_t run; /* of frames */
static uint8_t *buffer;
static struct block_part parts[FRAMES];

/* The disk; NULL: there is none. */
static struct block_device *disk(void)
{
    struct usb_device *found = usb_device_at(&usb_controller(0)->ports[0].usb);
    const struct block_device *block = found && usb_is_stick(found) ? usb_stick_disk(found) : NULL;
    return block ? block->disk : NULL;
}

static void plug(uint64_t blocks, uint32_t block_size)
{
    usb_reset();
    device = fake_xhci_plug_stick(1, USB_HIGH, blocks, block_size);
    fake = device->stick;
    for (size_t i = 0; i < sizeof(fake->bytes); i++)
        fake->bytes[i] = (uint8_t)(i * 7 + i / 512);
    run = frames_alloc_run(ORDER);
    buffer = phys_to_virt(run);
    for (unsigned i = 0; i < FRAMES; i++)
        parts[i] = (struct block_part){.address = run + i * PAGE_SIZE, .size = PAGE_SIZE};
}

static void start_with_stick(void)
{
    plug(BLOCKS, BLOCK);
    usb_start();
}

static void begin(enum block_operation operation, uint64_t block, uint32_t count)
{
    uint64_t pages = (uint64_t)count * disk()->block_size / PAGE_SIZE + 1;
    block_begin(&request, disk(), operation, block, count, parts,
                (unsigned)MIN(pages, (uint64_t)FRAMES));
    executor_spawn(&usb_executor, &waiter);
}

/* The same, until it is over. */
static enum error run_request(enum block_operation operation, uint64_t block, uint32_t count)
{
    if (!disk())
        return ERROR_NO_DEVICE;
    begin(operation, block, count);
    for (unsigned i = 0; i < 100 && task_is_live(&waiter); i++)
        usb_run(1000);
    return task_is_live(&waiter) ? ERROR_TIMEOUT : request.error;
}

static bool has_read(uint64_t block, uint32_t count)
{
    return memcmp(buffer, fake->bytes + (block - fake->first) * fake->block_size,
                  (size_t)count * fake->block_size) == 0;
}

/* --- What goes well ------------------------------------------------------------------------- */

TEST(usb_stick, blocks_are_read_written_and_flushed)
{
    static const uint32_t sizes[] = {512, 4096};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint32_t blocks = FAKE_STICK_BYTES / sizes[i];
        plug(blocks, sizes[i]);
        usb_start();
        EXPECT(disk() != NULL);
        EXPECT_EQ(disk()->block_count, blocks);
        EXPECT_EQ(disk()->block_size, sizes[i]);
        EXPECT_EQ(run_request(BLOCK_READ, 3, 5), OK);
        EXPECT(has_read(3, 5));
        EXPECT_EQ(run_request(BLOCK_READ, 0, blocks), OK); /* in several commands */
        EXPECT(has_read(0, blocks));
        memset(buffer, 0xa5, FAKE_STICK_BYTES);
        EXPECT_EQ(run_request(BLOCK_WRITE, 1, blocks - 2), OK);
        EXPECT_EQ(fake->bytes[sizes[i] - 1], (uint8_t)((sizes[i] - 1) * 7 + (sizes[i] - 1) / 512));
        EXPECT(has_read(1, blocks - 2));
        EXPECT_EQ(fake->last_operation, WRITE_10);
        EXPECT_EQ(run_request(BLOCK_FLUSH, 0, 0), OK);
        EXPECT_EQ(fake->flushes, 1);
        EXPECT_EQ(fake->resets, 0);
        EXPECT(usb_ends_clean());
    }
}

TEST(usb_stick, long_commands_reach_what_short_ones_do_not)
{
    plug(UINT64_C(1) << 33, BLOCK);
    usb_start();
    EXPECT_EQ(disk()->block_count, UINT64_C(1) << 33);
    fake->first = (UINT64_C(1) << 32) + 5;
    EXPECT_EQ(run_request(BLOCK_READ, fake->first, 3), OK);
    EXPECT_EQ(fake->last_operation, READ_16);
    EXPECT(has_read(fake->first, 3));
    memset(buffer, 0x5a, FAKE_STICK_BYTES);
    EXPECT_EQ(run_request(BLOCK_WRITE, fake->first + 1, 3), OK);
    EXPECT_EQ(fake->last_operation, WRITE_16);
    EXPECT(has_read(fake->first + 1, 3));
    EXPECT(usb_ends_clean());
}

TEST(usb_stick, a_keyboard_types_beside_it)
{
    start_with_stick();
    fake_xhci_plug(2, USB_FULL);
    usb_run(300);
    begin(BLOCK_READ, 0, BLOCKS);
    usb_strike(2, 0, A);
    EXPECT_STR(usb_typed, "a");
    usb_run(200);
    EXPECT(!task_is_live(&waiter));
    EXPECT(has_read(0, BLOCKS));
    EXPECT(usb_ends_clean());
}

TEST(usb_stick, nothing_beyond_its_end_is_read_or_written)
{
    start_with_stick();
    EXPECT_EQ(run_request(BLOCK_READ, BLOCKS, 1), ERROR_INVALID);
    EXPECT_EQ(run_request(BLOCK_READ, BLOCKS - 1, 2), ERROR_INVALID);
    EXPECT_EQ(run_request(BLOCK_WRITE, 1, UINT32_MAX), ERROR_INVALID);
    EXPECT_EQ(run_request(BLOCK_WRITE, UINT64_MAX, 2), ERROR_INVALID);
    EXPECT_EQ(run_request(BLOCK_READ, BLOCKS - 1, 1), OK);
    EXPECT_EQ(run_request(BLOCK_READ, BLOCKS, 0), OK);
    EXPECT_EQ(fake->writes, 0);
    EXPECT(usb_ends_clean());
}

/* --- What is unplugged ---------------------------------------------------------------------- */

TEST(usb_stick, requests_of_an_unplugged_stick_fail)
{
    start_with_stick();
    fake->is_mute = true;
    begin(BLOCK_READ, 0, 4);
    usb_run(5);
    fake_xhci_unplug(1);
    usb_run(20);
    EXPECT(!task_is_live(&waiter));
    EXPECT_EQ(request.error, ERROR_NO_DEVICE);
    EXPECT(usb_ends_clean());
}

TEST(usb_stick, unplugged_at_any_time_it_leaves_nothing)
{
    usb_reset();
    fake_xhci_plug(2, USB_FULL);
    usb_start();
    uint64_t before = free_frames();
    for (unsigned time = 0; time < 300; time += 7) {
        fake_xhci_plug_stick(1, USB_HIGH, BLOCKS, BLOCK);
        usb_run(time);
        fake_xhci_unplug(1);
        usb_run(100);
        EXPECT_EQ(live_tasks(&usb_executor), 2);
        EXPECT_EQ(free_frames(), before);
    }
    EXPECT(usb_ends_clean());
}

/* --- Sticks that err ------------------------------------------------------------------------ */

TEST(usb_stick, a_command_that_fails_is_an_error_and_the_next_works)
{
    static const uint8_t operations[] = {READ_10, WRITE_10};
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
        enum block_operation operation = i ? BLOCK_WRITE : BLOCK_READ;
        start_with_stick();
        fake->bad_operation = operations[i];
        fake->bad_key = MEDIUM_ERROR;
        EXPECT_EQ(run_request(operation, 0, 4), ERROR_DEVICE);
        fake->bad_operation = 0;
        EXPECT_EQ(run_request(operation, 0, 4), OK);
        EXPECT_EQ(fake->resets, 0);
        EXPECT(usb_ends_clean());
    }
}

TEST(usb_stick, a_change_is_told_once_and_costs_nothing)
{
    start_with_stick();
    fake->has_changed = true;
    EXPECT_EQ(run_request(BLOCK_READ, 7, 2), OK);
    EXPECT(has_read(7, 2));
    EXPECT(usb_ends_clean());
}

TEST(usb_stick, one_that_knows_no_flush_has_nothing_to_flush)
{
    start_with_stick();
    fake->knows_no_flush = true;
    EXPECT_EQ(run_request(BLOCK_FLUSH, 0, 0), OK);
    EXPECT_EQ(fake->flushes, 0);
    fake->bad_operation = FLUSH;
    fake->bad_key = MEDIUM_ERROR;
    EXPECT_EQ(run_request(BLOCK_FLUSH, 0, 0), ERROR_DEVICE);
    EXPECT(usb_ends_clean());
}

TEST(usb_stick, stalls_are_cleared)
{
    for (unsigned stalls = 1; stalls < 4; stalls++) {
        start_with_stick();
        fake->stalls = stalls;
        EXPECT_EQ(run_request(BLOCK_READ, 7, 2), OK);
        EXPECT(has_read(7, 2));
        EXPECT_EQ(fake->stalls, 0);
        fake->stalls = 1;
        EXPECT_EQ(run_request(BLOCK_WRITE, 3, 2), OK);
        EXPECT(has_read(3, 2));
        EXPECT(usb_ends_clean());
    }
}

TEST(usb_stick, the_transport_is_reset_after_a_status_that_makes_no_sense)
{
    static const struct {
        uint8_t at, value;
    } lies[] = {{0, 'X'}, {4, 0xee}, {11, 1}, {12, 2}, {12, 9}};
    for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
        start_with_stick();
        fake->bad_at = lies[i].at;
        fake->bad_value = lies[i].value;
        fake->bad_statuses = 1;
        EXPECT_EQ(run_request(BLOCK_READ, 7, 2), OK);
        EXPECT(has_read(7, 2));
        EXPECT_EQ(fake->resets, 1);
        fake->bad_statuses = 1000;
        EXPECT(run_request(BLOCK_READ, 7, 2) != OK);
        usb_run(3000);
        EXPECT(run_request(BLOCK_READ, 7, 2) != OK); /* its port is reset */
        usb_run(1000);
        EXPECT(strstr(host_log, "does not say what it is") != NULL);
        EXPECT(usb_ends_clean());
    }
}

TEST(usb_stick, errors_of_transfers_pass_or_end_it)
{
    static const uint8_t codes[] = {XHCI_BABBLE, XHCI_TRANSACTION_ERROR};
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        start_with_stick();
        device->code = codes[i];
        for (unsigned errors = 1; errors < 3; errors++) {
            device->errors = errors;
            EXPECT_EQ(run_request(BLOCK_READ, 7, 2), OK);
            EXPECT(has_read(7, 2));
        }
        device->errors = 1000;
        EXPECT(run_request(BLOCK_READ, 7, 2) != OK);
        EXPECT(usb_ends_clean());
    }
}

TEST(usb_stick, data_that_is_missing_is_an_error)
{
    start_with_stick();
    fake->short_by = 100;
    EXPECT_EQ(run_request(BLOCK_READ, 7, 2), ERROR_DEVICE);
    fake->short_by = 0;
    EXPECT_EQ(run_request(BLOCK_READ, 7, 2), OK);
    fake->bad_at = 8; /* the residue: the number of bytes that are missing */
    fake->bad_value = 100;
    fake->bad_statuses = 1;
    EXPECT_EQ(run_request(BLOCK_READ, 7, 2), OK); /* at the second attempt */
    fake->bad_statuses = 1000;
    EXPECT_EQ(run_request(BLOCK_READ, 7, 2), ERROR_DEVICE);
    EXPECT(usb_ends_clean());
}

TEST(usb_stick, one_that_does_not_answer_is_reset)
{
    start_with_stick();
    fake->is_mute = true;
    begin(BLOCK_READ, 7, 2);
    usb_run(9000);
    EXPECT(task_is_live(&waiter));
    for (unsigned i = 0; i < 2000 && task_is_live(&waiter); i++)
        usb_run(1);
    EXPECT(!task_is_live(&waiter));
    EXPECT_EQ(request.error, ERROR_NO_DEVICE);
    fake->is_mute = false;
    usb_run(500);
    EXPECT_EQ(run_request(BLOCK_READ, 7, 2), OK);
    EXPECT(usb_ends_clean());
}

TEST(usb_stick, without_a_medium_it_waits_for_one)
{
    plug(BLOCKS, BLOCK);
    fake->has_no_medium = true;
    usb_start();
    usb_run(5000);
    EXPECT(!disk());
    EXPECT_EQ(run_request(BLOCK_READ, 0, 1), ERROR_NO_DEVICE);
    fake->has_no_medium = false;
    usb_run(3000);
    EXPECT_EQ(disk()->block_count, BLOCKS);
    EXPECT_EQ(run_request(BLOCK_READ, 0, 1), OK);
    fake->has_no_medium = true;
    EXPECT(run_request(BLOCK_READ, 0, 1) != OK);
    EXPECT(!disk());
    EXPECT(usb_ends_clean());
}

TEST(usb_stick, sizes_and_kinds_that_cannot_be_are_no_disk)
{
    static const struct {
        uint64_t blocks;
        uint32_t block_size;
        uint8_t type;
    } sticks[] = {{BLOCKS, 0, 0},        {BLOCKS, 513, 0},           {BLOCKS, 2048, 0},
                  {BLOCKS, 1u << 31, 0}, {BLOCKS, 512, 5},           {BLOCKS, 512, 0x7f},
                  {0, 512, 0},           {UINT64_C(1) << 62, 512, 0}};
    for (size_t i = 0; i < ARRAY_SIZE(sticks); i++) {
        plug(sticks[i].blocks, sticks[i].block_size);
        fake->type = sticks[i].type;
        usb_start();
        usb_run(2000);
        EXPECT(!disk());
        EXPECT_EQ(run_request(BLOCK_READ, 0, 1), ERROR_NO_DEVICE);
        EXPECT(usb_ends_clean());
    }
}
