#ifndef TESTS_FUZZ_SUPPORT_DISK_CONTROLLER_H
#define TESTS_FUZZ_SUPPORT_DISK_CONTROLLER_H

#include "../../host/fake_disk.h"

/* Does with a controller of that kind what the input says. */
void fuzz_disk_controller(fake_controller *controller, const uint8_t *bytes, size_t size);

#endif
