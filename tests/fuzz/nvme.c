/*
 * An NVMe controller that lies: support/disk_controller.c.
 */
#include "support/disk_controller.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_disk_controller(fake_nvme, bytes, size);
    return 0;
}
