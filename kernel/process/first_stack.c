/*
 * From the stack's end downwards:
 *
 *     stack_top   8 zeros
 *                 the program's name, as it was given to exec
 *                 environment strings
 *                 argument strings
 *                 "x86_64", 16 random bytes
 *                 the random gap
 *                 auxiliary vector, ends in zeros
 *                 pointers to the environment, NULL
 *                 pointers to the arguments, NULL
 *     rsp, by 16  number of arguments
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/process/cpu_time.h>
#include <kernel/process/credentials.h>
#include <kernel/process/elf.h>
#include <kernel/process/first_stack.h>
#include <kernel/process/process.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

/* The auxiliary vector's types (Linux: include/uapi/linux/auxvec.h). */
enum {
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_BASE = 7,
    AT_FLAGS = 8,
    AT_ENTRY = 9,
    AT_UID = 11,
    AT_EUID = 12,
    AT_GID = 13,
    AT_EGID = 14,
    AT_PLATFORM = 15,
    AT_HWCAP = 16,
    AT_CLKTCK = 17,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_HWCAP2 = 26,
    AT_EXECFN = 31,
    AT_SYSINFO_EHDR = 33,
};

enum { HWCAP2_FSGSBASE = 1 << 1 }; /* programs may use RDFSBASE and its like */

enum { SPARE = 32 * PAGE_SIZE /* below the content, until the stack grows */ };

static const char platform[] = "x86_64";

/* The addresses of the parts. */
struct plan {
    virt_addr_t name, strings, platform, random, words;
    size_t word_count;
};

enum { AUXILIARY_ENTRIES = 20 };

static struct plan make_plan(const char *name, const struct program_strings *strings,
                             const struct placement *placement)
{
    struct plan plan;
    plan.name = placement->stack_top - sizeof(uint64_t) - (strlen(name) + 1);
    plan.strings = plan.name - strings->size;
    plan.platform = plan.strings - sizeof(platform);
    plan.random = ALIGN_DOWN(plan.platform - PLACEMENT_SECRET, 16);
    plan.word_count = 1 + strings->argument_count + 1 + strings->environment_count + 1 +
                      2 * (size_t)AUXILIARY_ENTRIES;
    plan.words =
        ALIGN_DOWN(plan.random - placement->stack_gap - plan.word_count * sizeof(uint64_t), 16);
    return plan;
}

/* Stores pointers to `count` strings and a NULL; returns where the next word goes. */
static uint64_t *store_pointers(uint64_t *word, size_t count, const struct program_strings *strings,
                                virt_addr_t base, size_t *offset)
{
    for (size_t i = 0; i < count; i++) {
        *word++ = base + *offset;
        *offset += strlen(strings->bytes + *offset) + 1;
    }
    *word++ = 0;
    return word;
}

static void store_auxiliary(uint64_t *word, const struct plan *plan, const struct program *program,
                            const struct program_addresses *addresses)
{
    const uint64_t entries[AUXILIARY_ENTRIES][2] = {
        {AT_SYSINFO_EHDR, addresses->vdso},
        {AT_HWCAP, cpuid(1, 0).edx},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_CLKTCK, CLOCK_TICKS_PER_SECOND},
        {AT_PHDR, addresses->headers},
        {AT_PHENT, ELF_PROGRAM_HEADER_SIZE},
        {AT_PHNUM, addresses->header_count},
        {AT_BASE, addresses->base},
        {AT_FLAGS, 0},
        {AT_ENTRY, addresses->entry},
        {AT_UID, program->uid},
        {AT_EUID, program->euid},
        {AT_GID, program->gid},
        {AT_EGID, program->egid},
        {AT_SECURE, credentials_are_raised(program)},
        {AT_RANDOM, plan->random},
        {AT_HWCAP2, user_registers_have_fsgsbase() ? HWCAP2_FSGSBASE : 0},
        {AT_EXECFN, plan->name},
        {AT_PLATFORM, plan->platform},
        {AT_NULL, 0},
    };
    ASSERT(entries[AUXILIARY_ENTRIES - 1][0] == AT_NULL);
    memcpy(word, entries, sizeof(entries));
}

/* Fills the words, which begin with the number of arguments. */
static void store_words(uint64_t *words, const struct plan *plan, struct program *program,
                        const struct program_strings *strings,
                        const struct program_addresses *addresses)
{
    size_t offset = 0;
    uint64_t *word = words;
    *word++ = strings->argument_count;
    word = store_pointers(word, strings->argument_count, strings, plan->strings, &offset);
    program->arguments = plan->strings;
    program->arguments_end = program->environment = plan->strings + offset;
    word = store_pointers(word, strings->environment_count, strings, plan->strings, &offset);
    program->environment_end = plan->strings + offset;
    ASSERT(offset == strings->size);
    ASSERT(word + 2 * (size_t)AUXILIARY_ENTRIES == words + plan->word_count);
    store_auxiliary(word, plan, program, addresses);
}

static enum error copy_bytes(struct address_space *space, const struct plan *plan, const char *name,
                             const struct program_strings *strings, const uint8_t *secret)
{
    enum error error = copy_to_space(space, plan->name, name, strlen(name) + 1);
    if (!error)
        error = copy_to_space(space, plan->strings, strings->bytes, strings->size);
    if (!error)
        error = copy_to_space(space, plan->platform, platform, sizeof(platform));
    if (!error)
        error = copy_to_space(space, plan->random, secret, PLACEMENT_SECRET);
    return error;
}

enum error first_stack_make(struct program *program, const char *name,
                            const struct program_strings *strings,
                            const struct program_addresses *addresses,
                            const struct placement *placement, bool executable)
{
    struct plan plan = make_plan(name, strings, placement);
    size_t size = plan.word_count * sizeof(uint64_t);
    ASSERT(IS_ALIGNED(plan.words, 16)); /* System V ABI, AMD64, 3.4.1 */
    virt_addr_t start = ALIGN_DOWN(plan.words, PAGE_SIZE) - SPARE;
    unsigned flags =
        AREA_READ | AREA_WRITE | AREA_GROWS_DOWN | (executable ? (unsigned)AREA_EXECUTE : 0);
    uint64_t *words = kmalloc(size);
    if (!words)
        return ERROR_OUT_OF_FRAMES;
    store_words(words, &plan, program, strings, addresses);
    enum error error =
        address_space_map(program->space, start, placement->stack_top - start, flags, NULL, 0);
    if (!error)
        error = copy_bytes(program->space, &plan, name, strings, placement->secret);
    if (!error)
        error = copy_to_space(program->space, plan.words, words, size);
    kfree(words);
    program->stack = plan.words;
    return error;
}
