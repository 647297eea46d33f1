/*
 * Exceptions in words: error codes, page faults, and the address that a general protection fault
 * was about.
 */
#include <kernel/cpu/stacks.h>
#include <kernel/cpu/trap.h>
#include <kernel/fault/noncanonical.h>
#include <kernel/fault/words.h>
#include <layout.h>
#include <lib/random.h>
#include <string.h>

#include "../test.h"

static char text[160];

static const char *spell(unsigned vector, uint64_t code)
{
    fault_spell_error_code(vector, code, text, sizeof(text));
    return text;
}

TEST(fault_words, page_fault_codes_are_spelled)
{
    EXPECT_STR(spell(14, 0x0), "read, page not present, kernel");
    EXPECT_STR(spell(14, 0x3), "write, page present, kernel");
    EXPECT_STR(spell(14, 0x11), "execution, page present, kernel");
    EXPECT_STR(spell(14, 0x6), "write, page not present, user");
    EXPECT_STR(spell(14, 0x9), "read, page present, kernel, reserved bit set");
    EXPECT_STR(spell(14, 0x8061), "read, page present, kernel, protection key, shadow stack, SGX");
}

TEST(fault_words, selector_codes_are_spelled)
{
    EXPECT_STR(spell(13, 0), "no selector");
    EXPECT_STR(spell(13, 0x28), "selector 5 of the GDT");
    EXPECT_STR(spell(11, 0x82), "selector 16 of the IDT");
    EXPECT_STR(spell(12, 0xc), "selector 1 of the LDT");
    EXPECT_STR(spell(10, 0x19), "selector 3 of the GDT, from an external event");
    EXPECT_STR(spell(13, 0xffff), "selector 8191 of the IDT, from an external event");
}

TEST(fault_words, other_codes_are_spelled_or_empty)
{
    EXPECT_STR(spell(21, 3), "a jump to an instruction that is not endbr");
    EXPECT_STR(spell(21, 77), "unknown");
    EXPECT_STR(spell(8, 0), "");
    EXPECT_STR(spell(0, 1), "");
}

TEST(fault_words, every_exception_has_its_meaning)
{
    for (unsigned vector = 0; vector < EXCEPTION_COUNT; vector++)
        EXPECT(fault_meaning(vector) && fault_meaning(vector)[0] && fault_mnemonic(vector));
}

static const struct stack stack = {"test", 0xffff900000002000, 0xffff900000004000};

static const char *spell_page_fault(uint64_t code, virt_addr_t address, const struct stack *near)
{
    fault_spell_page_fault(code, address, near, near, text, sizeof(text));
    return text;
}

TEST(fault_words, page_faults_are_explained)
{
    virt_addr_t there = 0xffff800000001000;
    EXPECT_STR(spell_page_fault(0, there, NULL), "read where no page is mapped");
    EXPECT_STR(spell_page_fault(2, there, NULL), "write where no page is mapped");
    EXPECT_STR(spell_page_fault(0x10, there, NULL), "execution where no page is mapped");
    EXPECT_STR(spell_page_fault(3, there, NULL), "write to a read-only page");
    EXPECT_STR(spell_page_fault(0x11, there, NULL), "execution of a no-execute page");
    EXPECT_STR(spell_page_fault(1, there, NULL),
               "read from a page that only user programs may read");
    EXPECT_STR(spell_page_fault(0xb, there, NULL),
               "write through a page-table entry with a reserved bit set");
}

TEST(fault_words, null_pointers_are_named)
{
    EXPECT_STR(spell_page_fault(0, 0, NULL), "read through a null pointer");
    EXPECT_STR(spell_page_fault(2, 4095, NULL), "write through a null pointer");
    EXPECT_STR(spell_page_fault(0x10, 0, NULL), "call of a null pointer");
    EXPECT_STR(spell_page_fault(0, 4096, NULL), "read where no page is mapped");
}

TEST(fault_words, guard_pages_are_named)
{
    EXPECT_STR(spell_page_fault(2, stack.bottom - 1, &stack),
               "kernel stack overflow: write in the guard page below the test stack");
    EXPECT_STR(spell_page_fault(0, stack.top, &stack),
               "read in the guard page above the test stack");
    EXPECT_STR(spell_page_fault(0x11, stack.bottom, &stack), "execution of a no-execute page");
}

/* A stray pointer into the guard page of another stack is not an overflow. */
TEST(fault_words, the_guard_page_of_another_stack_is_no_overflow)
{
    static const struct stack other = {"other", 0xffff900000006000, 0xffff900000008000};
    fault_spell_page_fault(2, stack.bottom - 1, &stack, &other, text, sizeof(text));
    EXPECT_STR(text, "write in the guard page below the test stack");
    fault_spell_page_fault(2, stack.bottom - 1, &stack, NULL, text, sizeof(text));
    EXPECT_STR(text, "write in the guard page below the test stack");
}

#define HERE UINT64_C(0xffffffff80100000)
#define BAD  UINT64_C(0x8000000000000000)

