/*
 * Faults on purpose: what C calls undefined. Only the test build looks for it.
 */
#include <kernel/fault/trigger.h>
#include <kernel/log/console.h>

#ifdef UBSAN
enum { LOOKED_FOR = true };
#else
enum { LOOKED_FOR = false };
#endif

/* In the other build, doing it would be undefined indeed. */
static bool is_looked_for(void)
{
    if (!LOOKED_FOR)
        console_printf("fault: only the test kernel looks for this\n");
    return LOOKED_FOR;
}

/* Values that the compiler does not know. */
static int opaque(int value)
{
    __asm__("" : "+r"(value));
    return value;
}

static volatile int result;

FAULT(ubsan, "ubsan", "signed overflow")
{
    if (is_looked_for())
        result = opaque(INT32_MAX) + opaque(1);
}

FAULT(ubsan_bounds, "ubsan-bounds", "an index beyond an array's end")
{
    static int array[4];
    if (is_looked_for())
        result = array[opaque(4)];
}

FAULT(ubsan_shift, "ubsan-shift", "a shift by as many bits as there are")
{
    if (is_looked_for())
        result = opaque(1) << opaque(32);
}

FAULT(ubsan_null, "ubsan-null", "a null pointer followed")
{
    int *pointer = NULL;
    __asm__("" : "+r"(pointer));
    if (is_looked_for())
        result = *pointer;
}

FAULT(ubsan_alignment, "ubsan-alignment", "a pointer that is not aligned to what it points to")
{
    static int array[2];
    void *pointer = (char *)array + 1;
    __asm__("" : "+r"(pointer));
    if (is_looked_for())
        result = *(int *)pointer;
}
