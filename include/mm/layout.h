#include <layout.h>
