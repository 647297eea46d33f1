/*
 * Into user mode and back: small programs in assembly, run by a thread at the bottom of the
 * kernel's own tables.
 */
#include <assert.h>
#include <image.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/gdt.h>
#include <kernel/cpu/user_mode.h>
#include <kernel/task/executor.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/kernel_space.h>
#include <mm/kernel_stacks.h>

#include "../test.h"

#define CODE  UINT64_C(0x400000)
#define STACK UINT64_C(0x7fff0000) /* the page below */

/* The calls that the programs here make, by number; rdi is the argument. */
enum { CALL_END = 100, CALL_NOTE, CALL_MOVE, CALL_YIELD, CALL_GO_ON };

struct program {
    struct thread thread;
    struct user_registers registers;
    uint64_t number; /* in rdi, at the start */
    bool step;       /* starts with TF set */
};

static uint64_t noted[64];
static size_t note_count;
static struct trap_frame last_exception;
static unsigned exceptions;
static uint64_t kernel_flags; /* that were set in a call's or an exception's handler */
static unsigned returns;      /* how often the last look before user mode was taken */

static void note(uint64_t value)
{
    if (note_count < ARRAY_SIZE(noted))
        noted[note_count++] = value;
}

static void end(struct trap_frame *frame)
{
    note(frame->rdi);
    thread_end();
}

static void on_syscall(struct trap_frame *frame)
{
    kernel_flags |= read_rflags() & ~(uint64_t)RFLAGS_IF;
    switch (frame->error_code) {
    case CALL_NOTE:
        note(frame->rdi);
        frame->rax = frame->rdi + 1;
        break;
    case CALL_MOVE: /* as a sigreturn does: everything changes */
        frame->rip = frame->rdi;
        frame->vector = 0;
        frame->rcx = 0xc;
        frame->r11 = 0xb;
        break;
    case CALL_GO_ON:
        frame->rip = frame->rdi;
        break;
    case CALL_YIELD:
        thread_yield();
        break;
    default:
        end(frame);
    }
}

static void on_exception(struct trap_frame *frame)
{
    last_exception = *frame;
    kernel_flags |= read_rflags() & ~(uint64_t)RFLAGS_IF;
    exceptions++;
    if (frame->vector == VECTOR_DEBUG)
        return; /* the next step */
    frame->rdi = UINT64_MAX;
    end(frame);
}

static void before_return(struct trap_frame *frame)
{
    ASSERT(!(read_rflags() & RFLAGS_IF));
    ASSERT(frame->cs == USER_CODE_SELECTOR && frame->rflags & RFLAGS_IF);
    returns++;
}

/* The handlers become read-only after set-up. */
static void take_over(void)
{
    static const struct user_mode_handlers handlers = {on_syscall, on_exception, before_return};
    static bool done;
    const virt_addr_t end_of_pages = (virt_addr_t)ro_after_init_end;
    for (virt_addr_t page = (virt_addr_t)ro_after_init_start; !done && page < end_of_pages;
         page += PAGE_SIZE)
        ASSERT(paging_protect(&kernel_space, page, PAGE_4K,
                              PAGE_GLOBAL | PAGE_NO_EXECUTE | PAGE_WRITABLE) == OK);
    if (!done)
        user_mode_init(&handlers);
    kernel_space_seal();
    done = true;
}

static struct program *program_of(struct thread *thread)
{
    return CONTAINER_OF(thread, struct program, thread);
}

static void enter(struct thread *thread)
{
    user_registers_load(&program_of(thread)->registers, &thread->stack);
}

static void leave(struct thread *thread)
{
    user_registers_save(&program_of(thread)->registers);
}

static void run(struct thread *thread)
{
    struct trap_frame frame ALIGNED(16);
    user_mode_frame_init(&frame, CODE, STACK);
    frame.rdi = program_of(thread)->number;
    if (program_of(thread)->step)
        frame.rflags |= RFLAGS_TF;
    user_mode_return(&frame);
}

static phys_addr_t map_user(virt_addr_t page, uint64_t flags)
{
    phys_addr_t frame = frame_alloc();
    ASSERT(frame != NO_FRAME);
    memset(phys_to_virt(frame), 0, PAGE_SIZE);
    enum error error = paging_map(&kernel_space, page, frame, PAGE_4K, PAGE_USER | flags);
    ASSERT(error == OK);
    return frame;
}

static void unmap_user(virt_addr_t page)
{
    phys_addr_t frame;
    enum error error = paging_unmap(&kernel_space, page, PAGE_4K, &frame);
    ASSERT(error == OK);
    frame_free(frame);
}

