/*
 * An IDE controller with a disk or a CD drive that lies: support/disk_controller.c.
 */
#include "support/disk_controller.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_disk_controller(size && bytes[0] & 16 ? fake_ide_cd : fake_ide, bytes, size);
    return 0;
}
