/*
 * A program is loaded into a new address space while the old program is still whole, since all that
 * can fail happens then: the file is opened, the headers are read, areas are made, the first stack
 * is filled. No page of the file is read yet; the areas show the file, and the program's first
 * accesses bring the pages.
 *
 * A program with shared libraries names an interpreter, its loader. That is mapped beside it and
 * runs first. It finds the program by the auxiliary vector (first_stack.c).
 *
 * program_run() then exchanges the programs. From the end of the other threads on it cannot fail:
 * there is no old program to go back to.
 */
#include <assert.h>
#include <kernel/process/credentials.h>
#include <kernel/process/elf.h>
#include <kernel/process/exec.h>
#include <kernel/process/exit.h>
#include <kernel/process/first_stack.h>
#include <kernel/process/futex.h>
#include <kernel/process/placement.h>
#include <kernel/process/process.h>
#include <kernel/process/program_file.h>
#include <kernel/process/timers.h>
#include <kernel/process/vdso.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

static enum error read_elf(struct file *file, struct elf_program *elf)
{
    uint8_t header[ELF_HEADER_SIZE];
    size_t size;
    enum error error = program_file_read_some(file, 0, header, sizeof(header), &size);
    if (!error)
        error = elf_read_header(header, size, elf);
    if (error)
        return error;
    size = elf->header_count * (size_t)ELF_PROGRAM_HEADER_SIZE;
    uint8_t *headers = kmalloc(size);
    if (!headers)
        return ERROR_OUT_OF_FRAMES;
    error = program_file_read(file, elf->headers_offset, headers, size);
    if (!error)
        error = elf_read_program_headers(headers, LOWEST_PROGRAM, PROGRAMS_END, elf);
    kfree(headers);
    return error;
}

/* --- Mapping --------------------------------------------------------------------------------- */

/* Clears the rest of the page that holds the file's last bytes. */
static enum error clear_rest(struct address_space *space, virt_addr_t from, virt_addr_t end)
{
    static const uint8_t zeros[PAGE_SIZE];
    ASSERT(end - from <= sizeof(zeros));
    return copy_to_space(space, from, zeros, end - from);
}

static enum error map_segment(struct address_space *space, struct vm_object *object,
                              const struct elf_segment *segment, uint64_t bias)
{
    unsigned flags = (segment->readable ? (unsigned)AREA_READ : 0) |
                     (segment->writable ? (unsigned)AREA_WRITE : 0) |
                     (segment->executable ? (unsigned)AREA_EXECUTE : 0);
    virt_addr_t address = segment->address + bias, start = ALIGN_DOWN(address, PAGE_SIZE);
    virt_addr_t file_end = address + segment->file_size;
    virt_addr_t zeros = segment->file_size ? ALIGN_UP(file_end, PAGE_SIZE) : start;
    virt_addr_t end = ALIGN_UP(address + segment->memory_size, PAGE_SIZE);
    enum error error = OK;
    if (zeros > start)
        error = address_space_map(space, start, zeros - start, flags, object,
                                  ALIGN_DOWN(segment->offset, PAGE_SIZE));
    if (!error && segment->writable && segment->memory_size > segment->file_size &&
        zeros > file_end)
        error = clear_rest(space, file_end, zeros);
    if (!error && end > zeros)
        error = address_space_map(space, zeros, end - zeros, flags, NULL, 0);
    return error;
}

/* Maps all segments at `bias` above the addresses in the file. */
static enum error map_program(struct address_space *space, struct file *file,
                              const struct elf_program *elf, uint64_t bias)
{
    struct vm_object *object;
    if (!file->operations->map)
        return ERROR_NOT_EXECUTABLE;
    enum error error = file->operations->map(file, false, &object);
    if (error)
        return error;
    for (size_t i = 0; i < elf->segment_count && !error; i++)
        error = map_segment(space, object, &elf->segments[i], bias);
    vm_object_release(object);
    return error;
}

/* Maps the interpreter where there is room, unless it names its addresses. *entry is where it
 * starts, *base how far it lies from those addresses. */
static enum error map_interpreter(struct address_space *space, struct file *file, virt_addr_t *base,
                                  virt_addr_t *entry)
{
    struct elf_program elf;
    virt_addr_t place = 0;
    enum error error = read_elf(file, &elf);
    if (!error && elf.movable)
        error = address_space_find_gap(space, 0, elf_end(&elf) - elf_start(&elf), &place);
    if (error)
        return error;
    *base = elf.movable ? place - elf_start(&elf) : 0;
    *entry = elf.entry + *base;
    return map_program(space, file, &elf, *base);
}

static enum error open_interpreter(struct fs_context *context, struct file *program,
                                   const struct elf_program *elf, struct file **interpreter)
{
    char name[ELF_MAX_INTERPRETER];
    enum error error =
        program_file_read(program, elf->interpreter_offset, name, elf->interpreter_size);
    if (error)
        return error;
    if (name[elf->interpreter_size - 1] != '\0')
        return ERROR_NOT_EXECUTABLE;
    return program_file_open(context, NULL, name, interpreter);
}

