/*
 * Controllers and devices on USB that err: whatever a controller answers, it is stopped and the
 * kernel goes on; whatever a device answers, it is left alone and the others go on.
 */
#include <drivers/usb/usb_keyboard.h>
#include <drivers/usb/usb_set_up.h>
#include <mm/frames.h>
#include <string.h>

#include "../live_tasks.h"
#include "../test.h"
#include "physical_memory.h"
#include "support.h"
#include "usb_machine.h"

/* --- The start of a controller -------------------------------------------------------------- */

TEST(usb, the_firmware_lets_go_or_loses_it)
{
    usb_start_with_keyboard(USB_FULL);
    EXPECT_EQ(fake_xhci.smis_on, 0);
    EXPECT(usb_ends_clean());
    usb_reset();
    fake_xhci.firmware_keeps_it = true;
    fake_xhci_plug(1, USB_FULL);
    usb_start();
    EXPECT(!fake_xhci_runs());
    usb_run(1200);
    EXPECT(fake_xhci_runs());
    EXPECT_EQ(fake_xhci.smis_on, 0);
    usb_strike(1, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT(usb_ends_clean());
}

TEST(usb, a_controller_that_does_not_start_is_stopped)
{
    for (unsigned fault = 0; fault < 4; fault++) {
        usb_reset();
        fake_xhci.never_halts = fault == 0;
        fake_xhci.never_resets = fault == 1;
        fake_xhci.scratchpads = fault == 2 ? 31 : 0;
        fake_xhci_plug(1, USB_FULL);
        fake_xhci_start(&usb_executor);
        if (fault == 2) {
            while (frame_alloc() != NO_FRAME)
                continue;
        }
        if (fault == 3)
            fake_xhci.is_gone = true;
        EXPECT(usb_was_stopped());
    }
}

TEST(usb, the_set_up_ends_after_a_second_at_the_latest)
{
    usb_reset();
    fake_xhci_plug(1, USB_FULL)->is_deaf = true;
    fake_xhci_start(&usb_executor);
    executor_spawn(&usb_executor, &usb_set_up);
    usb_run(900);
    EXPECT(task_is_live(&usb_set_up));
    usb_run(200);
    EXPECT(!task_is_live(&usb_set_up));
    EXPECT(usb_ends_clean());
}

/* --- Devices that err ----------------------------------------------------------------------- */

TEST(usb, a_keyboard_may_refuse_the_idle_rate_and_the_protocol)
{
    static const uint8_t requests[] = {10, 11}; /* the idle rate, the protocol */
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        usb_reset();
        fake_xhci_plug(1, USB_FULL)->refused_request = requests[i];
        usb_start();
        usb_strike(1, 0, A);
        EXPECT_STR(usb_typed, "a");
        EXPECT(usb_ends_clean());
    }
}

TEST(usb, a_device_that_refuses_to_be_described_is_left_alone)
{
    usb_reset();
    fake_xhci_plug(1, USB_FULL)->refused_request = 6;
    usb_start();
    EXPECT(strstr(host_log, "left alone") != NULL);
    EXPECT_EQ(fake_xhci.slots_enabled, 0);
    fake_xhci_plug(2, USB_FULL);
    usb_run(300);
    EXPECT_EQ(fake_xhci.slots_enabled, 1);
    usb_strike(2, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT(usb_ends_clean());
}

TEST(usb, a_device_that_hangs_holds_up_no_other)
{
    usb_reset();
    fake_xhci_plug(1, USB_FULL)->is_deaf = true;
    fake_xhci_plug(2, USB_FULL);
    usb_start();
    usb_strike(2, 0, A);
    EXPECT_STR(usb_typed, "a");
    usb_run(3000);
    EXPECT(strstr(host_log, "left alone") != NULL);
    EXPECT(usb_ends_clean());
}

TEST(usb, errors_of_transfers_pass_or_end_it)
{
    static const uint8_t codes[] = {XHCI_BABBLE, XHCI_TRANSACTION_ERROR, XHCI_STALL};
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        usb_start_with_keyboard(USB_FULL);
        struct fake_usb_device *device = &fake_usb_devices[0];
        device->code = codes[i];
        device->errors = 2;
        fake_xhci_report(1, 0, A, 0);
        usb_run(100);
        EXPECT_STR(usb_typed, "a");
        device->errors = 1000;
        fake_xhci_report(1, 0, B, 0);
        usb_run(1000);
        EXPECT(strstr(host_log, "left alone") != NULL);
        EXPECT(!usb_keyboard_present());
        EXPECT_STR(usb_typed, "a");
        EXPECT(usb_ends_clean());
    }
}

