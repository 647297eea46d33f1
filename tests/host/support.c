/*
 * Runs the kernel's files on the host: `host-tests SUITE`. Functions that they call and that are
 * not there have stand-ins here, such as a panic that a test can expect. The results are KTAP on
 * standard output. Each suite has a process of its own, since the kernel's variables are shared.
 */
#include <assert.h>
#include <kernel/cpu/cpu.h>
#include <kernel/cpu/safe_load.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <kernel/log/symbols.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "support.h"

static jmp_buf *panic_return;
static char panic_text[512];

static void panicked(void)
{
    if (panic_return)
        longjmp(*panic_return, 1);
    fprintf(stderr, "PANIC: %s\n", panic_text);
    abort();
}

void panic_at(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(panic_text, sizeof(panic_text), format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof(panic_text))
        snprintf(panic_text + length, sizeof(panic_text) - (size_t)length, " (%s:%d)", file, line);
    panicked();
    abort();
}

void assert_failed(const char *condition, const char *file, int line)
{
    panic_at(file, line, "ASSERT(%s)", condition);
}

char host_log[256];

void log_write(enum log_level level, const char *format, ...)
{
    (void)level;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(host_log, sizeof(host_log), format, arguments);
    va_end(arguments);
}

struct symbol_place symbol_place(virt_addr_t address)
{
    struct symbol_place place;
    snprintf(place.text, sizeof(place.text), "%p", (void *)address);
    return place;
}

bool safe_load_word(virt_addr_t address, uint32_t *word)
{
    *word = *(const uint32_t *)address;
    return true;
}

struct cpu host_cpu = {.self = &host_cpu};
uint64_t host_tsc, host_tsc_step;
uint64_t host_cr4;
uint64_t host_cr3;
bool host_masked;
void (*host_interrupt)(void);

const char *host_expect_panic(void (*run)(void *), void *argument)
{
    jmp_buf here;
    panic_text[0] = '\0';
    panic_return = &here;
    bool did_panic = setjmp(here) != 0;
    if (!did_panic)
        run(argument);
    panic_return = NULL;
    return did_panic ? panic_text : NULL;
}

void test_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc == 2)
        return test_run_suite(argv[1]) != 0;
    fprintf(stderr, "usage: %s SUITE\n", argv[0]);
    return 2;
}
