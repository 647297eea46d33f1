/*
 * A device that is plugged in. Each device has a task, from the moment when it is plugged in until
 * it is unplugged. The task goes through steps: usb_enumeration.c has those that every device goes
 * through, and a driver has those that follow.
 *
 * A driver is
 *
 *     USB_DRIVER(keyboard, .probe = probe, .steps = steps, .work = work, .end = end);
 *
 * in a file below drivers/usb/. The linker collects the drivers.
 *
 * Everything here is for tasks.
 */
#ifndef DRIVERS_USB_USB_DEVICE_H
#define DRIVERS_USB_USB_DEVICE_H

#include <drivers/usb/usb_descriptors.h>
#include <drivers/usb/usb_port.h>
#include <drivers/usb/xhci.h>
#include <section.h>

/* --- Steps ---------------------------------------------------------------------------------- */

/* What a step waits for. */
enum usb_wait {
    USB_WAIT_TIME,
    USB_WAIT_TURN,  /* no other device behind the same port of the controller has address 0 */
    USB_WAIT_RESET, /* of the port */
    USB_WAIT_COMMAND,
    USB_WAIT_REQUEST,
    USB_WAIT_TRANSFER, /* at the driver's endpoint `device->waits_at`; finish() looks at its code */
    USB_WAIT_WORK,     /* the driver's work() is called at each poll */
    USB_WAIT_DRIVER,   /* the driver's end */
    USB_WAIT_UNPLUG,
};

struct usb_step {
    const char *name; /* what it waits for, in words: "waits for ..." */
    enum usb_wait wait;
    uint16_t milliseconds;       /* the limit, or the time; 0: no limit */
    bool optional;               /* a device may refuse the request */
    const struct usb_step *next; /* NULL: the one after it in its table */
    /* Starts the action. False: there is nothing to wait for. NULL: the step only waits. */
    bool (*begin)(struct usb_device *device);
    /* Takes the result, and may set `device->next`. NULL: there is nothing to do. */
    enum error (*finish)(struct usb_device *device);
};

#define USB_TIME(text, time)                                          \
    {                                                                 \
        .name = (text), .wait = USB_WAIT_TIME, .milliseconds = (time) \
    }
#define USB_COMMAND(text, ...)                                                      \
    {                                                                               \
        .name = (text), .wait = USB_WAIT_COMMAND, .milliseconds = 5000, __VA_ARGS__ \
    }
#define USB_REQUEST(text, ...)                                                      \
    {                                                                               \
        .name = (text), .wait = USB_WAIT_REQUEST, .milliseconds = 1000, __VA_ARGS__ \
    }

/* --- Drivers -------------------------------------------------------------------------------- */

struct usb_driver {
    const char *name; /* of what it drives, for people */
    size_t state_size;
    /* Looks at a configuration. OK: the driver takes the device; `device->state` is all zeros and
     * may be filled in. ERROR_NO_DEVICE: it does not; ERROR_DEVICE: the descriptors contradict
     * themselves. */
    enum error (*probe)(struct usb_device *device, const uint8_t *configuration, size_t size);
    const struct usb_step *steps; /* from the first one after the probe; one waits for work */
    void (*work)(struct usb_device *device);
    /* Ends the work, in any step. True: nothing of it is left. False: it is called again when the
     * task is polled again. */
    bool (*end)(struct usb_device *device);
};

