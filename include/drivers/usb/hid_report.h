/*
 * Keyboards without the boot protocol (Device Class Definition for Human Interface Devices 1.11,
 * 6.2.2): a report descriptor says where in a report the keys are. Descriptors and reports are
 * outside data: whatever the bytes are, nothing beyond them is read.
 *
 * Pure functions; any context.
 */
#ifndef DRIVERS_USB_HID_REPORT_H
#define DRIVERS_USB_HID_REPORT_H

#include <error.h>
#include <types.h>

enum { HID_FIELDS = 4, HID_BOOT_REPORT = 8 /* bytes */ };

/* A part of a report. */
struct hid_field {
    uint32_t bit;   /* where it begins */
    uint16_t count; /* of its elements */
    uint8_t size;   /* of each, in bits: 1 to 8 */
    bool is_list;   /* the elements are keys that are held; else each is one bit for a key */
    uint8_t usage;  /* the key of the first bit, or of the number `least` */
    uint8_t least;
};

struct hid_keyboard {
    uint8_t id; /* of the reports with keys, their first byte; 0: reports have no ID */
    unsigned field_count;
    struct hid_field fields[HID_FIELDS];
};

/* Searches a report descriptor for a keyboard. ERROR_NO_DEVICE: there is none. */
enum error hid_find_keyboard(const uint8_t *descriptor, size_t size, struct hid_keyboard *keyboard);

/* Makes a report of the boot protocol out of the keyboard's own. False: it is not about keys, or
 * too short. More keys than have room become the rollover code. */
bool hid_to_boot_report(const struct hid_keyboard *keyboard, const uint8_t *report, size_t length,
                        uint8_t boot[HID_BOOT_REPORT]);

#endif
