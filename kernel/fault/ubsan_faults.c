/*
 * Faults on purpose: undefined behaviour in C. Only the test kernel checks for it.
 */
#include <kernel/fault/trigger.h>
#include <kernel/log/console.h>

#ifdef UBSAN
enum { CHECKED = true };
#else
enum { CHECKED = false };
#endif

/* Without the checks the behaviour would indeed be undefined, so the fault is refused. */
static bool is_checked(void)
{
    if (!CHECKED)
        console_printf("fault: only the test kernel checks for this\n");
    return CHECKED;
}

/* Hides a value from the compiler. */
static int opaque(int value)
{
    __asm__("" : "+r"(value));
    return value;
}

static volatile int result;

FAULT(ubsan, "ubsan", "signed overflow")
{
    if (is_checked())
        result = opaque(INT32_MAX) + opaque(1);
}

FAULT(ubsan_bounds, "ubsan-bounds", "an index beyond an array's end")
{
    static int array[4];
    if (is_checked())
        result = array[opaque(4)];
}

FAULT(ubsan_shift, "ubsan-shift", "a shift by the width of the type")
{
    if (is_checked())
        result = opaque(1) << opaque(32);
}

FAULT(ubsan_null, "ubsan-null", "a null pointer, dereferenced")
{
    int *pointer = NULL;
    __asm__("" : "+r"(pointer));
    if (is_checked())
        result = *pointer;
}

FAULT(ubsan_alignment, "ubsan-alignment", "a misaligned pointer, dereferenced")
{
    static int array[2];
    void *pointer = (char *)array + 1;
    __asm__("" : "+r"(pointer));
    if (is_checked())
        result = *(int *)pointer;
}
