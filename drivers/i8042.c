/*
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller". The
 * controller is often an imitation in firmware, so nothing that it says is relied on, every wait
 * has a limit, and a step that fails ends the set-up with an error instead of the boot.
 *
 * Limits are counted in pauses of about a microsecond (io_delay).
 */
#include <drivers/i8042.h>
#include <io.h>

enum port { DATA = 0x60, STATUS = 0x64, COMMAND = 0x64 };

enum status {
    STATUS_OUTPUT_FULL = 0x01, /* a byte waits to be read */
    STATUS_INPUT_FULL = 0x02,  /* the last byte written is not taken yet */
    STATUS_SECOND_PORT = 0x20, /* the byte that waits is the mouse's */
};

enum command {
    READ_CONFIG = 0x20,
    WRITE_CONFIG = 0x60,
    DISABLE_SECOND_PORT = 0xa7,
    SELF_TEST = 0xaa,
    TEST_FIRST_PORT = 0xab,
    DISABLE_FIRST_PORT = 0xad,
    ENABLE_FIRST_PORT = 0xae,
};

enum answer { SELF_TEST_PASSED = 0x55, PORT_TEST_PASSED = 0x00 };

enum config {
    CONFIG_FIRST_INTERRUPT = 0x01,
    CONFIG_SECOND_INTERRUPT = 0x02,
    CONFIG_FIRST_CLOCK_OFF = 0x10,
    CONFIG_TRANSLATE = 0x40,
};

enum {
    PER_MILLISECOND = 1000,
    INPUT_LIMIT = 20 * PER_MILLISECOND,
    ANSWER_MILLISECONDS = 50,
    SELF_TEST_MILLISECONDS = 200,
    FLUSH_LIMIT = 64, /* bytes; the controller and the keyboard hold some twenty */
};

static uint8_t config;

static bool wait_until_taken(void)
{
    for (unsigned limit = INPUT_LIMIT; limit; limit--) {
        if (!(inb(STATUS) & STATUS_INPUT_FULL))
            return true;
        io_delay();
    }
    return false;
}

static enum error write_port(uint16_t port, uint8_t byte)
{
    if (!wait_until_taken())
        return ERROR_TIMEOUT;
    outb(port, byte);
    return OK;
}

static enum error read_answer(uint8_t *byte, unsigned milliseconds)
{
    for (unsigned limit = milliseconds * PER_MILLISECOND; limit; limit--) {
        if (inb(STATUS) & STATUS_OUTPUT_FULL) {
            *byte = inb(DATA);
            return OK;
        }
        io_delay();
    }
    return ERROR_TIMEOUT;
}

/* A command that is answered with one byte, which has to be `expected`. */
static enum error command_expect(uint8_t command, uint8_t expected, unsigned milliseconds)
{
    uint8_t answer;
    enum error error = write_port(COMMAND, command);
    if (!error)
        error = read_answer(&answer, milliseconds);
    if (!error && answer != expected)
        error = ERROR_DEVICE;
    return error;
}

static enum error write_config(uint8_t value)
{
    enum error error = write_port(COMMAND, WRITE_CONFIG);
    if (!error)
        error = write_port(DATA, value);
    if (!error)
        config = value;
    return error;
}

static void flush(void)
{
    for (unsigned i = 0; i < FLUSH_LIMIT && (inb(STATUS) & STATUS_OUTPUT_FULL); i++) {
        inb(DATA);
        io_delay();
    }
}

static enum error disable_ports(void)
{
    enum error error = write_port(COMMAND, DISABLE_FIRST_PORT);
    if (!error)
        error = write_port(COMMAND, DISABLE_SECOND_PORT);
    if (!error)
        flush();
    return error;
}

static enum error read_config(uint8_t *value)
{
    enum error error = write_port(COMMAND, READ_CONFIG);
    return error ? error : read_answer(value, ANSWER_MILLISECONDS);
}

enum error i8042_init(void)
{
    if (inb(STATUS) == 0xff) /* what an empty bus reads as; a controller never has all bits set */
        return ERROR_NO_DEVICE;
    uint8_t value;
    enum error error = disable_ports();
    if (!error)
        error = read_config(&value);
    if (error)
        return error;
    value &= (uint8_t) ~(CONFIG_FIRST_INTERRUPT | CONFIG_SECOND_INTERRUPT | CONFIG_FIRST_CLOCK_OFF);
    value |= CONFIG_TRANSLATE;

    error = command_expect(SELF_TEST, SELF_TEST_PASSED, SELF_TEST_MILLISECONDS);
    if (!error)
        error = write_config(value); /* after the self-test, which resets it on some machines */
    if (!error)
        error = command_expect(TEST_FIRST_PORT, PORT_TEST_PASSED, ANSWER_MILLISECONDS);
    if (!error)
        error = write_port(COMMAND, ENABLE_FIRST_PORT);
    return error;
}

enum error i8042_send(uint8_t byte)
{
    return write_port(DATA, byte);
}

enum error i8042_receive(uint8_t *byte, unsigned milliseconds)
{
    return read_answer(byte, milliseconds);
}

enum error i8042_start(void)
{
    flush();
    return write_config(config | CONFIG_FIRST_INTERRUPT);
}

bool i8042_fetch(uint8_t *byte)
{
    uint8_t status = inb(STATUS);
    if (!(status & STATUS_OUTPUT_FULL))
        return false;
    *byte = inb(DATA);
    return !(status & STATUS_SECOND_PORT);
}