TEST(usb, a_set_up_with_an_error_now_and_then_succeeds)
{
    usb_reset();
    struct fake_usb_device *device = fake_xhci_plug(1, USB_FULL);
    device->code = XHCI_TRANSACTION_ERROR;
    device->errors = 2;
    usb_start();
    usb_strike(1, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT(usb_ends_clean());
}

TEST(usb, descriptors_that_lie_do_no_harm)
{
    static const struct {
        uint8_t at, value;
        bool is_harmless;
    } lies[] = {
        {0, 8, false}, {2, 5, false},    {2, 255, true}, /* the rest is zeros, and a keyboard stands
                                                            in front of it */
        {9, 0, false}, {18, 200, false}, {27, 6, false}, {31, 0, false}};
    for (size_t lie = 0; lie < ARRAY_SIZE(lies); lie++) {
        usb_reset();
        struct fake_usb_device *device = fake_xhci_plug(1, USB_FULL);
        device->configuration[lies[lie].at] = lies[lie].value;
        usb_start();
        usb_run(1000);
        usb_strike(1, 0, A);
        EXPECT_STR(usb_typed, lies[lie].is_harmless ? "a" : "");
        EXPECT(fake_xhci_runs());
        EXPECT(usb_ends_clean());
    }
}

TEST(usb, reports_that_are_too_short_are_ignored)
{
    usb_start_with_keyboard(USB_FULL);
    fake_usb_devices[0].report_size = 5;
    usb_strike(1, 0, A);
    EXPECT_STR(usb_typed, "");
    fake_usb_devices[0].report_size = 8;
    usb_strike(1, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT(usb_ends_clean());
}

/* --- Controllers that err ------------------------------------------------------------------- */

TEST(usb, a_command_that_is_never_done_stops_the_controller)
{
    for (unsigned after = 0; after < 3; after++) {
        usb_reset();
        uint64_t before = free_frames();
        fake_xhci_plug(1, USB_FULL);
        fake_xhci_start(&usb_executor);
        usb_run(after * 60);
        fake_xhci.deaf_commands = 1;
        if (after == 2) {
            usb_run(200);
            fake_xhci_unplug(1);
        }
        EXPECT(usb_was_stopped());
        EXPECT(before - free_frames() < 10); /* the controller's own, and the heap's */
    }
}

TEST(usb, a_command_that_fails_is_tried_again)
{
    static const uint8_t codes[] = {0, 5, 17, 255};
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        usb_reset();
        fake_xhci.command_code = codes[i];
        fake_xhci.command_errors = 1;
        fake_xhci_plug(1, USB_FULL);
        usb_start();
        usb_run(300);
        usb_strike(1, 0, A);
        EXPECT_STR(usb_typed, "a"); /* at the second attempt */
        EXPECT(usb_ends_clean());
    }
}

TEST(usb, slots_that_cannot_be_stop_the_controller)
{
    static const uint8_t slots[] = {FAKE_XHCI_SLOTS + 1, 255, 1};
    for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
        usb_reset();
        fake_xhci_plug(1, USB_FULL);
        usb_start();
        fake_xhci.forced_slot = slots[i];
        fake_xhci_plug(2, USB_FULL);
        EXPECT(usb_was_stopped());
    }
}

