#include <kernel/cpu/trap.h>

#include "../test.h"

/* Post 5: a breakpoint is reported, and execution goes on behind it. */
TEST(traps, breakpoint_continues)
{
    uint64_t before = trap_count(VECTOR_BREAKPOINT);
    __asm__ volatile("int3");
    EXPECT_EQ(trap_count(VECTOR_BREAKPOINT), before + 1);
}

TEST(traps, breakpoint_keeps_every_register)
{
    uint64_t wrong;
    __asm__ volatile(
        "movq $1, %%rax; movq $2, %%rbx; movq $3, %%rcx; movq $4, %%rdx; movq $5, %%rsi\n\t"
        "movq $6, %%rdi; movq $8, %%r8; movq $9, %%r9; movq $10, %%r10; movq $11, %%r11\n\t"
        "movq $12, %%r12; movq $13, %%r13; movq $14, %%r14; movq $15, %%r15\n\t"
        "int3\n\t"
        /* Each register less what it held, all or-ed together: zero. */
        "subq $1, %%rax; subq $2, %%rbx; subq $3, %%rcx; subq $4, %%rdx; subq $5, %%rsi\n\t"
        "subq $6, %%rdi; subq $8, %%r8; subq $9, %%r9; subq $10, %%r10; subq $11, %%r11\n\t"
        "subq $12, %%r12; subq $13, %%r13; subq $14, %%r14; subq $15, %%r15\n\t"
        "orq %%rbx, %%rax; orq %%rcx, %%rax; orq %%rdx, %%rax; orq %%rsi, %%rax\n\t"
        "orq %%rdi, %%rax; orq %%r8, %%rax; orq %%r9, %%rax; orq %%r10, %%rax\n\t"
        "orq %%r11, %%rax; orq %%r12, %%rax; orq %%r13, %%rax; orq %%r14, %%rax\n\t"
        "orq %%r15, %%rax"
        : "=a"(wrong)
        :
        : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
          "memory", "cc");
    EXPECT_EQ(wrong, 0);
}

/* Intel SDM 3A table 6-1, vector by vector. */
TEST(traps, vectors_with_an_error_code)
{
    static const unsigned char with[] = {8, 10, 11, 12, 13, 14, 17, 21, 29, 30};
    size_t next = 0;
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
        bool expected = next < sizeof(with) && with[next] == vector;
        next += expected;
        EXPECT_EQ(trap_has_error_code(vector), expected);
    }
}

/* `int` pushes no error code, so only vectors without one can be raised so. Every gate from 32 up
 * has to lead back here. */
#define RAISE(vector) __asm__ volatile("int %0" : : "i"(vector) : "memory")

TEST(traps, unexpected_interrupts_are_counted)
{
    RAISE(48);
    RAISE(48);
    RAISE(128);
    RAISE(255);
    EXPECT_EQ(trap_count(48), 2);
    EXPECT_EQ(trap_count(128), 1);
    EXPECT_EQ(trap_count(255), 1);
    EXPECT(!in_interrupt());
}

TEST(traps, names)
{
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++)
        EXPECT(trap_name(vector) && trap_name(vector)[0]);
}
