/* How a program finds the processor and its stack when it starts. It is linked with `entered` as
 * its entry, which keeps what it finds and goes on to the C library's start. */
#include "support.h"

uint64_t start_registers[16], start_flags, start_fs;
unsigned start_mxcsr;
unsigned short start_control;

__asm__(".text\n"
        ".globl entered\n"
        "entered:\n"
        "    mov %rax, start_registers+0(%rip)\n"
        "    mov %rbx, start_registers+8(%rip)\n"
        "    mov %rcx, start_registers+16(%rip)\n"
        "    mov %rdx, start_registers+24(%rip)\n"
        "    mov %rsi, start_registers+32(%rip)\n"
        "    mov %rdi, start_registers+40(%rip)\n"
        "    mov %rbp, start_registers+48(%rip)\n"
        "    mov %r8, start_registers+56(%rip)\n"
        "    mov %r9, start_registers+64(%rip)\n"
        "    mov %r10, start_registers+72(%rip)\n"
        "    mov %r11, start_registers+80(%rip)\n"
        "    mov %r12, start_registers+88(%rip)\n"
        "    mov %r13, start_registers+96(%rip)\n"
        "    mov %r14, start_registers+104(%rip)\n"
        "    mov %r15, start_registers+112(%rip)\n"
        "    mov %rsp, start_registers+120(%rip)\n"
        "    stmxcsr start_mxcsr(%rip)\n"
        "    fnstcw start_control(%rip)\n"
        "    mov %rsp, %rbx\n"
        "    pushfq\n"
        "    pop start_flags(%rip)\n"
        "    lea start_fs(%rip), %rsi\n"
        "    mov $0x1003, %edi\n" /* ARCH_GET_FS */
        "    mov $158, %eax\n"
        "    syscall\n"
        "    mov %rbx, %rsp\n"
        "    xor %edx, %edx\n"
        "    jmp _start\n");

TEST(start, registers)
{
    for (int i = 0; i < 15; i++)
        EXPECT_EQ(start_registers[i], 0);
    EXPECT_EQ(start_registers[15] % 16, 0);
    EXPECT_EQ(start_flags, 0x202);
    EXPECT_EQ(start_fs, 0);
}

TEST(start, floating_point)
{
    EXPECT_EQ(start_mxcsr, 0x1f80);
    EXPECT_EQ(start_control, 0x37f);
}

TEST(start, the_stack)
{
    const uint64_t *stack = (const uint64_t *)start_registers[15];
    EXPECT_EQ(stack[0], 2); /* the test's program gets its suite */
    EXPECT_STR((const char *)stack[2], "start");
    EXPECT_EQ(stack[3], 0);
    const uint64_t *environment = stack + 4;
    while (*environment)
        environment++;
    int entries = 0;
    for (const uint64_t *entry = environment + 1; entry[0]; entry += 2)
        entries++;
    EXPECT(entries >= 6);
    EXPECT((uint64_t)stack < 0x7ffffffff000);
}
