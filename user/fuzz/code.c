/*
 * Runs random bytes as a program: as instructions, or as a file that is executed. Among the random
 * instructions there are system calls, and instructions that a program must not execute.
 */
#include <lib/string.h>

#include "fuzz/fuzz.h"
#include "lib/linux.h"

enum { MAP_EXECUTE = 4 };

static const struct {
    uint8_t size, bytes[5];
} instructions[] = {
    {2, {0x0f, 0x05}},             /* syscall */
    {2, {0x0f, 0x34}},             /* sysenter */
    {2, {0x0f, 0x07}},             /* sysret */
    {1, {0xf4}},                   /* hlt */
    {1, {0xcf}},                   /* iret */
    {2, {0x48, 0xcf}},             /* iretq */
    {1, {0xcb}},                   /* far return */
    {1, {0xfa}},                   /* cli */
    {1, {0xec}},                   /* in */
    {1, {0xee}},                   /* out */
    {1, {0xf1}},                   /* int1 */
    {1, {0xcc}},                   /* int3 */
    {2, {0xcd, 0x80}},             /* int $0x80 */
    {2, {0xcd, 0x20}},             /* int $0x20 */
    {1, {0x9d}},                   /* popf */
    {1, {0xfd}},                   /* std */
    {2, {0x0f, 0x32}},             /* rdmsr */
    {2, {0x0f, 0x30}},             /* wrmsr */
    {3, {0x0f, 0x01, 0xf8}},       /* swapgs */
    {3, {0x0f, 0x22, 0xd8}},       /* mov %rax, %cr3 */
    {3, {0x0f, 0x01, 0x18}},       /* lidt (%rax) */
    {3, {0x8e, 0xe8, 0x90}},       /* mov %eax, %gs */
    {3, {0x8e, 0xd8, 0x90}},       /* mov %eax, %ds */
    {2, {0xdb, 0xe3}},             /* fninit */
    {3, {0x0f, 0xae, 0x08}},       /* fxrstor (%rax) */
    {3, {0x0f, 0xae, 0x10}},       /* ldmxcsr (%rax) */
    {4, {0xf3, 0x48, 0xab, 0x90}}, /* rep stosq */
    {2, {0xff, 0xe0}},             /* jmp *%rax */
    {3, {0xff, 0x28, 0x90}},       /* far jmp *(%rax) */
};

static void run_bytes(void)
{
    static uint64_t registers[14];
    uint8_t *code = sys_mmap(NULL, 2 * PAGE, MAP_READ | MAP_WRITE | MAP_EXECUTE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *stack =
        sys_mmap(NULL, 2 * PAGE, MAP_READ | MAP_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t at = 0; at < PAGE;) {
        size_t which = below(ARRAY_SIZE(instructions));
        if (once_in(3)) {
            memcpy(code + at, instructions[which].bytes, instructions[which].size);
            at += instructions[which].size;
        } else {
            code[at++] = (uint8_t)random_next(&seed);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
        registers[i] = once_in(2) ? make_pointer(PAGE) : interesting_number();
    shared->calls++;
    raw_jump((uintptr_t)code + below(16), (uintptr_t)stack + PAGE, registers);
}

/* This very program's file with some of its bytes changed, or nothing but random bytes. */
static void run_file(void)
{
    static char content[4 * PAGE];
    static const char *const arguments[] = {"program", NULL};
    long file = sys_open("/proc/self/exe", OPEN_READ, 0);
    long size = sys_read((int)file, content, sizeof(content));
    sys_close((int)file);
    for (unsigned changes = below(12); changes > 0; changes--) {
        uint64_t value = interesting_number();
        size_t width = (size_t)1 << below(4);
        memcpy(content + below(300), &value, width); /* the headers' */
    }
    if (once_in(8)) {
        for (size_t i = 0; i < sizeof(content); i++)
            content[i] = (char)random_next(&seed);
    }
    file = sys_open("program", OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, 0755);
    sys_write((int)file, content, (size_t)(size > 0 ? size : 0));
    sys_close((int)file);
    shared->calls++;
    sys_execve("program", arguments, arguments + 1);
    sys_exit_group(0);
}

void run_random_code(uint64_t round_seed)
{
    seed = round_seed;
    for (int file = 0; file < 64; file++)
        sys_close(file);
    if (once_in(2))
        run_file();
    run_bytes();
    sys_exit_group(0);
}