/* Runs `count` programs with the same code, side by side, to their ends. */
static void run_programs(struct program *programs, size_t count, const char *start, const char *end)
{
    struct executor executor = EXECUTOR_INIT(executor);
    take_over();
    note_count = 0;
    exceptions = 0;
    memcpy(phys_to_virt(map_user(CODE, 0)), start, (size_t)(end - start));
    map_user(STACK - PAGE_SIZE, PAGE_WRITABLE | PAGE_NO_EXECUTE);
    for (size_t i = 0; i < count; i++) {
        struct stack stack;
        ASSERT(kernel_stack_alloc(&stack) == OK);
        thread_init(&programs[i].thread, "program", &stack, run, NULL);
        user_registers_init(&programs[i].registers);
        programs[i].number = i + 1;
        programs[i].thread.enter = enter;
        programs[i].thread.leave = leave;
        executor_spawn(&executor, &programs[i].thread.task);
    }
    executor_run_ready(&executor);
    for (size_t i = 0; i < count; i++)
        kernel_stack_free(&programs[i].thread.stack);
    unmap_user(CODE);
    unmap_user(STACK - PAGE_SIZE);
}

/* PROGRAM(name, "assembly"): its instructions, which may lie anywhere. */
#define PROGRAM(name, code)                 \
    extern const char name[], name##_end[]; \
    __asm__(".pushsection .rodata\n" #name ":\n" code "\n" #name "_end:\n.popsection")

static struct program programs[2];

#define RUN(name) run_programs(programs, 1, name, name##_end)

/* --- Calls ----------------------------------------------------------------------------------- */

/* Sets every register, makes a call, and ors what has changed of each. */
PROGRAM(keeps_registers, "mov $101, %eax; mov $2, %ebx; mov $4, %edx; mov $5, %esi; mov $6, %edi\n"
                         "mov $7, %ebp; mov $8, %r8d; mov $9, %r9d; mov $10, %r10d\n"
                         "mov $12, %r12d; mov $13, %r13d; mov $14, %r14d; mov $15, %r15d\n"
                         "std; syscall\n"
                         /* r11 is the flags, rcx is where it goes on: or what is wrong of both. */
                         "1: pushf; xor %r11, (%rsp); lea 1b(%rip), %r11; sub %rcx, %r11\n"
                         "or (%rsp), %r11; add $8, %rsp\n"
                         "sub $7, %eax; sub $2, %ebx; sub $4, %edx; sub $5, %esi; sub $6, %edi\n"
                         "sub $7, %ebp; sub $8, %r8d; sub $9, %r9d; sub $10, %r10d\n"
                         "sub $12, %r12d; sub $13, %r13d; sub $14, %r14d; sub $15, %r15d\n"
                         "or %eax, %edi; or %ebx, %edi; or %r11d, %edi; or %edx, %edi\n"
                         "or %esi, %edi; or %ebp, %edi; or %r8d, %edi; or %r9d, %edi\n"
                         "or %r10d, %edi; or %r12d, %edi; or %r13d, %edi; or %r14d, %edi\n"
                         "or %r15d, %edi; mov $100, %eax; syscall");

TEST(user_mode, a_call_changes_rax_rcx_and_r11_only)
{
    RUN(keeps_registers);
    EXPECT_EQ(exceptions, 0);
    EXPECT_EQ(note_count, 2);
    EXPECT_EQ(noted[0], 6);
    EXPECT_EQ(noted[1], 0);
}

/* A call whose frame is exchanged goes back by IRETQ, which loads rcx and r11 as well. */
PROGRAM(moves, "lea 1f(%rip), %rdi; mov $102, %eax; syscall; ud2\n"
               "1: lea (%rcx,%r11), %rdi; mov $100, %eax; syscall");

TEST(user_mode, an_exchanged_frame_is_loaded_whole)
{
    RUN(moves);
    EXPECT_EQ(exceptions, 0);
    EXPECT_EQ(note_count, 1);
    EXPECT_EQ(noted[0], 0xc + 0xb);
}

/* Puts its number into an SSE register, and has the other program do the same. */
PROGRAM(mixes, "mov %rdi, %rbx\n"
               "movq %xmm3, %rdi; mov $101, %eax; syscall\n"
               "movq %rbx, %xmm3; mov $103, %eax; syscall\n"
               "movq %xmm3, %rdi; mov $100, %eax; syscall");

TEST(user_mode, each_program_has_its_own_sse_registers)
{
    run_programs(programs, 2, mixes, mixes_end);
    EXPECT_EQ(exceptions, 0);
    EXPECT_EQ(note_count, 4);
    EXPECT_EQ(noted[0], 0);
    EXPECT_EQ(noted[1], 0);
    EXPECT_EQ(noted[2], 1);
    EXPECT_EQ(noted[3], 2);
}

/* --- Exceptions and interrupts --------------------------------------------------------------- */

PROGRAM(divides, "mov $5, %ebx; 1: xor %ecx, %ecx; div %ecx");
PROGRAM(reads_null, "mov 0x123, %rax");
PROGRAM(reads_kernel, "mov $-4096, %rax; mov (%rax), %rax");
PROGRAM(masks, "cli");
PROGRAM(breaks, "int3");
PROGRAM(forges, "int $0x20");
PROGRAM(halts, "hlt");

/* Runs a program that ends with an exception, and checks which. */
#define EXPECT_EXCEPTION(name, expected_vector, expected_code)                       \
    do {                                                                             \
        RUN(name);                                                                   \
        EXPECT_EQ(exceptions, 1);                                                    \
        EXPECT_EQ(last_exception.vector, expected_vector);                           \
        EXPECT_EQ(last_exception.error_code, expected_code);                         \
        EXPECT_EQ(last_exception.cs, USER_CODE_SELECTOR);                            \
        EXPECT(last_exception.rip >= CODE && last_exception.rip < CODE + PAGE_SIZE); \
    } while (0)

TEST(user_mode, exceptions_are_the_programs)
{
    EXPECT_EXCEPTION(divides, 0, 0);
    EXPECT_EQ(last_exception.rbx, 5);
    EXPECT_EXCEPTION(reads_null, VECTOR_PAGE_FAULT, 4);
    EXPECT_EXCEPTION(reads_kernel, VECTOR_PAGE_FAULT, 4);
    EXPECT_EXCEPTION(masks, VECTOR_GENERAL_PROTECTION, 0);
    EXPECT_EXCEPTION(halts, VECTOR_GENERAL_PROTECTION, 0);
    EXPECT_EXCEPTION(breaks, VECTOR_BREAKPOINT, 0);
    RUN(forges); /* the code that names the gate is another one under QEMU than on hardware */
    EXPECT_EQ(exceptions, 1);
    EXPECT_EQ(last_exception.vector, VECTOR_GENERAL_PROTECTION);
    EXPECT_EQ(last_exception.error_code & 7, 2);
}

/* Linux serves programs of 32 bits here; Cairn has none of these ways in. SYSENTER is an invalid
 * opcode on AMD's processors in long mode. */
PROGRAM(calls_as_32_bit, "mov $20, %eax; int $0x80");
PROGRAM(calls_by_sysenter, "mov $20, %eax; sysenter");

TEST(user_mode, syscall_is_the_only_way_in)
{
    RUN(calls_as_32_bit);
    EXPECT_EQ(exceptions, 1);
    EXPECT_EQ(last_exception.vector, VECTOR_GENERAL_PROTECTION);
    EXPECT_EQ(last_exception.cs, USER_CODE_SELECTOR);
    RUN(calls_by_sysenter);
    EXPECT_EQ(exceptions, 1);
    EXPECT(last_exception.vector == VECTOR_GENERAL_PROTECTION ||
           last_exception.vector == VECTOR_INVALID_OPCODE);
    EXPECT_EQ(last_exception.cs, USER_CODE_SELECTOR);
}

/* The tables' addresses are secrets of the kernel. A processor without UMIP gives them away. */
PROGRAM(stores_gdt, "sgdt -16(%rsp)");
PROGRAM(stores_idt, "sidt -16(%rsp)");
PROGRAM(stores_ldt, "sldt %eax");
PROGRAM(stores_tss, "str %eax");
PROGRAM(stores_cr0, "smsw %eax");

static bool has_umip(void)
{
    enum { LEAF = 7, UMIP = 1 << 2 };
    return cpuid(0, 0).eax >= LEAF && cpuid(LEAF, 0).ecx & UMIP;
}

TEST(user_mode, the_tables_addresses_are_not_told)
{
    if (!has_umip())
        return;
    EXPECT_EXCEPTION(stores_gdt, VECTOR_GENERAL_PROTECTION, 0);
    EXPECT_EXCEPTION(stores_idt, VECTOR_GENERAL_PROTECTION, 0);
    EXPECT_EXCEPTION(stores_ldt, VECTOR_GENERAL_PROTECTION, 0);
    EXPECT_EXCEPTION(stores_tss, VECTOR_GENERAL_PROTECTION, 0);
    EXPECT_EXCEPTION(stores_cr0, VECTOR_GENERAL_PROTECTION, 0);
}

/* Flags that a program leaves set are not the kernel's: AC would open SMAP, DF reverse a copy. */
enum { MSR_SFMASK = (int)0xc0000084 };

PROGRAM(leaves_flags, "pushf; orl $0x44400, (%rsp); popf; mov $101, %eax; syscall; ud2");

TEST(user_mode, no_flag_of_the_program_reaches_the_kernel)
{
    kernel_flags = 0;
    EXPECT_EXCEPTION(leaves_flags, VECTOR_INVALID_OPCODE, 0);
    EXPECT_EQ(last_exception.rflags & 0x44400, 0x44400);
    EXPECT_EQ(note_count, 2);
    EXPECT_EQ(kernel_flags & 0x44500, 0);
    EXPECT_EQ(read_msr(MSR_SFMASK) & 0x44500, 0x44500); /* QEMU clears DF in any case */
}

/* Steps through calls, one debug exception for each instruction of the program, none in the kernel.
 */
PROGRAM(is_stepped, "mov $3, %ebx\n"
                    "1: mov $101, %eax; mov %ebx, %edi; syscall; dec %ebx; jnz 1b\n"
                    "mov $100, %eax; mov $7, %edi; syscall");

TEST(user_mode, a_step_across_a_call_ends_behind_it)
{
    uint64_t before = trap_count(VECTOR_DEBUG);
    programs[0].step = true;
    RUN(is_stepped);
    programs[0].step = false;
    EXPECT_EQ(note_count, 4);
    EXPECT_EQ(noted[3], 7);
    EXPECT_EQ(exceptions, 1 + 3 * 5 + 2);
    EXPECT_EQ(trap_count(VECTOR_DEBUG), before + exceptions);
}

/* A breakpoint at each address of the ways in and out, one after the other. Where an instruction
 * begins there, a debug exception comes, at some with the program's GS or stack still in use. */
extern const char syscall_entry[], syscall_entry_end[];

enum { LOCAL_0 = 1 };

PROGRAM(calls_and_faults, "mov $101, %eax; mov $42, %edi; syscall; ud2");

static void run_with_breakpoint(virt_addr_t address)
{
    uint64_t breakpoints = read_dr7();
    __asm__ volatile("mov %0, %%dr0" : : "r"(address));
    write_dr7(breakpoints | LOCAL_0);
    RUN(calls_and_faults);
    write_dr7(breakpoints);
}

TEST(user_mode, a_debug_exception_at_any_instruction_of_the_entry_is_survived)
{
    uint64_t before = trap_count(VECTOR_DEBUG), last = before;
    unsigned instructions = 0;
    for (const char *place = syscall_entry; place < syscall_entry_end; place++) {
        run_with_breakpoint((virt_addr_t)place);
        EXPECT_EQ(note_count, 2);
        EXPECT_EQ(noted[0], 42);
        EXPECT_EQ(exceptions, 1);
        EXPECT_EQ(last_exception.vector, VECTOR_INVALID_OPCODE);
        EXPECT_EQ(last_exception.rax, 43);
        EXPECT(!in_interrupt());
        instructions += trap_count(VECTOR_DEBUG) > last;
        last = trap_count(VECTOR_DEBUG);
    }
    EXPECT(instructions > 45);
}

/* SYSRET would fault in the kernel if the address behind a call were not canonical, on Intel's
 * processors: so it is not used for one that is not below USER_END. A breakpoint tells. */
PROGRAM(goes_on_at_the_end, "mov $0x7ffffffff000, %rdi; mov $104, %eax; syscall");

TEST(user_mode, sysret_is_not_used_beyond_the_programs_addresses)
{
    enum { SYSRET_SIZE = 3 };
    uint64_t before = trap_count(VECTOR_DEBUG), breakpoints = read_dr7();
    __asm__ volatile("mov %0, %%dr0" : : "r"((virt_addr_t)syscall_entry_end - SYSRET_SIZE));
    write_dr7(breakpoints | LOCAL_0);
    RUN(calls_and_faults);
    uint64_t after_one = trap_count(VECTOR_DEBUG);
    RUN(goes_on_at_the_end);
    write_dr7(breakpoints);
    EXPECT_EQ(after_one, before + 1);
    EXPECT_EQ(trap_count(VECTOR_DEBUG), after_one);
    EXPECT_EQ(exceptions, 1);
    EXPECT_EQ(last_exception.vector, VECTOR_PAGE_FAULT);
    EXPECT_EQ(last_exception.rip, USER_END);
}
