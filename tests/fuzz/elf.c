/*
 * The reader of program files, with any headers. What it accepts may be mapped as it is.
 */
#include <kernel/process/elf.h>
#include <layout.h>
#include <string.h>

#include "support/require.h"

#define LOWEST UINT64_C(0x10000)
#define END    UINT64_C(0x7fff00000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(const struct elf_program *program)
{
    virt_addr_t before = program->movable ? 0 : LOWEST, end = program->movable ? END - LOWEST : END;
    for (size_t i = 0; i < program->segment_count; i++) {
        const struct elf_segment *segment = &program->segments[i];
        virt_addr_t start = ALIGN_DOWN(segment->address, PAGE_SIZE);
        require(start >= before && segment->file_size <= segment->memory_size);
        require(segment->memory_size <= end - segment->address);
        require(IS_ALIGNED(segment->address ^ segment->offset, PAGE_SIZE));
        before = ALIGN_UP(segment->address + segment->memory_size, PAGE_SIZE);
    }
    require(before == elf_end(program) && elf_start(program) < before);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct elf_program program;
    uint8_t headers[ELF_MAX_PROGRAM_HEADERS * ELF_PROGRAM_HEADER_SIZE] = {0};
    if (elf_read_header(bytes, size, &program) != OK)
        return 0;
    memcpy(headers, bytes + ELF_HEADER_SIZE,
           size - ELF_HEADER_SIZE < sizeof(headers) ? size - ELF_HEADER_SIZE : sizeof(headers));
    if (elf_read_program_headers(headers, LOWEST, END, &program) == OK)
        check(&program);
    return 0;
}
