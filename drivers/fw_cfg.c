/*
 * QEMU, docs/specs/fw_cfg: writing a key to the selector port puts a data stream behind the data
 * port, which is read byte by byte. Multi-byte fields of the file directory are big-endian. On
 * another machine nothing is at these ports.
 */
#include <assert.h>
#include <drivers/fw_cfg.h>
#include <io.h>
#include <lib/string.h>

enum port { SELECTOR = 0x510, DATA = 0x511 };

enum key { KEY_SIGNATURE = 0x00, KEY_DIRECTORY = 0x19 };

enum { NAME_SIZE = 56, MAX_FILES = 1024 };

static void read_bytes(void *to, size_t size)
{
    uint8_t *bytes = to;
    for (; size; size--)
        *bytes++ = inb(DATA);
}

static uint32_t read_big_endian(unsigned bytes)
{
    uint32_t value = 0;
    for (; bytes; bytes--)
        value = value << 8 | inb(DATA);
    return value;
}

bool fw_cfg_present(void)
{
    char signature[4];
    outw(SELECTOR, KEY_SIGNATURE);
    read_bytes(signature, sizeof(signature));
    return memcmp(signature, "QEMU", sizeof(signature)) == 0;
}

/* Finds a file's key and size in the directory. */
static bool find_file(const char *name, uint16_t *key, uint32_t *size)
{
    outw(SELECTOR, KEY_DIRECTORY);
    uint32_t count = MIN(read_big_endian(4), (uint32_t)MAX_FILES);
    for (; count; count--) {
        char entry_name[NAME_SIZE];
        *size = read_big_endian(4);
        *key = (uint16_t)read_big_endian(2);
        read_big_endian(2); /* reserved */
        read_bytes(entry_name, sizeof(entry_name));
        if (strncmp(entry_name, name, sizeof(entry_name)) == 0)
            return true;
    }
    return false;
}

enum error fw_cfg_read_file(const char *name, char *text, size_t room)
{
    ASSERT(room > 0);
    uint16_t key;
    uint32_t size;
    if (!fw_cfg_present() || !find_file(name, &key, &size))
        return ERROR_NO_DEVICE;
    size_t length = MIN((size_t)size, room - 1);
    outw(SELECTOR, key);
    read_bytes(text, length);
    text[length] = '\0';
    return length < size ? ERROR_FULL : OK;
}
