#include <kernel/process/pidfd.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/descriptors.h>

int64_t syscall_pidfd_open(struct trap_frame *frame)
{
    int number = (int)argument_0(frame);
    unsigned flags = (unsigned)argument_1(frame);
    struct file *file;
    if (flags & ~(unsigned)O_NONBLOCK || number <= 0)
        return syscall_result(ERROR_INVALID);
    struct id *id = id_find(number);
    if (!id || !(id->process || id->thread))
        return syscall_result(ERROR_NO_PROCESS);
    if (!id->process)
        return syscall_result(ERROR_INVALID); /* another thread than the first */
    enum error error = pidfd_create(id, flags, &file);
    return error ? syscall_result(error) : descriptor_add(file, true);
}
