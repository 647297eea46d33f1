/*
 * Hubs: what the controller is told of the devices behind them, ports that are reset and watched,
 * and what is left when a hub is unplugged.
 */
#include <drivers/usb/usb_hub.h>
#include <drivers/usb/usb_keyboard.h>
#include <drivers/usb/usb_set_up.h>
#include <mm/frames.h>
#include <string.h>

#include "../live_tasks.h"
#include "../test.h"
#include "physical_memory.h"
#include "support.h"
#include "usb_machine.h"

/* The fields of a slot's context (xHCI 6.2.2). */
static uint32_t route_of(const struct fake_usb_device *device)
{
    return device->context[0] & 0xfffff;
}

static bool is_hub(const struct fake_usb_device *device)
{
    return device->context[0] >> 26 & 1;
}

static bool is_multi(const struct fake_usb_device *device)
{
    return device->context[0] >> 25 & 1;
}

static unsigned translator_slot(const struct fake_usb_device *device)
{
    return device->context[2] & 0xff;
}

static unsigned translator_port(const struct fake_usb_device *device)
{
    return device->context[2] >> 8 & 0xff;
}

static struct fake_usb_device *start_with_hub(enum usb_speed speed, bool multi)
{
    usb_reset();
    struct fake_usb_device *hub = fake_xhci_plug_hub(speed == USB_SUPER ? 3 : 1, speed, 4, multi);
    usb_start();
    return hub;
}

TEST(usb_hub, a_keyboard_behind_a_hub_types_at_every_speed)
{
    for (unsigned speed = USB_FULL; speed <= USB_HIGH; speed++) {
        for (unsigned multi = 0; multi < 2; multi++) {
            struct fake_usb_device *hub = start_with_hub(USB_HIGH, multi);
            struct fake_usb_device *device = fake_hub_plug(hub, 3, (enum usb_speed)speed);
            usb_run(300);
            usb_strike_at(device, 0, A);
            usb_strike_at(device, SHIFT, B);
            EXPECT_STR(usb_typed, "aB");
            EXPECT(is_hub(hub) && !is_hub(device));
            EXPECT_EQ(hub->context[1] >> 24, 4);
            EXPECT_EQ(hub->context[2] >> 16 & 3, 2);
            EXPECT_EQ(is_multi(hub), multi);
            EXPECT_EQ(hub->alternate, multi);
            EXPECT_EQ(route_of(hub), 0);
            EXPECT_EQ(route_of(device), 3);
            bool translated = speed != USB_HIGH;
            EXPECT_EQ(translator_slot(device), translated ? 1 : 0);
            EXPECT_EQ(translator_port(device), translated ? 3 : 0);
            EXPECT_EQ(is_multi(device), translated && multi);
            EXPECT_EQ(hub->depth, 0xffff); /* only hubs with USB 3 are told */
            EXPECT(usb_ends_clean());
        }
    }
}

