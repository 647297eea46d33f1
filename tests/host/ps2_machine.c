#include "ps2_machine.h"

#include <string.h>

#include "fake_ports.h"

enum { DATA = 0x60, STATUS = 0x64, BUFFER = 64 };

enum { INTERRUPT = 0x01, CLOCK_OFF = 0x10, TRANSLATE = 0x40 };

enum { ACKNOWLEDGE = 0xfa, RESEND = 0xfe };

const uint8_t ps2_machine_translation[128] =
    "\xff\x43\x41\x3f\x3d\x3b\x3c\x58\x64\x44\x42\x40\x3e\x0f\x29\x59"
    "\x65\x38\x2a\x70\x1d\x10\x02\x5a\x66\x71\x2c\x1f\x1e\x11\x03\x5b"
    "\x67\x2e\x2d\x20\x12\x05\x04\x5c\x68\x39\x2f\x21\x14\x13\x06\x5d"
    "\x69\x31\x30\x23\x22\x15\x07\x5e\x6a\x72\x32\x24\x16\x08\x09\x5f"
    "\x6b\x33\x25\x17\x18\x0b\x0a\x60\x6c\x34\x35\x26\x27\x19\x0c\x61"
    "\x6d\x73\x28\x74\x1a\x0d\x62\x6e\x3a\x36\x1c\x1b\x75\x2b\x63\x76"
    "\x55\x56\x77\x78\x79\x7a\x0e\x7b\x7c\x4f\x7d\x4b\x47\x7e\x7f\x6f"
    "\x52\x53\x50\x4c\x4d\x48\x01\x45\x57\x4e\x51\x4a\x37\x49\x46\x54";

static struct {
    struct ps2_faults faults;
    uint8_t config;
    bool to_config; /* the next byte to the data port is the configuration */
    uint8_t queue[BUFFER];
    size_t queued;
    bool released;       /* the translation has seen F0 */
    uint8_t argument_of; /* the command whose argument the keyboard waits for; 0: none */
    uint8_t set, lights;
    bool scans;
    unsigned commands, resends;
    unsigned looks; /* at the status, since a byte waits */
    bool busy;
} machine;

static void put(uint8_t byte)
{
    if (machine.queued < BUFFER)
        machine.queue[machine.queued++] = byte;
}

/* Takes a byte from the keyboard, and translates it if that is on. */
static void from_keyboard(uint8_t byte, bool is_answer)
{
    bool translates = machine.config & TRANSLATE && !machine.faults.false_translation;
    if (!translates || (is_answer && machine.faults.raw_answers)) {
        put(byte);
        return;
    }
    if (byte == 0xf0) {
        machine.released = true;
        return;
    }
    put((uint8_t)((byte < 0x80 ? ps2_machine_translation[byte] : byte) |
                  (machine.released ? 0x80 : 0)));
    machine.released = false;
}

static void take_argument(uint8_t command, uint8_t byte)
{
    machine.argument_of = 0;
    if (command == 0xed) {
        machine.lights = byte;
        machine.scans = true;
    }
    if (command == 0xf0 && byte && !machine.faults.speaks_set_1)
        machine.set = byte;
    from_keyboard(ACKNOWLEDGE, true);
    if (command == 0xf0 && !byte)
        from_keyboard(machine.set, true);
}

static void take_command(uint8_t byte)
{
    bool known = !(byte == 0xed && machine.faults.knows_no_lights) &&
                 !(byte == 0xf0 && machine.faults.knows_no_sets);
    if (!known)
        return;
    from_keyboard(ACKNOWLEDGE, true);
    if (byte == 0xed || byte == 0xf0) {
        machine.argument_of = byte;
        machine.scans = byte != 0xed;
    }
    if (byte == 0xff && !machine.faults.silent_reset)
        from_keyboard(0xaa, true);
    if (byte == 0xff)
        machine.lights = 0;
    if (byte == 0xf4 || byte == 0xff)
        machine.scans = true;
}

static void to_keyboard(uint8_t byte)
{
    machine.commands++;
    if (machine.resends) {
        machine.resends--;
        from_keyboard(RESEND, true);
    } else if (machine.argument_of && byte < 0x80) {
        if (!(machine.faults.stops_after_lights && machine.argument_of == 0xed))
            take_argument(machine.argument_of, byte);
    } else {
        take_command(byte);
    }
}

/* An interrupt comes only when the byte is there. */
static bool has_answer(void)
{
    return machine.queued && (machine.config & INTERRUPT || machine.looks++ >= machine.faults.slow);
}

static uint8_t read_port(uint16_t port)
{
    if (port == STATUS)
        return (has_answer() ? 1 : 0) | (machine.busy ? 2 : 0);
    machine.looks = 0;
    uint8_t byte = machine.queue[0];
    if (machine.queued)
        memmove(machine.queue, machine.queue + 1, --machine.queued);
    return byte;
}

static void controller_command(uint8_t command)
{
    if (command == 0x20)
        put(machine.config);
    else if (command == 0xaa && !machine.faults.fails_its_test)
        put(0x55);
    else if (command == 0xab)
        put(machine.faults.fails_port_test);
    machine.to_config = command == 0x60;
}

static void write_port(uint16_t port, uint8_t byte)
{
    if (port == STATUS) {
        controller_command(byte);
    } else if (machine.to_config) {
        machine.config = machine.faults.no_translation ? byte & (uint8_t)~TRANSLATE : byte;
        machine.to_config = false;
    } else {
        to_keyboard(byte);
    }
}

void ps2_machine_start(struct ps2_faults faults)
{
    memset(&machine, 0, sizeof(machine));
    machine.faults = faults;
    machine.set = faults.speaks_set_1 ? 1 : 2;
    machine.lights = 0xff;
    fake_ports_set((struct fake_device){.read = read_port, .write = write_port});
}

bool ps2_machine_key(const uint8_t *set_1, const uint8_t *set_2, size_t length_1, size_t length_2)
{
    const uint8_t *bytes = machine.set == 1 ? set_1 : set_2;
    size_t length = machine.set == 1 ? length_1 : length_2;
    for (size_t i = 0; machine.scans && i < length; i++)
        from_keyboard(bytes[i], false);
    return machine.queued < BUFFER;
}

bool ps2_machine_interrupts(void)
{
    return machine.queued && machine.config & INTERRUPT;
}

void ps2_machine_resend(unsigned count)
{
    machine.resends = count;
}

void ps2_machine_busy(bool busy)
{
    machine.busy = busy;
}

uint8_t ps2_machine_lights(void)
{
    return machine.lights;
}

bool ps2_machine_scans(void)
{
    return machine.scans;
}

unsigned ps2_machine_commands(void)
{
    return machine.commands;
}
