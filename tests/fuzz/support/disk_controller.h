#ifndef TESTS_FUZZ_SUPPORT_DISK_CONTROLLER_H
#define TESTS_FUZZ_SUPPORT_DISK_CONTROLLER_H

#include "../../host/fake_disk.h"

/* Does with a controller of that kind what the input says. */
/* With `recovers`, a disk that is honest again has to work again or be given up. */
void fuzz_disk_controller(fake_controller *controller, const uint8_t *bytes, size_t size,
                          bool recovers);

#endif
