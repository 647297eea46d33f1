/*
 * The root is an empty tmpfs, which a thread fills from the initramfs: a cpio archive in memory,
 * from the loader or from QEMU (fw_cfg). It loads the program that `init=` names, /init otherwise,
 * and ends; from then on only programs' threads and the kernel's tasks run.
 */
#include <assert.h>
#include <drivers/fw_cfg.h>
#include <drivers/time_of_day.h>
#include <fs/fs.h>
#include <fs/initramfs.h>
#include <kernel/first_program.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <kernel/options.h>
#include <kernel/process/credentials.h>
#include <kernel/process/exceptions.h>
#include <kernel/process/exec.h>
#include <kernel/process/exit.h>
#include <kernel/process/limits.h>
#include <kernel/process/load.h>
#include <kernel/process/out_of_memory.h>
#include <kernel/process/placement.h>
#include <kernel/process/proc_files.h>
#include <kernel/process/process.h>
#include <kernel/syscall/call_trace.h>
#include <kernel/syscall/syscall.h>
#include <kernel/sysfs_sources.h>
#include <kernel/task/alarm.h>
#include <kernel/task/clock.h>
#include <layout.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/kernel_stacks.h>
#include <mm/reclaim.h>

OPTION(init);
OPTION(norandmaps);
OPTION(ro);
OPTION(root);
OPTION(rootfstype);
OPTION(strace);

#define INITRAMFS_FILE "opt/cairn/initramfs"

enum { ENVIRONMENT_OPTION = 128 };
enum { NOT_STARTED = 127 << 8 }; /* a shell's status for a program that is not there */

static const struct boot_info *boot_info;
static struct thread thread;

static const struct boot_module *initramfs_module(const struct boot_info *info)
{
    for (size_t i = 0; i < info->module_count; i++) {
        if (strcmp(info->modules[i].name, "initramfs") == 0)
            return &info->modules[i];
    }
    return NULL;
}

void first_program_prepare(struct executor *executor)
{
    static const struct user_mode_handlers handlers = {
        .syscall = syscall_dispatch,
        .exception = process_exception,
        .before_return = user_thread_before_return,
    };
    user_mode_init(&handlers);
    user_threads_start(executor);
    out_of_memory_start();
    if (option_is_on(option_norandmaps))
        placement_forbid_random();
    if (option_strace && !option_is(option_strace, "0")) {
        bool all = option_is(option_strace, "1") || option_is(option_strace, "");
        call_trace_log(all ? NULL : option_strace);
    }
}

bool first_program_is_wanted(const struct boot_info *info)
{
    size_t size;
    if (option_is(option_init, "monitor"))
        return false;
    if (initramfs_module(info) || fw_cfg_file_size(INITRAMFS_FILE, &size) == OK)
        return true;
    if (option_init)
        log_warn("options: init=%s: there is no initramfs that could have it", option_init);
    return false;
}

void first_program_free_initramfs(const struct boot_info *info)
{
    const struct boot_module *module = initramfs_module(info);
    if (module)
        frames_add(module->range);
}

/* --- The files ------------------------------------------------------------------------------- */

/* The order of the smallest run of frames that holds `size` bytes. */
static unsigned order_for(size_t size)
{
    unsigned order = 0;
    while (PAGE_SIZE << order < size)
        order++;
    return order;
}