static enum error load_interpreter(struct fs_context *context, struct program *program,
                                   const struct elf_program *elf,
                                   struct program_addresses *addresses)
{
    struct file *file;
    enum error error = open_interpreter(context, program->file, elf, &file);
    if (error)
        return error;
    error = map_interpreter(program->space, file, &addresses->base, &program->entry);
    file_release(file);
    return error;
}

/* While the first program is loaded there is no process, and no limit but the usual one. */
static void choose_places(struct address_space *space, struct placement *placement)
{
    bool random = true;
    if (user_thread_is_running()) {
        const struct process *process = process_current();
        random = !(process->personality & ADDR_NO_RANDOMIZE);
        space->limits.stack = process->limits[RLIMIT_STACK].soft;
    }
    placement_choose(placement, random, space->limits.stack);
    space->gaps_end = placement->gaps_end;
}

/* Fills program->space, and sets where the program starts. */
static enum error load_elf(struct fs_context *context, struct program *program, const char *name,
                           const struct program_strings *strings)
{
    struct elf_program elf;
    enum error error = read_elf(program->file, &elf);
    if (error)
        return error;
    struct placement placement;
    choose_places(program->space, &placement);
    uint64_t bias = elf.movable ? placement.program - elf_start(&elf) : 0;
    struct program_addresses addresses = {
        .headers = elf.headers_address ? elf.headers_address + bias : 0,
        .header_count = elf.header_count,
        .entry = elf.entry + bias,
    };
    program->entry = addresses.entry;
    program->space->heap_start = program->space->heap_end =
        elf_end(&elf) + bias + placement.heap_gap;
    error = map_program(program->space, program->file, &elf, bias);
    if (!error && elf.interpreter_size)
        error = load_interpreter(context, program, &elf, &addresses);
    if (!error && program->entry >= USER_END)
        error = ERROR_NOT_EXECUTABLE;
    if (!error)
        error = vdso_map(program->space, &addresses.vdso);
    if (!error)
        error =
            first_stack_make(program, name, strings, &addresses, &placement, elf.executable_stack);
    return error;
}

/* --- Loading --------------------------------------------------------------------------------- */

enum error program_load(struct fs_context *context, const struct path *start, const char *name,
                        struct program_strings *strings, struct program *program)
{
    *program = (struct program){0};
    enum error error = program_file_find(context, start, name, strings, &program->file);
    if (error)
        return error;
    credentials_choose(program, context);
    error = file_make_program(program->file);
    if (!error)
        error = address_space_create(&program->space);
    if (!error)
        error = load_elf(context, program, name, strings);
    if (error)
        program_free(program);
    return error;
}

void program_free(struct program *program)
{
    if (program->space)
        address_space_release(program->space);
    file_release(program->file);
}

/* --- Running --------------------------------------------------------------------------------- */

/* The last component of a path, which names the program in /proc. */
static const char *last_part(const char *path)
{
    const char *name = path;
    for (const char *at = path; *at; at++) {
        if (*at == '/' && at[1])
            name = at + 1;
    }
    return name;
}

static void adopt(struct process *process, const struct program *program)
{
    ASSERT(!process->space);
    process->space = program->space;
    limits_apply(process);
    process->program = program->file;
    process->arguments = program->arguments;
    process->arguments_end = program->arguments_end;
    process->environment = program->environment;
    process->environment_end = program->environment_end;
}

enum error program_run(struct program *program, const char *name, struct trap_frame *frame)
{
    struct user_thread *thread = user_thread_current();
    struct process *process = thread->process;
    enum error error = signals_unshare(process);
    if (!error)
        error = process_unshare_files(); /* another process keeps what is closed on exec */
    if (error)
        return error;
    if (!process_end_other_threads())
        return ERROR_AGAIN;
    struct file *old = process->program;
    signals_clear_handlers(process);
    process_timers_delete(process, false);
    thread->stack = (struct signal_stack){.flags = SS_DISABLE};
    futex_leave_locks(thread);
    futex_release_robust_list(thread);
    thread->robust_list = thread->clear_child = 0;
    process_give_back_space(process);
    adopt(process, program);
    user_thread_set_name(thread, last_part(name));
    credentials_adopt(process, program);
    process->has_executed = true;
    address_space_use(process->space);
    user_registers_init(&thread->registers);
    user_registers_load(&thread->registers, &thread->thread.stack);
    user_mode_frame_init(frame, program->entry, program->stack);
    file_release(old);
    file_table_close_on_exec(process->files);
    return OK;
}

enum error program_start_first(struct program *program, const char *name,
                               struct fs_context *context, struct file_table *files)
{
    struct trap_frame frame;
    struct process *process = process_create(NULL);
    struct user_thread *thread;
    if (!process)
        return ERROR_OUT_OF_FRAMES;
    adopt(process, program);
    process->fs = context;
    process->files = files;
    user_mode_frame_init(&frame, program->entry, program->stack);
    id_reference(process->number);
    enum error error = user_thread_spawn(process, process->number, &frame, NULL, &thread);
    if (error) {
        id_release(process->number);
        process_forget(process);
        return error;
    }
    user_thread_set_name(thread, last_part(name));
    return OK;
}
