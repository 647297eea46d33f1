/*
 * The reader of cpio archives, with any archive.
 */
#include <fs/cpio.h>

#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static volatile uint8_t sum;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cpio cpio = {.bytes = bytes, .size = size};
    struct cpio_entry entry;
    size_t total = 0;
    while (cpio_next(&cpio, &entry) == OK) {
        for (uint32_t i = 0; i < entry.size; i++)
            sum += entry.content[i];
        for (const char *byte = entry.name; *byte; byte++)
            sum += (uint8_t)*byte;
        total += entry.size;
        require(*entry.name != '/' && total <= size);
    }
    return 0;
}
