/*
 * The sockets at which Linux reports devices that come and go (NETLINK_KOBJECT_UEVENT). libudev
 * makes one before it lists devices, as for lsusb, and fails without it. Cairn reports nothing: a
 * program can make the socket, bind it and wait at it, and no message arrives.
 */
#include <fs/anonymous.h>
#include <kernel/process/process.h>
#include <kernel/syscall/device_events.h>
#include <mm/user_copy.h>

enum { AF_NETLINK = 16, KOBJECT_UEVENT = 15, SOCK_RAW = 3, TYPE_MASK = 15 };

/* Linux's struct sockaddr_nl. */
struct netlink_name {
    uint16_t family, padding;
    uint32_t port, groups;
};

static struct wait_queue nothing = WAIT_QUEUE_INIT(nothing); /* never woken */

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)buffer, (void)position;
    enum error error = OK;
    while (!error)
        error = file->flags & O_NONBLOCK ? ERROR_AGAIN : thread_wait_interruptible(&nothing);
    return error;
}

static unsigned poll(struct file *file, struct waker *waker, struct task *task)
{
    (void)file;
    if (waker)
        waker_register(waker, &nothing, task);
    return 0;
}

static const struct file_operations operations = {
    .name = "socket:[0]", .seek = anonymous_seek, .read = read, .poll = poll};

bool is_of_device_events(int family, unsigned type, int protocol)
{
    unsigned plain = type & TYPE_MASK;
    return family == AF_NETLINK && protocol == KOBJECT_UEVENT &&
           (plain == SOCK_RAW || plain == SOCKET_DATAGRAM);
}

enum error device_events_create(unsigned flags, struct file **file)
{
    return anonymous_file_create(&operations, NULL, O_RDWR | flags, file);
}

bool descriptor_is_of_device_events(int fd)
{
    struct file *file;
    if (file_table_get(process_current()->files, fd, &file) != OK)
        return false;
    bool result = file->operations == &operations;
    file_release(file);
    return result;
}

enum error device_events_name(virt_addr_t to, virt_addr_t length_at)
{
    const struct netlink_name name = {.family = AF_NETLINK,
                                      .port = (uint32_t)process_current()->id};
    int32_t length;
    enum error error = copy_from_user(&length, length_at, sizeof(length));
    if (!error && length < 0)
        error = ERROR_INVALID;
    if (!error)
        error = copy_to_user(to, &name, MIN((size_t)length, sizeof(name)));
    length = sizeof(name);
    return error ? error : copy_to_user(length_at, &length, sizeof(length));
}
