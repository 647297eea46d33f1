/*
 * The registers of an xHCI controller (xHCI 1.2, chapter 5), as far as Cairn uses them.
 */
#ifndef DRIVERS_USB_XHCI_REGISTERS_H
#define DRIVERS_USB_XHCI_REGISTERS_H

enum capability_register {
    CAP_LENGTH = 0x00, /* and the version in the upper half */
    CAP_PARAMETERS_1 = 0x04,
    CAP_PARAMETERS_2 = 0x08,
    CAP_FEATURES = 0x10,
    CAP_DOORBELLS = 0x14,
    CAP_RUNTIME = 0x18,
};

enum feature { FEATURE_64_BIT = 1 << 0, FEATURE_LARGE_CONTEXTS = 1 << 2 };

enum operational_register {
    OP_COMMAND = 0x00,
    OP_STATUS = 0x04,
    OP_PAGE_SIZE = 0x08,
    OP_COMMAND_RING = 0x18,
    OP_SLOT_TABLE = 0x30,
    OP_CONFIG = 0x38,
    OP_PORTS = 0x400,
    PORT_SIZE = 0x10,
};

enum command { COMMAND_RUN = 1 << 0, COMMAND_RESET = 1 << 1, COMMAND_INTERRUPTS = 1 << 2 };

enum status {
    STATUS_HALTED = 1 << 0,
    STATUS_MEMORY_ERROR = 1 << 2,
    STATUS_INTERRUPT = 1 << 3,
    STATUS_NOT_READY = 1 << 11,
    STATUS_ERROR = 1 << 12,
};

/* Of the first interrupter. */
enum runtime_register {
    RT_MANAGEMENT = 0x20,
    RT_PENDING = 1 << 0, /* a written 1 clears it */
    RT_ENABLE = 1 << 1,
    RT_MODERATION = 0x24,
    RT_TABLE_SIZE = 0x28,
    RT_TABLE = 0x30,
    RT_DEQUEUE = 0x38,
    RT_DEQUEUE_BUSY = 1 << 3,
    RT_END = 0x40,
};

#endif
