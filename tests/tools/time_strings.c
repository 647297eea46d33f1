/*
 * Times the kernel's own object of lib/string.c beside the C library, and prints docs/strings.md.
 * The build gives each of the kernel's symbols the prefix `kernel_`.
 *
 * A shared machine is noisy, and changes its clock rate as it likes. So the contestants take turns,
 * a short round each, and the shortest of many rounds counts. Data that fits into the cache is
 * there.
 */
#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void *copy_function(void *to, const void *from, size_t size);
typedef void *fill_function(void *to, int byte, size_t size);
typedef int compare_function(const void *a, const void *b, size_t size);
typedef size_t length_function(const char *string);

copy_function kernel_memcpy, kernel_memmove;
fill_function kernel_memset;
compare_function kernel_memcmp;
length_function kernel_strlen;
void kernel_string_init(bool fast_bytes);

enum { ROUNDS = 100, ROUND_BYTES = 1 << 16, LARGEST = 1 << 24, MARGIN = 1 << 16 };

static char *first, *second; /* LARGEST + MARGIN bytes each, the same in both */

/* The functions that are compared, and the offsets of the bytes that they are called with. `from`
 * is an offset in the second buffer, or in the first one for copies that overlap. */
struct subject {
    const char *name;
    enum { COPY, FILL, COMPARE, LENGTH } kind;
    union functions {
        copy_function *copy;
        fill_function *fill;
        compare_function *compare;
        length_function *length;
    } library, kernel;
    size_t to, from;
    bool overlaps;
};

static const struct subject subjects[] = {
    {"memcpy, aligned", COPY, {memcpy}, {kernel_memcpy}, 0, 0, false},
    {"memcpy, 1 and 3 bytes beyond", COPY, {memcpy}, {kernel_memcpy}, 1, 3, false},
    {"memset, aligned", FILL, {.fill = memset}, {.fill = kernel_memset}, 0, 0, false},
    {"memset, 1 byte beyond", FILL, {.fill = memset}, {.fill = kernel_memset}, 1, 0, false},
    {"memmove, 160 bytes down", COPY, {memmove}, {kernel_memmove}, 0, 160, true},
    {"memmove, 160 bytes up", COPY, {memmove}, {kernel_memmove}, 160, 0, true},
    {"memmove, 4096 bytes up", COPY, {memmove}, {kernel_memmove}, 4096, 0, true},
    {"memcmp", COMPARE, {.compare = memcmp}, {.compare = kernel_memcmp}, 0, 0, false},
    {"strlen", LENGTH, {.length = strlen}, {.length = kernel_strlen}, 0, 0, false},
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The nanoseconds of one call, the mean of a round. */
static double run_round(const struct subject *subject, union functions functions, size_t size)
{
    char *to = first + subject->to;
    const char *from = (subject->overlaps ? first : second) + subject->from;
    size_t calls = ROUND_BYTES / (size + 64) + 1;
    double start = now();
    for (size_t i = 0; i < calls; i++) {
        switch (subject->kind) {
        case COPY:
            functions.copy(to, from, size);
            break;
        case FILL:
            functions.fill(to, 'x', size);
            break;
        case COMPARE:
            functions.compare(to, from, size);
            break;
        case LENGTH:
            functions.length(from + LARGEST - size);
            break;
        }
    }
    return (now() - start) / (double)calls;
}

static double shorter(double a, double b)
{
    return a < b ? a : b;
}

static bool uses_rep(const struct subject *subject)
{
    return subject->kind == COPY || subject->kind == FILL;
}

static void print_row(const struct subject *subject, size_t size)
{
    double library = 1e18, without = 1e18, kernel = 1e18;
    for (unsigned i = 0; i < ROUNDS; i++) {
        library = shorter(library, run_round(subject, subject->library, size));
        kernel_string_init(false);
        without = shorter(without, run_round(subject, subject->kernel, size));
        kernel_string_init(true);
        kernel = shorter(kernel, run_round(subject, subject->kernel, size));
    }
    printf("| %zu | %.1f | %.1f | %.2f |", size, library, kernel, kernel / library);
    if (uses_rep(subject))
        printf(" %.1f | %.2f |", without, without / library);
    putchar('\n');
}

static void print_table(const struct subject *subject)
{
    memset(first, 'x', LARGEST + MARGIN);
    memset(second, 'x', LARGEST + MARGIN);
    second[LARGEST] = '\0';
    first[LARGEST] = '\0';
    printf("\n## %s\n\n| bytes | C library, ns | Cairn, ns | ratio |%s\n| ---: | ---: | ---: | "
           "---: |%s\n",
           subject->name, uses_rep(subject) ? " without ERMS, ns | ratio |" : "",
           uses_rep(subject) ? " ---: | ---: |" : "");
    for (size_t size = 8; size <= LARGEST; size *= size < 4096 ? 2 : 16)
        print_row(subject, size);
}

static void print_processor(void)
{
    uint32_t name[13] = {0}, eax, ebx = 0, ecx, edx = 0;
    for (uint32_t i = 0; i < 3; i++)
        __get_cpuid(0x80000002 + i, &name[4 * i], &name[4 * i + 1], &name[4 * i + 2],
                    &name[4 * i + 3]);
    __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx);
    printf("Processor: %s, %s fast strings (ERMS), %s fast short ones (FSRM).\n", (char *)name,
           ebx >> 9 & 1 ? "with" : "without", edx >> 4 & 1 ? "with" : "without");
}

int main(void)
{
    first = aligned_alloc(4096, LARGEST + MARGIN);
    second = aligned_alloc(4096, LARGEST + MARGIN);
    if (!first || !second)
        return 1;
    printf("# Strings\n\n"
           "Written by `make bench-host`. It times `lib/string.c`, as it was compiled for the "
           "kernel, beside the C\n"
           "library of the build machine, which may use vector registers. Each time is the mean of "
           "a round of calls,\n"
           "and the shortest of %u rounds counts. Times differ from machine to machine, and a "
           "little from run to run.\n\n",
           ROUNDS);
    print_processor();
    for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
        print_table(&subjects[i]);
    return 0;
}