static enum error unpack_file(size_t size)
{
    unsigned order = order_for(size);
    phys_addr_t memory = order <= FRAMES_MAX_ORDER ? frames_alloc_run(order) : NO_FRAME;
    if (memory == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    enum error error = fw_cfg_read_memory(INITRAMFS_FILE, memory, size);
    if (!error)
        error = initramfs_unpack(phys_to_virt(memory), size);
    frames_free_run(memory, order);
    return error;
}

static enum error unpack_module(const struct boot_module *module)
{
    return initramfs_unpack(phys_to_virt(module->range.start),
                            module->range.end - module->range.start);
}

/* Unpacks the initramfs. The files before an error in a broken archive stay. */
static void fill_root(void)
{
    size_t size;
    const struct boot_module *module = initramfs_module(boot_info);
    enum error error = fw_cfg_file_size(INITRAMFS_FILE, &size);
    if (!error)
        error = unpack_file(size);
    else if (module)
        error = unpack_module(module);
    if (error)
        log_error("init: the initramfs cannot be unpacked (%s)", error_name(error));
    first_program_free_initramfs(boot_info);
}

/* --- The program ----------------------------------------------------------------------------- */

/* Adds an option to the environment of the first program, which mounts the root. */
static enum error add_option(struct program_strings *strings, const char *key, const char *value)
{
    char text[ENVIRONMENT_OPTION];
    if (!value)
        return OK;
    if ((size_t)snprintf(text, sizeof(text), "%s=%s", key, value) >= sizeof(text))
        log_warn("options: %s is too long and was cut", key);
    strings->environment_count++;
    return program_strings_add(strings, text);
}

static enum error add_options(struct program_strings *strings)
{
    enum error error = add_option(strings, "root", option_root);
    if (!error)
        error = add_option(strings, "rootfstype", option_rootfstype);
    if (!error)
        error = add_option(strings, "ro", option_ro);
    return error;
}

static enum error add_strings(struct program_strings *strings, const char *name)
{
    static const char *const environment[] = {"HOME=/", "TERM=linux"};
    const char *const *arguments;
    size_t count = options_arguments(&arguments);
    enum error error = program_strings_add(strings, name);
    for (size_t i = 0; i < count && !error; i++)
        error = program_strings_add(strings, arguments[i]);
    strings->argument_count = count + 1;
    for (size_t i = 0; i < ARRAY_SIZE(environment) && !error; i++)
        error = program_strings_add(strings, environment[i]);
    strings->environment_count = ARRAY_SIZE(environment);
    return error ? error : add_options(strings);
}

/* Standard input, output and error, as far as there is a console. */
static enum error open_console(struct fs_context *context, struct file_table *files)
{
    struct file *file;
    int fd;
    if (file_open(context, NULL, "/dev/console", O_RDWR | O_NOCTTY, 0, &file) != OK)
        return OK;
    for (unsigned i = 0; i < 3; i++) {
        file_reference(file);
        enum error error = file_table_add(files, file, 0, false, &fd);
        if (error)
            return error;
    }
    file_release(file);
    return OK;
}

static enum error start_loaded(struct program *program, const char *name,
                               struct fs_context *context, struct file_table *files)
{
    enum error error = program_start_first(program, name, context, files);
    if (error)
        program_free(program);
    return error;
}

static enum error start_program(const char *name)
{
    struct fs_context *context = NULL;
    struct file_table *files = NULL;
    struct program program;
    struct program_strings strings = {0};
    enum error error = fs_context_create(&context);
    if (!error)
        error = file_table_create(&files);
    if (!error)
        error = open_console(context, files);
    if (!error)
        error = add_strings(&strings, name);
    if (!error)
        error = program_load(context, NULL, name, &strings, &program);
    if (!error)
        error = start_loaded(&program, name, context, files);
    program_strings_free(&strings);
    return error;
}

/* Sets the time of day for programs, and for the files that are unpacked. */
static void set_time_of_day(void)
{
    struct date_time now;
    enum error error = time_of_day_read(&now);
    if (error)
        log_warn("init: the time of day is not known (%s)", error_name(error));
    else
        clock_set_real(date_time_to_seconds(&now) * (int64_t)NANOSECONDS_PER_SECOND);
}

static void run(struct thread *unused)
{
    (void)unused;
    set_time_of_day();
    const char *name = option_init && *option_init ? option_init : "/init";
    fill_root();
    limits_start();
    enum error error = start_program(name);
    if (error) {
        log_error("init: %s cannot be started (%s)", name, error_name(error));
        process_first_ended(NOT_STARTED);
    }
}

static void release(struct task *task)
{
    kernel_stack_free(&CONTAINER_OF(task, struct thread, task)->stack);
}

void first_program_start(struct executor *executor, const struct boot_info *info,
                         void (*ended)(int status))
{
    struct stack stack;
    enum error error = fs_start();
    if (!error)
        error = kernel_stack_alloc(&stack);
    if (error)
        PANIC("init: no memory for a root (%s)", error_name(error));
    boot_info = info;
    process_first_ended = ended;
    proc_files_start();
    sysfs_sources_add();
    credentials_start();
    alarms_start(executor);
    load_start(executor);
    thread_init(&thread, "init", &stack, run, release);
    reclaim_start(executor);
    executor_spawn(executor, &thread.task);
}
