/*
 * Arrays that the linker collects: a macro puts an entry into the section NAME wherever it is used,
 * and linker.ld puts __start_NAME and __stop_NAME around the section. In C the two are different
 * objects, whose addresses must not be compared; their values as integers may.
 */
#ifndef SECTION_H
#define SECTION_H

#include <types.h>

#define SECTION_ARRAY(type, name) extern const type __start_##name[], __stop_##name[]

#define SECTION_COUNT(name) \
    (((uintptr_t)__stop_##name - (uintptr_t)__start_##name) / sizeof(*__start_##name))

#define section_for_each(type, entry, name) \
    for (const type *entry = __start_##name; entry != __start_##name + SECTION_COUNT(name); entry++)

#endif
