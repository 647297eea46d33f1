/*
 * The words that every file shares: fixed-width integers, addresses, and the few macros that C
 * lacks.
 */
#ifndef TYPES_H
#define TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A physical address, and a virtual one. Integers: neither can be followed without saying so. */
typedef uint64_t phys_addr_t;
typedef uint64_t virt_addr_t;

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The struct that embeds `member` at `pointer`. Through void: the struct's alignment is the
 * embedder's affair. */
#define CONTAINER_OF(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* `alignment` is a power of two that the type of `value` can hold; so is the result's type. The
 * cast keeps a narrow alignment from cutting off the upper half of a wide value. */
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

/* For what a fast function calls when it cannot be fast: inlined it would cost the fast way
 * registers to save. */
#define SLOW_PATH __attribute__((noinline))

/* Not inlined, cloned or renamed. */
#ifdef __clang__
#define AS_WRITTEN __attribute__((noinline, optnone))
#else
#define AS_WRITTEN __attribute__((noipa))
#endif

/* What is constant once set-up is over: lies with .rodata and is made read-only before the first
 * task runs. */
#define RO_AFTER_INIT __attribute__((section(".ro_after_init")))

#endif
