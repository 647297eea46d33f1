/*
 * Definitions for every file: fixed-width integers, addresses, and a few macros that C lacks.
 */
#ifndef TYPES_H
#define TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A physical and a virtual address. They are integers, so that an access through one takes a cast.
 */
typedef uint64_t phys_addr_t;
typedef uint64_t virt_addr_t;

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The struct that embeds `member` at `pointer`. The cast to void * keeps the compiler from warning
 * of a stricter alignment: the member lies in such a struct, so it is aligned for it. */
#define CONTAINER_OF(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* `alignment` is a power of two that fits into the type of `value`, which is the type of the
 * result, too. The cast keeps a narrow alignment from cutting off the upper half of a wide value.
 */
#define ALIGN_DOWN(value, alignment) ((value) & ~((__typeof__(value))(alignment)-1))
#define ALIGN_UP(value, alignment) \
    ALIGN_DOWN((value) + ((__typeof__(value))(alignment)-1), alignment)
#define IS_ALIGNED(value, alignment) (((value) & ((__typeof__(value))(alignment)-1)) == 0)

/* Each operand is evaluated once. They do not nest: the compiler would warn of the shadowed names.
 */
#define MIN(a, b)                      \
    ({                                 \
        __auto_type min_a = (a);       \
        __auto_type min_b = (b);       \
        min_a < min_b ? min_a : min_b; \
    })
#define MAX(a, b)                      \
    ({                                 \
        __auto_type max_a = (a);       \
        __auto_type max_b = (b);       \
        max_a > max_b ? max_a : max_b; \
    })

#define PACKED                      __attribute__((packed))
#define ALIGNED(n)                  __attribute__((aligned(n)))
#define NORETURN                    __attribute__((noreturn))
#define PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))

/* For the rare case of a fast function: inlined, it would make the fast path save registers. */
#define NOINLINE __attribute__((noinline))

/* Not inlined, cloned or renamed. */
#ifdef __clang__
#define AS_WRITTEN __attribute__((noinline, optnone))
#else
#define AS_WRITTEN __attribute__((noipa))
#endif

/* For data that is constant after set-up. It lies beside .rodata and becomes read-only before the
 * first task runs. */
#define RO_AFTER_INIT __attribute__((section(".ro_after_init")))

#endif
