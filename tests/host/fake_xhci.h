/*
 * A machine with an xHCI controller on PCI, and devices at its ports and at those of hubs. It
 * answers as soon as it is asked, and errs where a test tells it to. The controller is in
 * fake_xhci.c, what a device does in fake_usb_device.c, fake_usb_hub.c and fake_usb_stick.c.
 */
#ifndef TESTS_HOST_FAKE_XHCI_H
#define TESTS_HOST_FAKE_XHCI_H

#include <drivers/usb/usb_device.h>

enum {
    FAKE_XHCI_PORTS = 4,
    FAKE_XHCI_SLOTS = 16,
    FAKE_USB_DEVICES = 24,
    FAKE_HUB_PORTS = 15,
    FAKE_REPORT = 24
};

/* What a test may change after fake_xhci_reset(). */
struct fake_xhci {
    bool firmware_keeps_it, never_halts, never_resets, is_gone;
    bool large_contexts, only_32_bit;
    bool names_speeds; /* with numbers that are not the usual ones */
    unsigned scratchpads;
    unsigned deaf_commands;  /* how many commands are taken and never done */
    uint8_t forced_slot;     /* not 0: what the command for a slot gives out */
    uint8_t command_code;    /* not 0: how the next command ends */
    unsigned command_errors; /* ... and how many of them */
    /* May change each event before the driver sees it; false: there is none. */
    bool (*on_event)(struct xhci_trb *event);
    void (*raise)(void); /* raises the controller's interrupt; NULL: it raises none */
    /* Set by the machine. */
    unsigned slots_enabled, smis_on;
    unsigned conflicts; /* how often two devices at one port of the controller had address 0 */
};
extern struct fake_xhci fake_xhci;

enum { FAKE_STICK_BYTES = 128 * 1024 };

/* What a stick waits for. */
enum fake_stick_stage { FAKE_STICK_COMMAND, FAKE_STICK_DATA, FAKE_STICK_STATUS };

/* A stick. Only the blocks from `first` on have memory, so that it may be large. */
struct fake_stick {
    uint64_t blocks, first;
    uint32_t block_size;
    uint8_t bytes[FAKE_STICK_BYTES];
    bool has_no_medium, has_changed, knows_no_flush;
    uint8_t type;          /* of the device; 0: a disk */
    uint8_t bad_operation; /* not 0: this command fails with `bad_key` */
    uint8_t bad_key;
    unsigned stalls;           /* how many data stages or statuses are stalled */
    unsigned bad_statuses;     /* how many statuses have ... */
    uint8_t bad_at, bad_value; /* ... this value at this place */
    unsigned short_by;         /* how many bytes of data are missing at reads */
    bool is_mute;              /* no status comes */
    /* Set by the machine. */
    unsigned flushes, resets, writes;
    uint8_t last_operation;
    /* The command under way. */
    uint8_t wrapper[31], sense;
    enum fake_stick_stage stage;
    uint32_t length;
    bool failed;
};

struct fake_usb_device {
    bool there;
    struct fake_usb_device *hub; /* NULL: it is at the controller */
    unsigned port;               /* of the hub, or of the controller */
    bool has_address_0;
    uint32_t context[3];      /* of its slot, as the driver has written it last */
    struct fake_stick *stick; /* NULL: it is none */
    uint8_t says_ports;       /* in the hub's descriptor */
    unsigned hub_ports;       /* 0: it is no hub */
    uint8_t alternate;        /* the setting of its interface */
    uint16_t depth;           /* 0xffff: never set */
    uint16_t status[1 + FAKE_HUB_PORTS], changes[1 + FAKE_HUB_PORTS]; /* 0: the hub itself */
    bool hides_resets; /* its ports' resets are never over */
    uint8_t speed;
    uint8_t descriptor[18];
    uint8_t configuration[256];
    size_t configuration_size;
    uint8_t lights; /* 0xff: never set */
    uint8_t protocol;
    bool configured;
    bool is_deaf;                     /* no transfer is ever done */
    uint8_t refused_request;          /* not 0: it stalls */
    uint8_t code;                     /* not 0: how the next transfers end */
    unsigned errors;                  /* ... and how many of them */
    const uint8_t *report_descriptor; /* NULL: it has none */
    size_t report_descriptor_size;
    uint8_t reports[64][FAKE_REPORT]; /* to be sent */
    unsigned report_count;
    unsigned report_size;
};
/* Those at the controller's ports come first. */
extern struct fake_usb_device fake_usb_devices[FAKE_USB_DEVICES];

/* A machine that was just switched on, with memory, a heap and PCI. */
void fake_xhci_reset(void);

/* Finds the controller and starts its driver; the machine's tasks run in `executor`. */
void fake_xhci_start(struct executor *executor);

/* A keyboard is plugged into a port, numbered from 1, or what is there is unplugged. */
struct fake_usb_device *fake_xhci_plug(unsigned port, enum usb_speed speed);
void fake_xhci_unplug(unsigned port);

/* A hub is plugged into a port; `multi` for one with a translator for each port. */
struct fake_usb_device *fake_xhci_plug_hub(unsigned port, enum usb_speed speed, unsigned ports,
                                           bool multi);

/* A stick with `blocks` blocks, all zeros, is plugged into a port. */
struct fake_usb_device *fake_xhci_plug_stick(unsigned port, enum usb_speed speed, uint64_t blocks,
                                             uint32_t block_size);

/* A keyboard is plugged into a port of a hub, numbered from 1, or what is there is unplugged. NULL:
 * there are too many devices. */
struct fake_usb_device *fake_hub_plug(struct fake_usb_device *hub, unsigned port,
                                      enum usb_speed speed);
void fake_hub_unplug(struct fake_usb_device *hub, unsigned port);

/* Some bits of the status of a port have changed; port 0: of the hub itself. */
void fake_hub_change(struct fake_usb_device *hub, unsigned port, unsigned change);

/* The same for a hub. */
struct fake_usb_device *fake_hub_plug_hub(struct fake_usb_device *hub, unsigned port,
                                          enum usb_speed speed, unsigned ports);

/* The device at the port of a hub; NULL: there is none. */
struct fake_usb_device *fake_hub_device(const struct fake_usb_device *hub, unsigned port);

/* The keyboard sends a report: the modifiers, and up to two keys. */
void fake_usb_report(struct fake_usb_device *device, uint8_t modifiers, uint8_t key, uint8_t other);

/* The device sends a report of up to FAKE_REPORT bytes. */
void fake_usb_send(struct fake_usb_device *device, const uint8_t *bytes, size_t size);

/* The keyboard at the port sends a report: the modifiers, and up to two keys. */
void fake_xhci_report(unsigned port, uint8_t modifiers, uint8_t key, uint8_t other);

/* Puts an event into the ring. */
void fake_xhci_post(uint64_t parameter, uint32_t status, uint32_t control);

/* Does the controller run, and may it write to memory? */
bool fake_xhci_runs(void);

#endif
