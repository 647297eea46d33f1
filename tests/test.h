/*
 * One test is one step: write
 *
 *     TEST(suite, name)
 *     {
 *         EXPECT_EQ(1 + 1, 2);
 *     }
 *
 * in a .c file below tests/kernel/ (runs in the kernel, each suite in a boot of its own) or
 * tests/host/ (runs on the build machine, under AddressSanitizer and UBSan). The linker collects
 * the tests in the section "tests"; nothing has to be registered. The first expectation that does
 * not hold ends its test: EXPECT returns from the function it stands in.
 *
 * What must end in a panic is a test as well, in a suite and so in a boot of its own:
 *
 *     TEST_PANIC(suite, name, "function_in_the_backtrace", "text that the report has to contain")
 *     {
 *         PANIC("...");
 *     }
 *
 * It prints what it expects before it begins; the runner holds that against the report. Coming back
 * is a failure.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <types.h>

struct test {
    const char *suite;
    const char *name;
    void (*run)(void);
    /* For TEST_PANIC, else NULL: the function, the texts, and a NULL that ends them. */
    const char *const *panic;
};

/* The runner reads the suites off the ELF file's symbols, so their form, test__SUITE__NAME,
 * matters. Aligned to its own size so that the section is an array without gaps. */
#define TEST(suite_name, test_name) DEFINE_TEST(suite_name, test_name, NULL)

#define TEST_PANIC(suite_name, test_name, ...)                                           \
    static const char *const panic__##suite_name##__##test_name[] = {__VA_ARGS__, NULL}; \
    DEFINE_TEST(suite_name, test_name, panic__##suite_name##__##test_name)

#define DEFINE_TEST(suite_name, test_name, expected_panic)                   \
    static void run__##suite_name##__##test_name(void);                      \
    static const struct test test__##suite_name##__##test_name               \
        __attribute__((used, section("tests"), aligned(sizeof(void *)))) = { \
            .suite = #suite_name,                                            \
            .name = #test_name,                                              \
            .run = run__##suite_name##__##test_name,                         \
            .panic = (expected_panic),                                       \
    };                                                                       \
    static void run__##suite_name##__##test_name(void)

#define EXPECT(condition)                                           \
    do {                                                            \
        if (!(condition)) {                                         \
            test_fail(__FILE__, __LINE__, "expected: " #condition); \
            return;                                                 \
        }                                                           \
    } while (0)

/* Compares two integers (or pointers cast to uintptr_t) as 64-bit values and shows both. */
#define EXPECT_EQ(actual, expected)                                                            \
    do {                                                                                       \
        uint64_t actual_ = (uint64_t)(actual), expected_ = (uint64_t)(expected);               \
        if (actual_ != expected_) {                                                            \
            test_fail_equal(__FILE__, __LINE__, #actual " == " #expected, actual_, expected_); \
            return;                                                                            \
        }                                                                                      \
    } while (0)

/* Compares two strings and shows both. */
#define EXPECT_STR(actual, expected)                                           \
    do {                                                                       \
        const char *actual_ = (actual), *expected_ = (expected);               \
        if (strcmp(actual_, expected_) != 0) {                                 \
            test_fail_string(__FILE__, __LINE__, #actual, actual_, expected_); \
            return;                                                            \
        }                                                                      \
    } while (0)

void test_fail(const char *file, int line, const char *what);
void test_fail_equal(const char *file, int line, const char *what, uint64_t actual,
                     uint64_t expected);
void test_fail_string(const char *file, int line, const char *what, const char *actual,
                      const char *expected);

/* Has the running test failed an expectation (perhaps in a function that it called)? */
bool test_failed(void);

/* Runs every test of `suite` in link order and prints KTAP on the test output. Returns how many
 * failed; a suite without a test counts as one failure. */
unsigned test_run_suite(const char *suite);

/* What the kernel and the host each bring: one line of KTAP, ended by the callee. */
PRINTF(1, 2) void test_print(const char *format, ...);

#endif