#define USB_DRIVER(driver_name, ...)                                               \
    static const struct usb_driver usb_driver__##driver_name                       \
        __attribute__((used, section("usb_drivers"), aligned(sizeof(void *)))) = { \
            .name = #driver_name, __VA_ARGS__}

/* --- Devices -------------------------------------------------------------------------------- */

/* The pages of a device. The controller may write to them until the slot is disabled. */
enum usb_page {
    USB_PAGE_CONTEXT,
    USB_PAGE_INPUT,
    USB_PAGE_CONTROL, /* the ring for requests */
    USB_PAGE_DATA,
    USB_PAGE_RINGS, /* of the driver's endpoints, once they are open */
    USB_PAGES = USB_PAGE_RINGS + XHCI_SLOT_ENDPOINTS - 1,
};

/* The port of a high-speed hub behind which a slower device is. The hub translates
 * (USB 2.0, 11.14).
 */
struct usb_translator {
    uint8_t slot; /* of the hub; 0: nothing has to be translated */
    uint8_t port;
    bool multi; /* the hub has a translator for each port */
};

/* What the controller has to know of a hub; all zeros: the device is none. */
struct usb_hub_facts {
    uint8_t port_count;
    uint8_t think_time; /* in steps of 8 bit times at full speed, less one */
    bool multi;
};

struct usb_device {
    struct task task;
    struct xhci *xhci;
    struct usb_port *port;
    unsigned depth;       /* the number of hubs above it */
    unsigned root_port;   /* the controller's port, from 1 */
    uint32_t route;       /* from there on: the hubs' ports, four bits each (USB 3.2, 8.9) */
    uint8_t speed;        /* enum usb_speed */
    uint8_t speed_number; /* the controller's for it */
    struct usb_translator translator;
    struct usb_hub_facts hub;
    uint8_t last_endpoint; /* the highest ID that is open */
    struct xhci_slot slot;
    struct xhci_command command;
    phys_addr_t pages[USB_PAGES];
    phys_addr_t buffer; /* the driver's, for more data; NO_FRAME: there is none */
    unsigned buffer_order;

    const struct usb_step *step;
    const struct usb_step *next;  /* set by a step's finish(): the step to go on with, or NULL */
    const struct usb_step *first; /* from the reset on */
    const struct usb_step *after_control, *after_endpoint, *after_disable; /* behind the detours */
    struct xhci_endpoint *waits_at, *halted;
    struct waker turn; /* while it waits for the mutex of the controller's port */
    bool has_turn;     /* it has locked that mutex */
    bool begun;        /* the step has begun, and has not ended */
    unsigned tries;    /* of a transfer that fails */
    unsigned attempts; /* from the reset on */
    struct sleep sleep;
    bool settled;

    struct usb_device_descriptor descriptor;
    uint16_t configuration_size;
    char name[USB_NAME];
    const struct usb_driver *driver; /* NULL: none has taken it */
    void *state;                     /* the driver's */
};

/* Spawns a task for the device that is plugged into `port`, which begins with the step `first`. It
 * frees its own memory at its end. `retry` is where it begins again after an error. ERROR_FULL: no
 * memory. */
enum error usb_device_spawn(struct usb_port *port, const struct usb_step *first,
                            const struct usb_step *retry);

/* The device at a port; NULL: there is none. */
static inline struct usb_device *usb_device_at(const struct usb_port *port)
{
    return port->task ? CONTAINER_OF(port->task, struct usb_device, task) : NULL;
}

/* --- For drivers, in the device's task ------------------------------------------------------ */

/* Lets the first driver that wants the device take it. ERROR_NO_DEVICE: there is none; ERROR_FULL:
 * no memory; ERROR_DEVICE: the configuration contradicts itself. */
enum error usb_device_probe(struct usb_device *device, const uint8_t *configuration, size_t size);

/* The driver does not want the device after all. In finish(). */
void usb_device_decline(struct usb_device *device);

/* Goes to a step, which begins at once. In work() and finish(), as the next two. */
void usb_device_go_to(struct usb_device *device, const struct usb_step *step);

/* A transfer at an endpoint has failed. Resets the endpoint and goes on with a step, or gives up
 * when this was the third time without a good one. */
void usb_device_reset_endpoint(struct usb_device *device, struct xhci_endpoint *endpoint,
                               const struct usb_step *after);

/* A step has failed. Ends the driver and the slot, and begins anew from the port's reset, or leaves
 * the device alone when that has been tried. */
void usb_device_fail(struct usb_device *device, enum error error);

/* The device has an address of its own, and another one may be reset. */
void usb_device_end_turn(struct usb_device *device);

/* The device works: the boot does not wait for it any longer. */
void usb_device_settle(struct usb_device *device);

/* The step of devices that no driver wants. */
extern const struct usb_step *const usb_device_unused;

#endif
