/*
 * Keyboards on USB: what is typed arrives, from one and from several, and what is unplugged leaves
 * nothing behind.
 */
#include <drivers/usb/usb_keyboard.h>
#include <string.h>

#include "../test.h"
#include "physical_memory.h"
#include "usb_machine.h"

/* --- Typing --------------------------------------------------------------------------------- */

TEST(usb, a_keyboard_types_at_every_speed)
{
    for (unsigned speed = USB_FULL; speed <= USB_SUPER; speed++) {
        for (unsigned large = 0; large < 2; large++) {
            usb_reset();
            fake_xhci.large_contexts = large;
            fake_xhci.scratchpads = speed;
            fake_xhci.only_32_bit = large;
            fake_xhci_plug(speed == USB_SUPER ? 3 : 1, (enum usb_speed)speed);
            usb_start();
            unsigned port = speed == USB_SUPER ? 3 : 1;
            EXPECT(fake_usb_devices[port - 1].configured);
            EXPECT_EQ(fake_usb_devices[port - 1].protocol, 0);
            usb_strike(port, 0, A);
            usb_strike(port, SHIFT, B);
            usb_strike(port, 0, ONE);
            usb_strike(port, 0, RIGHT);
            EXPECT_STR(usb_typed, "aB1\x1b[C");
            EXPECT(usb_ends_clean());
        }
    }
}

TEST(usb, a_controller_may_have_numbers_of_its_own_for_speeds)
{
    static const uint8_t numbers[] = {0, 7, 4, 1, 2, 3};
    for (unsigned speed = USB_FULL; speed <= USB_SUPER_PLUS; speed++) {
        unsigned port = speed >= USB_SUPER ? 3 : 1;
        usb_reset();
        fake_xhci.names_speeds = true;
        fake_xhci_plug(port, (enum usb_speed)speed);
        usb_start();
        usb_strike(port, 0, A);
        EXPECT_STR(usb_typed, "a");
        EXPECT_EQ(usb_device_at(&usb_controller(0)->ports[port - 1].usb)->speed, speed);
        EXPECT_EQ(fake_usb_devices[port - 1].context[0] >> 20 & 15, numbers[speed]);
        EXPECT(usb_ends_clean());
    }
}

TEST(usb, more_reports_than_a_ring_is_long_arrive)
{
    usb_start_with_keyboard(USB_HIGH);
    for (unsigned i = 0; i < 2 * XHCI_RING_TRBS; i++)
        usb_strike(1, 0, A + i % 26);
    usb_run(100);
    EXPECT_EQ(usb_typed_length, 2 * XHCI_RING_TRBS);
    for (unsigned i = 0; i < usb_typed_length; i++)
        EXPECT_EQ(usb_typed[i], 'a' + i % 26);
    EXPECT(usb_ends_clean());
}

TEST(usb, several_keys_at_once_are_typed)
{
    usb_start_with_keyboard(USB_FULL);
    fake_xhci_report(1, 0, A, 0);
    fake_xhci_report(1, 0, A, B); /* A is still held: it is not typed again */
    fake_xhci_report(1, 0, B, 0);
    fake_xhci_report(1, 0, A, B);
    usb_run(20);
    EXPECT_STR(usb_typed, "aba");
    fake_xhci_report(1, SHIFT, TOO_MANY, TOO_MANY); /* changes nothing */
    fake_xhci_report(1, 0, B, ONE);
    usb_run(20);
    EXPECT_STR(usb_typed, "aba1");
    EXPECT(usb_ends_clean());
}

TEST(usb, a_key_that_is_held_repeats)
{
    usb_start_with_keyboard(USB_FULL);
    fake_xhci_report(1, 0, A, 0);
    usb_run(450);
    EXPECT_STR(usb_typed, "a");
    usb_run(1000);
    EXPECT(usb_typed_length >= 10 && usb_typed_length <= 12);
    fake_xhci_report(1, 0, 0, 0);
    usb_run(10);
    size_t before = usb_typed_length;
    usb_run(1000);
    EXPECT_EQ(usb_typed_length, before);
    fake_xhci_report(1, SHIFT, 0, 0); /* no modifier does */
    usb_run(2000);
    EXPECT_EQ(ring_count(&usb_keyboard_scancodes.ring), 0);
    EXPECT_EQ(usb_typed_length, before);
    EXPECT(usb_ends_clean());
}