/* What the events are changed to. */
static uint64_t flip_parameter;
static uint32_t flip_status, flip_control;
static unsigned flip_type;

static bool flip(struct xhci_trb *event)
{
    if (trb_type(event) == flip_type) {
        event->parameter ^= flip_parameter;
        event->status ^= flip_status;
        event->control ^= flip_control;
    }
    return true;
}

TEST(usb, events_that_cannot_be_stop_the_controller)
{
    static const struct {
        unsigned type;
        uint64_t parameter;
        uint32_t status, control;
    } flips[] = {
        {TRB_TRANSFER_EVENT, 0, 0, 4 << 24},     /* a slot that is not there */
        {TRB_TRANSFER_EVENT, 0, 0, 0x80u << 24}, /* ... and cannot be */
        {TRB_TRANSFER_EVENT, 0, 0, 8 << 16},     /* an endpoint that is not there */
        {TRB_TRANSFER_EVENT, 16, 0, 0},          /* another TRB */
        {TRB_TRANSFER_EVENT, 1, 0, 0},           /* no TRB */
        {TRB_TRANSFER_EVENT, UINT64_C(1) << 40, 0, 0},
        {TRB_TRANSFER_EVENT, 0, 0x800000, 0}, /* more is left than was asked for */
        {TRB_COMMAND_EVENT, 16, 0, 0},        /* another command */
        {TRB_COMMAND_EVENT, 0xff0, 0, 0},
        {TRB_PORT_EVENT, 0xff000000, 0, 0}, /* a port that is not there */
    };
    for (size_t i = 0; i < ARRAY_SIZE(flips); i++) {
        usb_start_with_keyboard(USB_FULL);
        flip_type = flips[i].type;
        flip_parameter = flips[i].parameter;
        flip_status = flips[i].status;
        flip_control = flips[i].control;
        fake_xhci.on_event = flip;
        fake_xhci_report(1, 0, A, 0);
        usb_run(10);
        fake_xhci_plug(2, USB_FULL);
        EXPECT(usb_was_stopped());
    }
}

TEST(usb, events_that_nothing_has_led_to_stop_the_controller_or_are_ignored)
{
    for (unsigned type = 0; type < 64; type++) {
        usb_start_with_keyboard(USB_FULL);
        fake_xhci_post(0, XHCI_SUCCESS << 24, type << TRB_TYPE_SHIFT);
        usb_run(10);
        bool matters =
            type == TRB_TRANSFER_EVENT || type == TRB_COMMAND_EVENT || type == TRB_PORT_EVENT;
        EXPECT_EQ(fake_xhci_runs(), !matters);
        usb_strike(1, 0, A);
        EXPECT_STR(usb_typed, matters ? "" : "a");
        if (!matters)
            EXPECT(usb_ends_clean());
    }
}

static bool lose(struct xhci_trb *event)
{
    (void)event;
    return false;
}

TEST(usb, ports_whose_events_are_lost_are_found)
{
    usb_start_with_keyboard(USB_FULL);
    fake_xhci.on_event = lose;
    fake_xhci_plug(2, USB_FULL);
    fake_xhci_unplug(1);
    fake_xhci.on_event = NULL;
    usb_run(1500);
    usb_strike(2, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT_EQ(fake_xhci.slots_enabled, 1);
    EXPECT(usb_ends_clean());
}

TEST(usb, events_that_are_lost_stop_the_controller)
{
    usb_reset();
    fake_xhci_plug(1, USB_FULL);
    fake_xhci_start(&usb_executor);
    usb_run(50);
    fake_xhci.on_event = lose;
    EXPECT(usb_was_stopped());
}

TEST(usb, a_controller_that_is_pulled_out_is_stopped)
{
    usb_start_with_keyboard(USB_FULL);
    fake_xhci_report(1, 0, A, 0);
    usb_run(10);
    fake_xhci.is_gone = true;
    EXPECT(usb_was_stopped());
    EXPECT_EQ(usb_keys.modifiers.active, 0);
}
