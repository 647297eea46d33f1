/*
 * QEMU, docs/specs/fw_cfg, "Guest-side DMA Interface". The driver describes a transfer in memory
 * and starts it by writing the description's physical address to the address register. The device
 * clears the description's control field when it is done. Every number is big-endian. The address
 * register reads as a signature, by which the device is detected.
 *
 * The older interface transfers one byte for each access to a port, and each access is an exit to
 * QEMU. QEMU has had DMA since version 2.5, of 2015.
 */
#include <assert.h>
#include <drivers/fw_cfg.h>
#include <io.h>
#include <layout.h>
#include <lib/string.h>

/* The address register. Writing the low half begins the transfer. */
enum port { ADDRESS_HIGH = 0x514, ADDRESS_LOW = 0x518 };

enum control { CONTROL_ERROR = 0x01, CONTROL_READ = 0x02, CONTROL_SELECT = 0x08 };

enum { KEY_DIRECTORY = 0x19, KEY_SHIFT = 16 };

enum {
    MAX_FILES = 1024,
    LIMIT = 1000000, /* of about a microsecond; QEMU is done before the next instruction */
};

struct transfer {
    uint32_t control; /* CONTROL_ bits; a key to be selected above KEY_SHIFT */
    uint32_t length;
    uint64_t address;
};
_Static_assert(sizeof(struct transfer) == 16, "docs/specs/fw_cfg, FWCfgDmaAccess");

struct directory_entry {
    uint32_t size;
    uint16_t key;
    uint16_t reserved;
    char name[56];
};
_Static_assert(sizeof(struct directory_entry) == 64, "docs/specs/fw_cfg, FWCfgFile");

bool fw_cfg_present(void)
{
    uint32_t signature[] = {inl(ADDRESS_HIGH), inl(ADDRESS_LOW)};
    return __builtin_memcmp(signature, "QEMU CFG", sizeof(signature)) == 0;
}

/* Reads the next `length` bytes of the selected item. */
static enum error transfer(uint32_t control, phys_addr_t to, size_t length)
{
    static struct transfer description;
    phys_addr_t address = image_to_phys(&description);
    description.control = __builtin_bswap32(control);
    description.length = __builtin_bswap32((uint32_t)length);
    description.address = __builtin_bswap64(to);
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* the device reads the description */
    outl(ADDRESS_HIGH, __builtin_bswap32((uint32_t)(address >> 32)));
    outl(ADDRESS_LOW, __builtin_bswap32((uint32_t)address));
    for (unsigned i = 0; i < LIMIT; i++) {
        uint32_t left = __atomic_load_n(&description.control, __ATOMIC_ACQUIRE);
        if (!left)
            return OK;
        if (left & __builtin_bswap32(CONTROL_ERROR))
            return ERROR_DEVICE;
        io_delay();
    }
    return ERROR_TIMEOUT;
}

/* `to` is part of the kernel image. */
static enum error read(void *to, size_t length)
{
    return transfer(CONTROL_READ, image_to_phys(to), length);
}

/* Selects the item with that key, and reads its first bytes. */
static enum error read_first(uint16_t key, phys_addr_t to, size_t length)
{
    return transfer((uint32_t)key << KEY_SHIFT | CONTROL_SELECT | CONTROL_READ, to, length);
}

/* The part of the directory that was read last. */
static struct directory_entry entries[16];

static const struct directory_entry *search(const char *name, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(entries[i].name, name, sizeof(entries[i].name)) == 0)
            return &entries[i];
    }
    return NULL;
}

/* Searches the directory, which begins with the number of its entries. */
static enum error find_file(const char *name, const struct directory_entry **file)
{
    static uint32_t count;
    enum error error = read_first(KEY_DIRECTORY, image_to_phys(&count), sizeof(count));
    size_t left = MIN(__builtin_bswap32(count), (uint32_t)MAX_FILES);
    for (size_t part; left && !error; left -= part) {
        part = MIN(left, ARRAY_SIZE(entries));
        error = read(entries, part * sizeof(*entries));
        *file = search(name, part);
        if (*file && !error)
            return OK;
    }
    return error ? error : ERROR_NO_DEVICE;
}

enum error fw_cfg_read_file(const char *name, char *text, size_t room)
{
    const struct directory_entry *file;
    ASSERT(room > 0);
    text[0] = '\0';
    if (!fw_cfg_present())
        return ERROR_NO_DEVICE;
    enum error error = find_file(name, &file);
    if (error)
        return error;
    size_t size = __builtin_bswap32(file->size), length = MIN(size, room - 1);
    error = read_first(__builtin_bswap16(file->key), image_to_phys(text), length);
    if (error)
        return error;
    text[length] = '\0';
    return length < size ? ERROR_FULL : OK;
}

enum error fw_cfg_file_size(const char *name, size_t *size)
{
    const struct directory_entry *file;
    if (!fw_cfg_present())
        return ERROR_NO_DEVICE;
    enum error error = find_file(name, &file);
    if (!error)
        *size = __builtin_bswap32(file->size);
    return error;
}

enum error fw_cfg_read_memory(const char *name, phys_addr_t to, size_t size)
{
    const struct directory_entry *file;
    enum error error = find_file(name, &file);
    if (error)
        return error;
    ASSERT(size <= __builtin_bswap32(file->size));
    return read_first(__builtin_bswap16(file->key), to, size);
}