TEST(usb_hub, hubs_with_usb_3_are_told_their_depth)
{
    struct fake_usb_device *hub = start_with_hub(USB_SUPER, false);
    struct fake_usb_device *second = fake_hub_plug_hub(hub, 2, USB_SUPER, 3);
    usb_run(400);
    struct fake_usb_device *device = fake_hub_plug(second, 1, USB_SUPER);
    usb_run(300);
    usb_strike_at(device, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT_EQ(hub->depth, 0);
    EXPECT_EQ(second->depth, 1);
    EXPECT_EQ(route_of(device), 0x12);
    EXPECT_EQ(translator_slot(device), 0);
    EXPECT(usb_ends_clean());
}

/* The changes of its ports need more than a byte. */
TEST(usb_hub, a_keyboard_at_the_eighth_port_types)
{
    usb_reset();
    struct fake_usb_device *hub = fake_xhci_plug_hub(1, USB_HIGH, 8, false);
    usb_start();
    struct fake_usb_device *device = fake_hub_plug(hub, 8, USB_HIGH);
    usb_run(300);
    usb_strike_at(device, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT(usb_ends_clean());
}

TEST(usb_hub, a_slow_hub_needs_no_translator_of_its_own)
{
    struct fake_usb_device *hub = start_with_hub(USB_FULL, false);
    struct fake_usb_device *device = fake_hub_plug(hub, 1, USB_LOW);
    usb_run(300);
    usb_strike_at(device, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT_EQ(translator_slot(device), 0);
    EXPECT_EQ(hub->context[2] >> 16 & 3, 0);
    EXPECT(usb_ends_clean());
}

TEST(usb_hub, hubs_work_five_deep_and_no_deeper)
{
    usb_reset();
    struct fake_usb_device *hub = fake_xhci_plug_hub(1, USB_HIGH, 4, false);
    for (unsigned depth = 1; depth < USB_HUB_DEPTH; depth++)
        hub = fake_hub_plug_hub(hub, 4, depth == 2 ? USB_FULL : USB_HIGH, 4);
    struct fake_usb_device *device = fake_hub_plug(hub, 2, USB_FULL);
    struct fake_usb_device *sixth = fake_hub_plug_hub(hub, 3, USB_HIGH, 4);
    fake_xhci_start(&usb_executor);
    usb_run(2000);
    usb_strike_at(device, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT_EQ(route_of(device), 0x24444);
    EXPECT_EQ(translator_port(device), 2); /* of the last hub, which is fast again */
    EXPECT(strstr(host_log, "more than five") != NULL);
    EXPECT(!is_hub(sixth));
    EXPECT(usb_ends_clean());
}

TEST(usb_hub, the_translator_is_that_of_the_nearest_fast_hub)
{
    struct fake_usb_device *hub = start_with_hub(USB_HIGH, true);
    struct fake_usb_device *slow = fake_hub_plug_hub(hub, 2, USB_FULL, 4);
    usb_run(400);
    struct fake_usb_device *device = fake_hub_plug(slow, 4, USB_LOW);
    usb_run(300);
    EXPECT_EQ(route_of(device), 0x42);
    EXPECT_EQ(translator_slot(slow), 1);
    EXPECT_EQ(translator_slot(device), 1);
    EXPECT_EQ(translator_port(device), 2);
    EXPECT(is_multi(device));
    usb_strike_at(device, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT(usb_ends_clean());
}

TEST(usb_hub, the_set_up_ends_when_it_and_what_is_behind_it_works)
{
    usb_reset();
    struct fake_usb_device *hub = fake_xhci_plug_hub(1, USB_HIGH, 4, false);
    fake_hub_plug(hub, 1, USB_FULL);
    fake_xhci_start(&usb_executor);
    executor_spawn(&usb_executor, &usb_set_up);
    usb_run(100);
    EXPECT(task_is_live(&usb_set_up));
    usb_run(600);
    EXPECT(!task_is_live(&usb_set_up));
    EXPECT(usb_ends_clean());
}

TEST(usb_hub, changes_of_the_hub_itself_are_acknowledged)
{
    struct fake_usb_device *hub = start_with_hub(USB_HIGH, false);
    struct fake_usb_device *device = fake_hub_plug(hub, 1, USB_FULL);
    usb_run(300);
    fake_hub_change(hub, 0, 3); /* its power, and a current that is too high */
    usb_run(300);
    EXPECT_EQ(hub->changes[0], 0);
    usb_strike_at(device, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT(usb_ends_clean());
}

TEST(usb_hub, one_device_at_a_time_has_address_0)
{
    usb_reset();
    struct fake_usb_device *hub = fake_xhci_plug_hub(1, USB_HIGH, 4, false);
    struct fake_usb_device *devices[4];
    for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
        devices[i] = fake_hub_plug(hub, i + 1, USB_FULL);
    fake_xhci_start(&usb_executor);
    usb_run(800);
    for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
        usb_strike_at(devices[i], 0, (uint8_t)(A + i));
    EXPECT_STR(usb_typed, "abcd");
    EXPECT_EQ(fake_xhci.conflicts, 0);
    EXPECT(usb_ends_clean());
}

TEST(usb_hub, a_port_that_is_never_reset_holds_up_no_other)
{
    usb_reset();
    struct fake_usb_device *hub = fake_xhci_plug_hub(1, USB_HIGH, 4, false);
    struct fake_usb_device *other = fake_xhci_plug_hub(2, USB_HIGH, 4, false);
    struct fake_usb_device *device = fake_hub_plug(other, 1, USB_FULL);
    hub->hides_resets = true;
    fake_hub_plug(hub, 1, USB_FULL);
    fake_xhci_start(&usb_executor);
    usb_run(500);
    usb_strike_at(device, 0, A);
    EXPECT_STR(usb_typed, "a");
    usb_run(1500);
    EXPECT(strstr(host_log, "port 1.1 of") != NULL);
    EXPECT(strstr(host_log, "left alone") != NULL);
    hub->hides_resets = false;
    device = fake_hub_plug(hub, 2, USB_FULL);
    usb_run(300);
    usb_strike_at(device, 0, B);
    EXPECT_STR(usb_typed, "ab");
    EXPECT(usb_ends_clean());
}

TEST(usb_hub, plugging_again_and_again_leaves_nothing)
{
    struct fake_usb_device *hub = start_with_hub(USB_HIGH, true);
    struct fake_usb_device *device = fake_hub_plug(hub, 1, USB_FULL);
    usb_run(300);
    uint64_t before = free_frames();
    for (unsigned i = 0; i < 20; i++) {
        fake_hub_plug(hub, 2, USB_LOW);
        usb_run(i * 20); /* in the midst of its set-up, too */
        usb_strike_at(device, 0, A);
        fake_hub_unplug(hub, 2);
        usb_run(i % 2 ? 1 : 200);
        usb_strike_at(device, 0, B);
    }
    EXPECT_EQ(usb_typed_length, 40);
    usb_run(300);
    EXPECT_EQ(free_frames(), before);
    EXPECT(usb_ends_clean());
}

TEST(usb_hub, what_is_behind_an_unplugged_hub_goes_with_it)
{
    for (unsigned time = 0; time < 1000; time += 20) {
        usb_reset();
        fake_xhci_plug(2, USB_FULL);
        usb_start();
        uint64_t before = free_frames();
        struct fake_usb_device *hub = fake_xhci_plug_hub(1, USB_HIGH, 4, true);
        struct fake_usb_device *second = fake_hub_plug_hub(hub, 3, USB_HIGH, 4);
        fake_hub_plug(hub, 1, USB_FULL);
        fake_hub_plug(second, 2, USB_LOW);
        usb_run(time);
        fake_xhci_unplug(1);
        usb_run(100);
        EXPECT_EQ(live_tasks(&usb_executor), 2); /* the controller's, and the keyboard's */
        EXPECT_EQ(fake_xhci.slots_enabled, 1);
        EXPECT_EQ(free_frames(), before);
        usb_strike(2, 0, A);
        EXPECT_STR(usb_typed, "a");
        EXPECT(usb_ends_clean());
    }
}

TEST(usb_hub, keys_that_are_held_behind_it_come_up)
{
    struct fake_usb_device *hub = start_with_hub(USB_HIGH, false);
    fake_xhci_plug(2, USB_FULL);
    struct fake_usb_device *device = fake_hub_plug(hub, 1, USB_FULL);
    usb_run(300);
    fake_usb_report(device, SHIFT, A, 0);
    usb_run(10);
    fake_xhci_unplug(1);
    usb_run(1000);
    usb_strike(2, 0, B);
    EXPECT_STR(usb_typed, "Ab");
    EXPECT(usb_ends_clean());
}

TEST(usb_hub, hubs_that_err_hold_up_no_other)
{
    enum { CLEAR_FEATURE = 1, SET_FEATURE = 3, GET_DESCRIPTOR = 6, SET_CONFIGURATION = 9 };
    static const uint8_t refused[] = {CLEAR_FEATURE, SET_FEATURE, GET_DESCRIPTOR,
                                      SET_CONFIGURATION};
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        usb_reset();
        struct fake_usb_device *hub = fake_xhci_plug_hub(1, USB_HIGH, 4, false);
        hub->refused_request = refused[i];
        fake_hub_plug(hub, 1, USB_FULL);
        fake_xhci_plug(2, USB_FULL);
        usb_start();
        usb_run(2000);
        usb_strike(2, 0, A);
        EXPECT_STR(usb_typed, "a");
        EXPECT(fake_xhci_runs());
        EXPECT(usb_ends_clean());
    }
}

TEST(usb_hub, a_hub_without_ports_is_left_alone_and_one_with_too_many_works)
{
    static const uint8_t counts[] = {0, 1, 15, 16, 255};
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        usb_reset();
        struct fake_usb_device *hub = fake_xhci_plug_hub(1, USB_HIGH, 1, false);
        struct fake_usb_device *device = fake_hub_plug(hub, 1, USB_FULL);
        hub->says_ports = counts[i];
        usb_start();
        usb_run(1000);
        usb_strike_at(device, 0, A);
        EXPECT_STR(usb_typed, counts[i] ? "a" : "");
        EXPECT(counts[i] || strstr(host_log, "left alone"));
        EXPECT(usb_ends_clean());
    }
}

TEST(usb_hub, errors_of_its_transfers_pass_or_end_it)
{
    static const uint8_t codes[] = {XHCI_BABBLE, XHCI_TRANSACTION_ERROR, XHCI_STALL};
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        struct fake_usb_device *hub = start_with_hub(USB_HIGH, false);
        hub->code = codes[i];
        hub->errors = 1;
        struct fake_usb_device *device = fake_hub_plug(hub, 1, USB_FULL);
        usb_run(800);
        usb_strike_at(device, 0, A);
        EXPECT_STR(usb_typed, "a");
        hub->errors = 1000;
        fake_hub_unplug(hub, 1);
        usb_run(3000);
        EXPECT(!usb_keyboard_present());
        EXPECT(strstr(host_log, "left alone") != NULL);
        EXPECT(usb_ends_clean());
    }
}

TEST(usb_hub, a_controller_that_is_pulled_out_is_stopped)
{
    struct fake_usb_device *hub = start_with_hub(USB_HIGH, false);
    fake_hub_plug(fake_hub_plug_hub(hub, 1, USB_HIGH, 4), 1, USB_FULL);
    usb_run(600);
    EXPECT(usb_keyboard_present());
    fake_xhci.is_gone = true;
    EXPECT(usb_was_stopped());
}
