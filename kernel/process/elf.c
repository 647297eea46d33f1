#include <assert.h>
#include <kernel/process/elf.h>
#include <layout.h>
#include <lib/string.h>

struct file_header {
    uint8_t magic[4], class, data, version, abi, padding[8];
    uint16_t type, machine;
    uint32_t file_version;
    uint64_t entry, program_headers, section_headers;
    uint32_t flags;
    uint16_t size, program_header_size, program_header_count;
    uint16_t section_header_size, section_header_count, section_names;
};
_Static_assert(sizeof(struct file_header) == ELF_HEADER_SIZE, "System V ABI, figure 4-3");

struct program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};
_Static_assert(sizeof(struct program_header) == ELF_PROGRAM_HEADER_SIZE,
               "System V ABI, figure 5-1");

enum { CLASS_64 = 2, LITTLE_ENDIAN = 1, VERSION = 1, MACHINE_X86_64 = 62 };
enum { TYPE_EXECUTABLE = 2, TYPE_DYNAMIC = 3 };
enum { SEGMENT_LOAD = 1, SEGMENT_INTERPRETER = 3, SEGMENT_STACK = 0x6474e551 };
enum { FLAG_EXECUTE = 1, FLAG_WRITE = 2, FLAG_READ = 4 };

enum error elf_read_header(const void *header, size_t size, struct elf_program *program)
{
    struct file_header file;
    if (size < sizeof(file))
        return ERROR_NOT_EXECUTABLE;
    memcpy(&file, header, sizeof(file));
    bool right = memcmp(file.magic, "\177ELF", sizeof(file.magic)) == 0 && file.class == CLASS_64 &&
                 file.data == LITTLE_ENDIAN && file.version == VERSION &&
                 (file.type == TYPE_EXECUTABLE || file.type == TYPE_DYNAMIC) &&
                 file.machine == MACHINE_X86_64 &&
                 file.program_header_size == sizeof(struct program_header) &&
                 file.program_header_count > 0 &&
                 file.program_header_count <= ELF_MAX_PROGRAM_HEADERS;
    if (!right)
        return ERROR_NOT_EXECUTABLE;
    *program = (struct elf_program){.movable = file.type == TYPE_DYNAMIC,
                                    .entry = file.entry,
                                    .headers_offset = file.program_headers,
                                    .header_count = file.program_header_count,
                                    .executable_stack = true};
    return OK;
}

/* Does the segment lie between the two addresses, and do its numbers fit together? Its pages then
 * have addresses, and offsets in the file, that do not wrap. */
static bool is_sound(const struct elf_segment *segment, virt_addr_t lowest, virt_addr_t end)
{
    return segment->file_size <= segment->memory_size && segment->memory_size > 0 &&
           segment->address >= lowest && segment->address < end &&
           segment->memory_size <= end - segment->address &&
           segment->offset <= INT64_MAX - segment->file_size &&
           IS_ALIGNED(segment->address - segment->offset, PAGE_SIZE);
}

/* Segments are listed by address (System V ABI, chapter 5), and no two share a page. */
static enum error add_segment(struct elf_program *program, const struct program_header *header,
                              virt_addr_t lowest, virt_addr_t end)
{
    struct elf_segment segment = {.address = header->address,
                                  .memory_size = header->memory_size,
                                  .offset = header->offset,
                                  .file_size = header->file_size,
                                  .readable = header->flags & FLAG_READ,
                                  .writable = header->flags & FLAG_WRITE,
                                  .executable = header->flags & FLAG_EXECUTE};
    if (program->segment_count)
        lowest = elf_end(program);
    if (program->segment_count == ELF_MAX_SEGMENTS || !is_sound(&segment, lowest, end))
        return ERROR_NOT_EXECUTABLE;
    program->segments[program->segment_count++] = segment;
    uint64_t in_segment = program->headers_offset - segment.offset;
    uint64_t size = program->header_count * sizeof(*header);
    if (program->headers_offset >= segment.offset && in_segment <= segment.file_size &&
        size <= segment.file_size - in_segment)
        program->headers_address = segment.address + in_segment;
    return OK;
}

static enum error add_interpreter(struct elf_program *program, const struct program_header *header)
{
    if (program->interpreter_size || header->file_size < 2 ||
        header->file_size > ELF_MAX_INTERPRETER || header->offset > INT64_MAX)
        return ERROR_NOT_EXECUTABLE;
    program->interpreter_offset = header->offset;
    program->interpreter_size = header->file_size;
    return OK;
}

enum error elf_read_program_headers(const void *headers, virt_addr_t lowest, virt_addr_t end,
                                    struct elf_program *program)
{
    if (program->movable) { /* counted from 0, wherever it goes */
        end -= lowest;
        lowest = 0;
    }
    for (size_t i = 0; i < program->header_count; i++) {
        struct program_header header;
        enum error error = OK;
        memcpy(&header, (const char *)headers + i * sizeof(header), sizeof(header));
        if (header.type == SEGMENT_LOAD && header.memory_size)
            error = add_segment(program, &header, lowest, end);
        else if (header.type == SEGMENT_INTERPRETER)
            error = add_interpreter(program, &header);
        else if (header.type == SEGMENT_STACK)
            program->executable_stack = header.flags & FLAG_EXECUTE;
        if (error)
            return error;
    }
    return program->segment_count ? OK : ERROR_NOT_EXECUTABLE;
}

virt_addr_t elf_start(const struct elf_program *program)
{
    ASSERT(program->segment_count > 0);
    return ALIGN_DOWN(program->segments[0].address, PAGE_SIZE);
}

virt_addr_t elf_end(const struct elf_program *program)
{
    ASSERT(program->segment_count > 0);
    const struct elf_segment *last = &program->segments[program->segment_count - 1];
    return ALIGN_UP(last->address + last->memory_size, PAGE_SIZE);
}
