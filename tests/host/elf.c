/*
 * The reader of program files, with headers built here.
 */
#include <kernel/process/elf.h>
#include <layout.h>
#include <string.h>

#include "../test.h"

#define LOWEST UINT64_C(0x10000)
#define END    UINT64_C(0x7fff00000000)

enum { LOAD = 1, INTERPRETER = 3, STACK = 0x6474e551, READ = 4, WRITE = 2, EXECUTE = 1 };

struct header {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};

static uint8_t file[ELF_HEADER_SIZE];
static struct header headers[ELF_MAX_PROGRAM_HEADERS];
static struct elf_program program;

static void put(size_t offset, uint64_t value, size_t size)
{
    memcpy(file + offset, &value, size);
}

/* A file that is right: one segment of code, one of data, at the usual address. */
static void begin(void)
{
    memset(file, 0, sizeof(file));
    memcpy(file, "\177ELF\2\1\1", 7);
    put(16, 2, 2);        /* executable */
    put(18, 62, 2);       /* x86_64 */
    put(24, 0x401000, 8); /* entry */
    put(32, 64, 8);       /* program headers */
    put(54, 56, 2);
    put(56, 2, 2);
    memset(headers, 0, sizeof(headers));
    headers[0] = (struct header){LOAD, READ | EXECUTE, 0, 0x400000, 0, 0x1800, 0x1800, 0x1000};
    headers[1] = (struct header){LOAD, READ | WRITE, 0x2010, 0x402010, 0, 0x20, 0x3000, 0x1000};
}

static enum error read(void)
{
    enum error error = elf_read_header(file, sizeof(file), &program);
    return error ? error : elf_read_program_headers(headers, LOWEST, END, &program);
}

TEST(elf, a_plain_program_is_read)
{
    begin();
    EXPECT_EQ(read(), OK);
    EXPECT_EQ(program.entry, 0x401000);
    EXPECT_EQ(program.segment_count, 2);
    EXPECT_EQ(program.headers_address, 0x400040);
    EXPECT(program.segments[0].executable && !program.segments[0].writable);
    EXPECT(!program.segments[1].executable && program.segments[1].writable);
    EXPECT_EQ(elf_start(&program), 0x400000);
    EXPECT_EQ(elf_end(&program), 0x406000);
    EXPECT(!program.movable);
    EXPECT(program.executable_stack); /* as Linux has it where no header says otherwise */
    EXPECT_EQ(program.interpreter_size, 0);
}

TEST(elf, the_stack_and_the_interpreter_are_read)
{
    begin();
    put(16, 3, 2);
    put(56, 4, 2);
    headers[0].address = 0;
    headers[1].address = 0x2010;
    headers[2] = (struct header){.type = STACK, .flags = READ | WRITE};
    headers[3] = (struct header){.type = INTERPRETER, .offset = 0x238, .file_size = 28};
    EXPECT_EQ(read(), OK);
    EXPECT(program.movable);
    EXPECT(!program.executable_stack);
    EXPECT_EQ(program.interpreter_offset, 0x238);
    EXPECT_EQ(program.interpreter_size, 28);
    headers[3].file_size = ELF_MAX_INTERPRETER + 1;
    EXPECT_EQ(read(), ERROR_NOT_EXECUTABLE);
    headers[3].file_size = 1;
    EXPECT_EQ(read(), ERROR_NOT_EXECUTABLE);
}

/* Every field of the file's header that has to have one value. */
TEST(elf, another_kind_of_file_is_refused)
{
    static const struct {
        size_t offset, size;
        uint64_t value;
    } wrong[] = {{0, 1, 0x7e}, {3, 1, 'f'}, {4, 1, 1},   {5, 1, 2},  {6, 1, 0},  {16, 2, 1},
                 {16, 2, 4},   {18, 2, 3},  {54, 2, 55}, {56, 2, 0}, {56, 2, 65}};
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        begin();
        put(wrong[i].offset, wrong[i].value, wrong[i].size);
        EXPECT_EQ(read(), ERROR_NOT_EXECUTABLE);
    }
    begin();
    EXPECT_EQ(elf_read_header(file, sizeof(file) - 1, &program), ERROR_NOT_EXECUTABLE);
}

TEST(elf, segments_that_cannot_be_are_refused)
{
    static const struct header wrong[] = {
        {LOAD, READ, 0x2010, 0x402010, 0, 0x21, 0x20, 0},           /* more file than memory */
        {LOAD, READ, 0x2011, 0x402010, 0, 0x20, 0x20, 0},           /* not congruent */
        {LOAD, READ, 0x2010, 0x401010, 0, 0x20, 0x20, 0},           /* in a page of the first */
        {LOAD, READ, 0x2010, 0x300010, 0, 0x20, 0x20, 0},           /* before the first */
        {LOAD, READ, 0x2010, 0xffff800000000010, 0, 0x20, 0x20, 0}, /* the kernel's */
        {LOAD, READ, 0x2010, END - 0xff0, 0, 0x20, 0x1000, 0},      /* beyond the end */
        {LOAD, READ, 0x2010, 0x402010, 0, 0x20, UINT64_MAX, 0},     /* wraps */
        {LOAD, READ, 0x7ffffffffffff010, 0x402010, 0, 0xff0, 0xff0, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        begin();
        headers[1] = wrong[i];
        EXPECT_EQ(read(), ERROR_NOT_EXECUTABLE);
    }
    begin();
    headers[0].address = headers[0].offset = 0xf000; /* Linux: vm.mmap_min_addr */
    EXPECT_EQ(read(), ERROR_NOT_EXECUTABLE);
}

TEST(elf, no_segment_or_too_many_are_refused)
{
    begin();
    headers[0].type = headers[1].type = 0;
    EXPECT_EQ(read(), ERROR_NOT_EXECUTABLE);
    begin();
    put(56, ELF_MAX_SEGMENTS + 1, 2);
    for (size_t i = 0; i <= ELF_MAX_SEGMENTS; i++)
        headers[i] = (struct header){LOAD, READ, 0, 0x400000 + i * 0x1000, 0, 1, 1, 0};
    EXPECT_EQ(read(), ERROR_NOT_EXECUTABLE);
    put(56, ELF_MAX_SEGMENTS, 2);
    EXPECT_EQ(read(), OK);
}

/* Where no segment has the program headers, they are not in memory. */
TEST(elf, headers_that_are_not_loaded_have_no_address)
{
    begin();
    put(32, 0x1800 - 111, 8); /* two of them, one byte beyond the first segment's end */
    EXPECT_EQ(read(), OK);
    EXPECT_EQ(program.headers_address, 0);
    put(32, 0x1800 - 112, 8);
    EXPECT_EQ(read(), OK);
    EXPECT_EQ(program.headers_address, 0x400000 + 0x1800 - 112);
}
