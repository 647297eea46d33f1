#include <assert.h>
#include <fs/anonymous.h>
#include <fs/text.h>
#include <kernel/process/pidfd.h>
#include <kernel/process/process.h>

static unsigned poll(struct file *file, struct waker *waker, struct task *task)
{
    struct id *id = file->data;
    if (waker)
        waker_register(waker, &id->ended, task);
    return id->process && id->process->state != PROCESS_ZOMBIE ? 0 : POLLIN;
}

static void close(struct file *file)
{
    id_release(file->data);
}

static void describe(const struct file *file, struct text *text)
{
    const struct id *id = file->data;
    int number = id->process ? id->number : -1;
    text_printf(text, "Pid:\t%d\nNSpid:\t%d\n", number, number);
}

static const struct file_operations operations = {.name = "anon_inode:[pidfd]",
                                                  .seek = anonymous_seek,
                                                  .close = close,
                                                  .poll = poll,
                                                  .describe = describe};

enum error pidfd_create(struct id *id, unsigned flags, struct file **file)
{
    enum error error = anonymous_file_create(&operations, id, O_RDWR | flags, file);
    if (!error)
        id_reference(id);
    return error;
}

enum error pidfd_id(const struct file *file, struct id **id)
{
    if (file->operations != &operations)
        return ERROR_BAD_DESCRIPTOR;
    *id = file->data;
    ASSERT((*id)->references > 0);
    return OK;
}
