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

enum { MAX_FILES = 1024 };

struct directory_entry {
    uint8_t size[4];
    uint8_t key[2];
    uint8_t reserved[2];
    char name[56];
};
_Static_assert(sizeof(struct directory_entry) == 64, "docs/specs/fw_cfg, file directory");

static uint32_t big_endian(const uint8_t *bytes, size_t count)
{
    uint32_t value = 0;
    while (count--) /* NOLINTNEXTLINE(clang-analyzer-core.*): inb_many() has written them */
        value = value << 8 | *bytes++;
    return value;
}

bool fw_cfg_present(void)
{
    char signature[4];
    outw(SELECTOR, KEY_SIGNATURE);
    inb_many(DATA, signature, sizeof(signature));
    return memcmp(signature, "QEMU", sizeof(signature)) == 0;
}

/* Finds a file in the directory, which begins with the number of its entries. */
static bool find_file(const char *name, struct directory_entry *entry)
{
    uint8_t count[4];
    outw(SELECTOR, KEY_DIRECTORY);
    inb_many(DATA, count, sizeof(count));
    uint32_t left = MIN(big_endian(count, sizeof(count)), (uint32_t)MAX_FILES);
    for (; left; left--) {
        inb_many(DATA, entry, sizeof(*entry));
        if (strncmp(entry->name, name, sizeof(entry->name)) == 0)
            return true;
    }
    return false;
}

enum error fw_cfg_read_file(const char *name, char *text, size_t room)
{
    ASSERT(room > 0);
    struct directory_entry entry;
    if (!fw_cfg_present() || !find_file(name, &entry))
        return ERROR_NO_DEVICE;
    size_t size = big_endian(entry.size, sizeof(entry.size));
    size_t length = MIN(size, room - 1);
    outw(SELECTOR, (uint16_t)big_endian(entry.key, sizeof(entry.key)));
    inb_many(DATA, text, length);
    text[length] = '\0';
    return length < size ? ERROR_FULL : OK;
}
