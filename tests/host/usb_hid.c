/*
 * Keyboards whose reports are their own: descriptors of keyboards and of other things, and what is
 * typed.
 */
#include <drivers/usb/hid_report.h>
#include <drivers/usb/usb_keyboard.h>
#include <lib/random.h>
#include <string.h>

#include "../test.h"
#include "support.h"
#include "usb_machine.h"

/* A mouse (report 1), then a keyboard (report 2): modifiers, lights, and a bit for each key. */
static const uint8_t bit_for_each_key[] = {
    0x05, 1,    0x09, 2,    0xa1, 1,    0x85, 1,    0x05, 9,    0x19, 1,    0x29, 3,
    0x15, 0,    0x25, 1,    0x75, 1,    0x95, 3,    0x81, 2,    0x95, 5,    0x81, 3,
    0xc0, 0x05, 1,    0x09, 6,    0xa1, 1,    0x85, 2,    0x05, 7,    0x19, 0xe0, 0x29,
    0xe7, 0x15, 0,    0x25, 1,    0x75, 1,    0x95, 8,    0x81, 2,    0x05, 8,    0x19,
    1,    0x29, 5,    0x95, 5,    0x91, 2,    0x95, 3,    0x91, 1,    0x05, 7,    0x19,
    4,    0x29, 0x67, 0x95, 100,  0x81, 2,    0x95, 4,    0x81, 1,    0xc0};

/* The keyboard of the boot protocol, but with the reserved byte at the end, and an ID. */
static const uint8_t list_of_keys[] = {
    0x05, 1,    0x09, 6,    0xa1, 1,    0x85, 7,    0x05, 7,    0x19, 0xe0, 0x29, 0xe7, 0x15,
    0,    0x25, 1,    0x75, 1,    0x95, 8,    0x81, 2,    0x95, 6,    0x75, 8,    0x15, 0,
    0x25, 0x65, 0x19, 0,    0x29, 0x65, 0x81, 0,    0x95, 1,    0x81, 1,    0xc0};

static const uint8_t tablet[] = {0x05, 1,    0x09, 2,    0xa1, 1,    0x09, 1,    0xa1, 0,    0x05,
                                 9,    0x19, 1,    0x29, 3,    0x15, 0,    0x25, 1,    0x95, 3,
                                 0x75, 1,    0x81, 2,    0x95, 1,    0x75, 5,    0x81, 1,    0x05,
                                 1,    0x09, 0x30, 0x09, 0x31, 0x15, 0,    0x26, 0xff, 0x7f, 0x75,
                                 16,   0x95, 2,    0x81, 2,    0xc0, 0xc0};

static struct fake_usb_device *start_with(const uint8_t *descriptor, size_t size)
{
    usb_reset();
    struct fake_usb_device *device = fake_xhci_plug(1, USB_FULL);
    device->configuration[15] = 0; /* neither the boot interface nor a keyboard's */
    device->configuration[16] = 0;
    device->configuration[31] = FAKE_REPORT; /* the endpoint's packet */
    device->report_descriptor = descriptor;
    device->report_descriptor_size = size;
    device->report_size = FAKE_REPORT;
    usb_start();
    return device;
}

TEST(usb_hid, reports_with_a_bit_for_each_key_type)
{
    struct fake_usb_device *device = start_with(bit_for_each_key, sizeof(bit_for_each_key));
    const uint8_t a[] = {2, 0, 1}, a_and_b[] = {2, 0, 3}, shift_b[] = {2, SHIFT, 2}, none[] = {2},
                  mouse[] = {1, 0xff, 0xff};
    fake_usb_send(device, a, sizeof(a));
    fake_usb_send(device, mouse, sizeof(mouse)); /* is not about keys */
    fake_usb_send(device, a_and_b, sizeof(a_and_b));
    fake_usb_send(device, none, sizeof(none));
    fake_usb_send(device, shift_b, sizeof(shift_b));
    fake_usb_send(device, none, sizeof(none));
    usb_run(50);
    EXPECT_STR(usb_typed, "abB");
    EXPECT_EQ(device->protocol, 1); /* it was not asked for what it does not know */
    EXPECT(usb_ends_clean());
}

TEST(usb_hid, more_keys_than_a_boot_report_holds_type_nothing)
{
    struct fake_usb_device *device = start_with(bit_for_each_key, sizeof(bit_for_each_key));
    const uint8_t a[] = {2, 0, 1}, seven[] = {2, 0, 0x7f}, none[] = {2};
    fake_usb_send(device, a, sizeof(a));
    fake_usb_send(device, seven, sizeof(seven));
    fake_usb_send(device, a, sizeof(a));
    fake_usb_send(device, none, sizeof(none));
    usb_run(50);
    EXPECT_STR(usb_typed, "a");
    EXPECT(usb_ends_clean());
}

TEST(usb_hid, reports_with_a_list_of_keys_type)
{
    struct fake_usb_device *device = start_with(list_of_keys, sizeof(list_of_keys));
    const uint8_t ab[] = {7, SHIFT, 0, A, B}, none[] = {7};
    fake_usb_send(device, ab, sizeof(ab));
    fake_usb_send(device, none, sizeof(none));
    usb_run(50);
    EXPECT_STR(usb_typed, "AB");
    device->report_size = 5;
    fake_usb_send(device, ab, sizeof(ab)); /* too short */
    usb_run(50);
    EXPECT_STR(usb_typed, "AB");
    usb_keyboard_set_lights(2);
    usb_run(20);
    EXPECT_EQ(device->lights, 7); /* the report's ID is in front of them */
    EXPECT(usb_ends_clean());
}

TEST(usb_hid, what_is_no_keyboard_is_left_alone)
{
    struct fake_usb_device *device = start_with(tablet, sizeof(tablet));
    const uint8_t report[] = {0xff, 0xff, 0xff};
    fake_usb_send(device, report, sizeof(report));
    usb_run(50);
    EXPECT(!usb_keyboard_present());
    EXPECT_STR(usb_typed, "");
    EXPECT_EQ(fake_xhci.slots_enabled, 1);
    EXPECT(usb_ends_clean());
}

TEST(usb_hid, any_descriptor_does_no_harm)
{
    uint64_t random = 17;
    struct hid_keyboard keyboard;
    uint8_t bytes[sizeof(bit_for_each_key)], boot[HID_BOOT_REPORT], report[FAKE_REPORT];
    for (unsigned round = 0; round < 20000; round++) {
        memcpy(bytes, bit_for_each_key, sizeof(bytes));
        for (unsigned changes = (unsigned)random_next(&random) % 8; changes; changes--)
            bytes[random_next(&random) % sizeof(bytes)] = (uint8_t)random_next(&random);
        for (size_t i = 0; i < sizeof(report); i++)
            report[i] = (uint8_t)random_next(&random);
        size_t size = random_next(&random) % (sizeof(bytes) + 1);
        if (hid_find_keyboard(bytes, size, &keyboard) == OK) {
            EXPECT(keyboard.field_count >= 1 && keyboard.field_count <= HID_FIELDS);
            hid_to_boot_report(&keyboard, report, random_next(&random) % (FAKE_REPORT + 1), boot);
        }
    }
}
