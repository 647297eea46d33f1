/*
 * A stick on a real controller's model: what is written is read again. The machine has a stick in
 * one of the runner's modes.
 */
#include <drivers/usb/usb.h>
#include <drivers/usb/usb_stick.h>
#include <lib/string.h>

#include "../test.h"

enum { COUNT = 100 /* blocks: more than one command moves */, BLOCK_MAX = 512 };

static uint8_t written[COUNT * BLOCK_MAX], read[COUNT * BLOCK_MAX];
static struct usb_stick_request request;

static struct usb_stick *find_stick(void)
{
    const struct xhci *xhci = usb_controller(0);
    for (unsigned i = 0; xhci && i < xhci->port_count; i++) {
        struct usb_device *device = usb_device_at(&xhci->ports[i].usb);
        if (device && usb_stick_of(device))
            return usb_stick_of(device);
    }
    return NULL;
}

static enum poll_result poll_waiter(struct task *task)
{
    return future_poll(&request.future, task);
}

static struct task waiter = {.name = "waiter", .poll = poll_waiter};

static enum error run_request(enum usb_stick_operation operation, uint64_t block, uint32_t count,
                              void *buffer)
{
    struct executor *executor = usb_controller(0)->task.executor;
    usb_stick_begin(&request, find_stick(), operation, block, count, buffer);
    executor_spawn(executor, &waiter);
    executor_block_on(executor, &waiter);
    return request.error;
}

TEST(usb_stick, what_is_written_is_read_again)
{
    if (!usb_present())
        return;
    struct usb_stick *stick = find_stick();
    EXPECT(stick != NULL);
    EXPECT_EQ(stick->block_size, BLOCK_MAX);
    EXPECT(stick->block_count > COUNT);
    uint64_t block = stick->block_count - COUNT;
    for (size_t i = 0; i < sizeof(written); i++)
        written[i] = (uint8_t)(i * 3 + i / BLOCK_MAX);
    EXPECT_EQ(run_request(USB_STICK_WRITE, block, COUNT, written), OK);
    EXPECT_EQ(run_request(USB_STICK_FLUSH, 0, 0, NULL), OK);
    EXPECT_EQ(run_request(USB_STICK_READ, block, COUNT, read), OK);
    EXPECT(memcmp(written, read, sizeof(read)) == 0);
    EXPECT_EQ(run_request(USB_STICK_READ, block + 1, COUNT, read), ERROR_INVALID);
}