/* The address that is found, or 0. Every register holds a good address but those that are set. */
static virt_addr_t find(struct trap_frame frame, size_t length, const char *bytes)
{
    virt_addr_t address;
    frame.rip = HERE;
    bool found = fault_find_noncanonical((const uint8_t *)bytes, length, &frame, &address);
    return found ? address : 0;
}

#define FIND(bytes, ...) find((struct trap_frame){__VA_ARGS__}, sizeof(bytes) - 1, bytes)

TEST(fault_words, canonical_addresses_are_known)
{
    EXPECT(is_canonical(0) && is_canonical(0x00007fffffffffff));
    EXPECT(!is_canonical(0x0000800000000000) && !is_canonical(0xffff7fffffffffff));
    EXPECT(is_canonical(0xffff800000000000) && is_canonical(UINT64_MAX));
}

TEST(fault_words, bad_addresses_are_found_by_their_base)
{
    EXPECT_EQ(FIND("\x48\x8b\x03", .rbx = BAD), BAD);                   /* mov (%rbx), %rax */
    EXPECT_EQ(FIND("\x48\x8b\x43\xf8", .rbx = BAD), BAD - 8);           /* mov -8(%rbx), %rax */
    EXPECT_EQ(FIND("\x88\x83\x00\x01\x00\x00", .rbx = BAD), BAD + 256); /* mov %al, 256(%rbx) */
    EXPECT_EQ(FIND("\x49\x8b\x45\x00", .r13 = BAD), BAD);               /* mov (%r13), %rax */
    EXPECT_EQ(FIND("\x66\x89\x07", .rdi = BAD), BAD);                   /* mov %ax, (%rdi) */
    EXPECT_EQ(FIND("\x0f\xb6\x06", .rsi = BAD), BAD);                   /* movzbl (%rsi), %eax */
    EXPECT_EQ(FIND("\xf0\x48\x0f\xb1\x0a", .rdx = BAD), BAD);           /* lock cmpxchg */
}

TEST(fault_words, bad_addresses_are_found_by_their_index)
{
    /* mov (%rax,%rcx,8), %rdx; 16(%r12); (,%r9,4) with a displacement */
    EXPECT_EQ(FIND("\x48\x8b\x14\xc8", .rax = BAD, .rcx = 2), BAD + 16);
    EXPECT_EQ(FIND("\x49\x8b\x44\x24\x10", .r12 = BAD), BAD + 16);
    EXPECT_EQ(FIND("\x4a\x8b\x04\x8d\x20\x00\x00\x00", .r9 = BAD >> 2), BAD + 32);
}

TEST(fault_words, bad_addresses_are_found_in_jumps_and_strings)
{
    EXPECT_EQ(FIND("\xff\xd0", .rax = BAD), BAD);                 /* call *%rax */
    EXPECT_EQ(FIND("\x41\xff\xe3", .r11 = BAD), BAD);             /* jmp *%r11 */
    EXPECT_EQ(FIND("\xf3\x48\xa5", .rsi = BAD), BAD);             /* rep movsq */
    EXPECT_EQ(FIND("\xf3\x48\xab", .rdi = BAD + 1), BAD + 1);     /* rep stosq */
    EXPECT_EQ(FIND("\xac", .rsi = BAD, .rdi = BAD + 1), BAD);     /* lodsb, which has no rdi */
    EXPECT_EQ(FIND("\xaa", .rsi = BAD), 0);                       /* stosb, which has no rsi */
    EXPECT_EQ(FIND("\xf2\xae", .rsi = BAD), 0);                   /* repne scasb, neither */
    EXPECT_EQ(FIND("\xa6", .rsi = BAD, .rdi = BAD + 1), BAD + 1); /* cmpsb: one of the two */
}

TEST(fault_words, no_address_is_found_where_none_is_bad)
{
    EXPECT_EQ(FIND("\x48\x8b\x03", .rax = BAD), 0);        /* not the register that is used */
    EXPECT_EQ(FIND("\x48\x89\xd8", .rbx = BAD), 0);        /* register to register */
    EXPECT_EQ(FIND("\x0f\x30", .rcx = BAD), 0);            /* wrmsr */
    EXPECT_EQ(FIND("\xfa", .rax = BAD), 0);                /* cli */
    EXPECT_EQ(FIND("\x48\x8b\x05\x00\x00\x00\x00", 0), 0); /* 0(%rip) */
    EXPECT_EQ(FIND("", .rax = BAD), 0);                    /* nothing can be read */
}

/* No more than `length` bytes are read, and the search ends, whatever the bytes are. They
 * lie at the end of an array, where AddressSanitizer watches. */
TEST(fault_words, any_bytes_are_read_within_their_length)
{
    char bytes[16];
    uint64_t random = 42;
    for (unsigned round = 0; round < 200000; round++) {
        size_t length = round % (sizeof(bytes) + 1);
        for (size_t i = sizeof(bytes) - length; i < sizeof(bytes); i++)
            bytes[i] = (char)random_next(&random);
        find((struct trap_frame){.rbx = BAD}, length, bytes + sizeof(bytes) - length);
    }
    memset(bytes, 0xf3, sizeof(bytes)); /* prefixes to the end */
    EXPECT_EQ(find((struct trap_frame){.rax = BAD}, sizeof(bytes), bytes), 0);
}