TEST(usb, all_keyboards_are_one)
{
    usb_start_with_keyboard(USB_FULL);
    fake_xhci_plug(2, USB_LOW);
    usb_run(300);
    fake_xhci_report(1, SHIFT, 0, 0);
    fake_xhci_report(2, SHIFT, 0, 0);
    usb_run(10);
    usb_strike(2, SHIFT, A);
    EXPECT_STR(usb_typed, "A"); /* both have held it, and one has let go */
    usb_strike(2, 0, B);
    EXPECT_STR(usb_typed, "AB");
    fake_xhci_report(1, 0, 0, 0);
    usb_run(10);
    usb_strike(2, 0, B);
    EXPECT_STR(usb_typed, "ABb");
    EXPECT(usb_ends_clean());
}

TEST(usb, lights_follow_the_locks)
{
    usb_start_with_keyboard(USB_FULL);
    EXPECT_EQ(fake_usb_devices[0].lights, 0);
    usb_keyboard_set_lights(2 | 4); /* Num Lock and Caps Lock */
    usb_run(20);
    EXPECT_EQ(fake_usb_devices[0].lights, 1 | 2);
    fake_xhci_plug(2, USB_FULL);
    usb_run(300);
    EXPECT_EQ(fake_usb_devices[1].lights, 1 | 2);
    usb_keyboard_set_lights(0);
    usb_run(20);
    EXPECT_EQ(fake_usb_devices[0].lights, 0);
    EXPECT(usb_ends_clean());
}

TEST(usb, reports_wait_while_nothing_reads)
{
    usb_start_with_keyboard(USB_FULL);
    unsigned sent = 0;
    while (sent < 4000) {
        for (; fake_usb_devices[0].report_count < 60; sent++)
            fake_xhci_report(1, 0, sent % 2 ? 0 : A, 0);
        usb_run_unread(400);
        if (fake_usb_devices[0].report_count > 50)
            break; /* the keyboard is not asked any more */
    }
    EXPECT(sent > 1000 && sent < 4000);
    usb_run(2000);
    EXPECT_EQ(usb_typed_length, (sent + 1) / 2);
    EXPECT(usb_ends_clean());
}

static void raise_interrupt(void)
{
    xhci_interrupt(usb_controller(0));
}

TEST(usb, a_key_comes_with_its_interrupt)
{
    usb_reset();
    fake_xhci.raise = raise_interrupt;
    fake_xhci_plug(1, USB_FULL);
    usb_start();
    for (unsigned i = 0; i < 10; i++) {
        fake_xhci_report(1, 0, A, 0);
        fake_xhci_report(1, 0, 0, 0);
        usb_run(1);
        EXPECT_EQ(usb_typed_length, i + 1);
    }
    uint64_t before = usb_controller(0)->task.polls;
    usb_run(900);
    EXPECT(usb_controller(0)->task.polls - before < 3); /* it is left to itself */
    EXPECT(usb_ends_clean());
}

TEST(usb, an_interrupt_of_another_device_is_not_counted)
{
    usb_start_with_keyboard(USB_FULL);
    raise_interrupt();
    raise_interrupt();
    EXPECT_EQ(usb_controller(0)->interrupts, 1); /* there was an event before the first */
    fake_xhci.raise = raise_interrupt;
    usb_strike(1, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT(usb_ends_clean());
}

/* --- Plugging ------------------------------------------------------------------------------- */

TEST(usb, plugging_again_and_again_leaves_nothing)
{
    usb_start_with_keyboard(USB_FULL);
    uint64_t before = free_frames();
    for (unsigned i = 0; i < 20; i++) {
        fake_xhci_plug(2, USB_HIGH);
        usb_run(i * 20); /* in the midst of its set-up, too */
        usb_strike(1, 0, A);
        fake_xhci_unplug(2);
        usb_run(i % 2 ? 1 : 200);
        usb_strike(1, 0, B);
    }
    EXPECT_EQ(usb_typed_length, 40);
    usb_run(300);
    EXPECT_EQ(free_frames(), before);
    EXPECT(usb_ends_clean());
}

TEST(usb, what_is_held_when_it_is_unplugged_comes_up)
{
    usb_start_with_keyboard(USB_FULL);
    fake_xhci_plug(2, USB_FULL);
    usb_run(300);
    fake_xhci_report(1, SHIFT, A, 0);
    usb_run(10);
    fake_xhci_unplug(1);
    usb_run(1000);
    EXPECT_STR(usb_typed, "A"); /* nor does it repeat */
    usb_strike(2, 0, B);
    EXPECT_STR(usb_typed, "Ab");
    EXPECT(usb_ends_clean());
}

TEST(usb, a_device_that_is_exchanged_at_once_is_set_up_again)
{
    usb_start_with_keyboard(USB_FULL);
    fake_xhci_unplug(1);
    fake_xhci_plug(1, USB_FULL);
    usb_run(400);
    usb_strike(1, 0, A);
    EXPECT_STR(usb_typed, "a");
    EXPECT(usb_ends_clean());
}
