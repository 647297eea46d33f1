/*
 * Making, naming and connecting sockets. There are unix sockets, and the one that libudev asks for
 * (device_events.h). Other families are EAFNOSUPPORT.
 */
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/descriptors.h>
#include <kernel/syscall/device_events.h>
#include <kernel/syscall/socket_calls.h>
#include <mm/user_copy.h>

enum { TYPE_MASK = 0xf, SOCK_RAW = 3, SOCK_MAX = 11, SOMAXCONN = 4096, FAMILY_SIZE = 2 };

static void get_credentials(struct socket_credentials *credentials)
{
    const struct process *process = process_current();
    *credentials = (struct socket_credentials){process->id, process->euid, process->egid};
}

int64_t socket_call(const struct trap_frame *frame, socket_function *function)
{
    struct file *file;
    enum error error = file_table_get(process_current()->files, (int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    struct unix_socket *socket = unix_socket_of(file);
    int64_t result = socket ? function(socket, frame) : syscall_result(ERROR_NOT_SOCKET);
    file_release(file);
    return result;
}

/* --- Names ------------------------------------------------------------------------------------ */

enum error socket_name_from_user(struct unix_name *name, virt_addr_t from, size_t length)
{
    enum { NAME_OF_ANY_FAMILY = 128 };
    *name = (struct unix_name){0};
    if (length > NAME_OF_ANY_FAMILY)
        return ERROR_INVALID;
    return copy_from_user(name, from, MIN(length, (size_t)UNIX_NAME_MAX));
}

enum error socket_name_to_user(const struct unix_address *address, uint32_t without, virt_addr_t to,
                               virt_addr_t length_at)
{
    static const struct unix_name no_name = {.family = AF_UNIX};
    int32_t room;
    uint32_t length = address ? (uint32_t)address->length : without;
    enum error error = copy_from_user(&room, length_at, sizeof(room));
    if (error)
        return error;
    if (room < 0)
        return ERROR_INVALID;
    error = copy_to_user(to, address ? &address->name : &no_name, MIN((uint32_t)room, length));
    return error ? error : copy_to_user(length_at, &length, sizeof(length));
}

static int64_t give_name(struct unix_socket *socket, const struct trap_frame *frame)
{
    return syscall_result(
        socket_name_to_user(socket->address, FAMILY_SIZE, argument_1(frame), argument_2(frame)));
}

int64_t syscall_getsockname(struct trap_frame *frame)
{
    if (descriptor_is_of_device_events((int)argument_0(frame)))
        return syscall_result(device_events_name(argument_1(frame), argument_2(frame)));
    return socket_call(frame, give_name);
}

/* The copy may wait, and the peer be closed meanwhile. */
static enum error peer_name_to_user(const struct unix_socket *peer, virt_addr_t to,
                                    virt_addr_t length_at)
{
    struct unix_address *address = peer ? peer->address : NULL;
    if (address)
        address->references++;
    enum error error = socket_name_to_user(address, FAMILY_SIZE, to, length_at);
    unix_address_release(address);
    return error;
}

static int64_t give_peer_name(struct unix_socket *socket, const struct trap_frame *frame)
{
    if (!socket->peer)
        return syscall_result(ERROR_NOT_CONNECTED);
    return syscall_result(peer_name_to_user(socket->peer, argument_1(frame), argument_2(frame)));
}

int64_t syscall_getpeername(struct trap_frame *frame)
{
    return socket_call(frame, give_peer_name);
}

/* --- Making ----------------------------------------------------------------------------------- */

static enum error check_type(int family, unsigned type, int protocol)
{
    unsigned plain = type & TYPE_MASK;
    if (type & ~(unsigned)(TYPE_MASK | O_NONBLOCK | O_CLOEXEC) || plain >= SOCK_MAX)
        return ERROR_INVALID;
    if (family != AF_UNIX)
        return ERROR_NO_FAMILY;
    if (protocol != 0 && protocol != AF_UNIX)
        return ERROR_NO_PROTOCOL;
    bool is_known = plain == SOCKET_STREAM || plain == SOCKET_DATAGRAM ||
                    plain == SOCKET_SEQUENCED || plain == SOCK_RAW;
    return is_known ? OK : ERROR_NO_SOCKET_TYPE;
}

static enum socket_type type_of(unsigned type)
{
    unsigned plain = type & TYPE_MASK;
    return plain == SOCK_RAW ? SOCKET_DATAGRAM : (enum socket_type)plain;
}

int64_t syscall_socket(struct trap_frame *frame)
{
    unsigned type = (unsigned)argument_1(frame);
    struct file *file = NULL;
    int family = (int)argument_0(frame), protocol = (int)argument_2(frame);
    unix_credentials_hook = get_credentials;
    bool of_device_events = is_of_device_events(family, type, protocol);
    enum error error = of_device_events ? device_events_create(type & O_NONBLOCK, &file)
                                        : check_type(family, type, protocol);
    if (!error && !of_device_events)
        error = unix_socket_create(type_of(type), type & O_NONBLOCK, &file);
    return error ? syscall_result(error) : descriptor_add(file, type & O_CLOEXEC);
}

int64_t syscall_socketpair(struct trap_frame *frame)
{
    unsigned type = (unsigned)argument_1(frame);
    struct file *ends[2];
    unix_credentials_hook = get_credentials;
    enum error error = check_type((int)argument_0(frame), type, (int)argument_2(frame));
    if (!error)
        error = unix_socket_pair(type_of(type), type & O_NONBLOCK, ends);
    if (!error)
        error = descriptor_add_both(ends, type & O_CLOEXEC, argument_3(frame));
    return syscall_result(error);
}

/* --- Connecting ------------------------------------------------------------------------------- */

static int64_t bind(struct unix_socket *socket, const struct trap_frame *frame)
{
    struct unix_name name;
    size_t length = (uint32_t)argument_2(frame);
    enum error error = socket_name_from_user(&name, argument_1(frame), length);
    if (!error)
        error = unix_bind(socket, process_current()->fs, &name, length);
    return syscall_result(error);
}

int64_t syscall_bind(struct trap_frame *frame)
{
    if (descriptor_is_of_device_events((int)argument_0(frame)))
        return 0;
    return socket_call(frame, bind);
}

static int64_t connect(struct unix_socket *socket, const struct trap_frame *frame)
{
    struct unix_name name;
    size_t length = (uint32_t)argument_2(frame);
    enum error error = socket_name_from_user(&name, argument_1(frame), length);
    if (!error)
        error = unix_connect(socket, process_current()->fs, &name, length);
    return syscall_result(error);
}

int64_t syscall_connect(struct trap_frame *frame)
{
    return socket_call(frame, connect);
}

static int64_t listen(struct unix_socket *socket, const struct trap_frame *frame)
{
    unsigned backlog = (unsigned)argument_1(frame);
    return syscall_result(unix_listen(socket, MIN(backlog, (unsigned)SOMAXCONN)));
}

int64_t syscall_listen(struct trap_frame *frame)
{
    return socket_call(frame, listen);
}

/* Opens a descriptor for a connection, and tells the program the peer's name. */
static int64_t give_connection(struct file *file, unsigned flags, virt_addr_t name,
                               virt_addr_t length_at)
{
    const struct unix_socket *accepted = file->data;
    enum error error = name ? peer_name_to_user(accepted->peer, name, length_at) : OK;
    if (!error)
        return descriptor_add(file, flags & O_CLOEXEC);
    file_release(file);
    return syscall_result(error);
}

static int64_t accept_connection(struct unix_socket *socket, const struct trap_frame *frame,
                                 unsigned flags)
{
    struct file *file;
    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK))
        return syscall_result(ERROR_INVALID);
    enum error error = unix_accept(socket, flags & O_NONBLOCK, &file);
    return error ? syscall_result(error)
                 : give_connection(file, flags, argument_1(frame), argument_2(frame));
}

static int64_t accept_plain(struct unix_socket *socket, const struct trap_frame *frame)
{
    return accept_connection(socket, frame, 0);
}

static int64_t accept_with_flags(struct unix_socket *socket, const struct trap_frame *frame)
{
    return accept_connection(socket, frame, (unsigned)argument_3(frame));
}

int64_t syscall_accept(struct trap_frame *frame)
{
    return socket_call(frame, accept_plain);
}

int64_t syscall_accept4(struct trap_frame *frame)
{
    return socket_call(frame, accept_with_flags);
}

static int64_t shut_down(struct unix_socket *socket, const struct trap_frame *frame)
{
    enum { SHUT_RD, SHUT_WR, SHUT_RDWR };
    unsigned how = (unsigned)argument_1(frame);
    if (how > SHUT_RDWR)
        return syscall_result(ERROR_INVALID);
    return syscall_result(unix_shutdown(socket, how != SHUT_WR, how != SHUT_RD));
}

int64_t syscall_shutdown(struct trap_frame *frame)
{
    return socket_call(frame, shut_down);
}
