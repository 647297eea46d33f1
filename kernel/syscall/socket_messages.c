/*
 * Sending to sockets and receiving from them. Names, files (SCM_RIGHTS) and credentials
 * (SCM_CREDENTIALS) go along with the bytes.
 */
#include <assert.h>
#include <fs/unix_rights.h>
#include <kernel/process/credentials.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/parts.h>
#include <kernel/syscall/socket_calls.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

enum {
    SOL_SOCKET = 1,
    SCM_RIGHTS = 1,
    SCM_CREDENTIALS = 2,
    MSG_OOB = 1,
    MSG_CTRUNC = 8,
    MSG_NOSIGNAL = 0x4000,
    MSG_CMSG_CLOEXEC = 0x40000000,
    CONTROL_MAX = 20480, /* Linux's optmem_max */
};

/* Linux's struct user_msghdr. */
struct message_header {
    uint64_t name;
    int32_t name_length, padding;
    uint64_t parts, part_count;
    uint64_t control, control_size;
    uint32_t flags, end_padding;
};
_Static_assert(sizeof(struct message_header) == 56, "include/linux/socket.h");

/* Linux's struct cmsghdr. Its content follows, and the next header at a multiple of 8. */
struct control_header {
    uint64_t size; /* with this header */
    int32_t level, type;
};

/* --- Buffers ---------------------------------------------------------------------------------- */

struct parts {
    struct buffer_part few[8], *all;
};

/* Fetches the parts of a message, and makes a buffer of them. free_parts() has to follow, also
 * after an error. */
static enum error get_parts(struct parts *parts, const struct message_header *header,
                            struct buffer *buffer)
{
    size_t count = header->part_count;
    parts->all = parts->few;
    if (count > PARTS_MAX)
        return ERROR_MESSAGE_SIZE;
    if (count > ARRAY_SIZE(parts->few))
        parts->all = kmalloc(count * sizeof(struct buffer_part));
    if (!parts->all)
        return ERROR_OUT_OF_FRAMES;
    enum error error = parts_from_user(parts->all, header->parts, count);
    if (!error)
        buffer_init_parts(buffer, parts->all, count);
    return error;
}

static void free_parts(struct parts *parts)
{
    if (parts->all != parts->few)
        kfree(parts->all);
}

/* --- What goes along -------------------------------------------------------------------------- */

/* Adds the files of `count` descriptors. */
static enum error add_rights(struct unix_send *send, const int32_t *fds, size_t count)
{
    size_t before = send->rights ? send->rights->count : 0;
    if (before + count > RIGHTS_MAX)
        return ERROR_INVALID;
    if (!send->rights) {
        send->rights = kzalloc(sizeof(*send->rights) + RIGHTS_MAX * sizeof(struct file *));
        if (!send->rights)
            return ERROR_OUT_OF_FRAMES;
    }
    for (size_t i = 0; i < count; i++) {
        struct file **place = &send->rights->files[send->rights->count];
        enum error error = file_table_get_named(process_current()->files, fds[i], place);
        if (error)
            return error;
        send->rights->count++;
        ASSERT(send->rights->count <= RIGHTS_MAX);
    }
    return OK;
}

/* A program may send only numbers of its own, unless it is privileged. */
static enum error check_credentials(const struct socket_credentials *credentials)
{
    const struct process *process = process_current();
    if (is_privileged())
        return process_find(credentials->process) ? OK : ERROR_NO_PROCESS;
    bool is_true = credentials->process == process->id &&
                   (credentials->uid == process->uid || credentials->uid == process->euid ||
                    credentials->uid == process->suid) &&
                   (credentials->gid == process->gid || credentials->gid == process->egid ||
                    credentials->gid == process->sgid);
    return is_true ? OK : ERROR_NOT_PERMITTED;
}

/* Takes one control message. What is not of level SOL_SOCKET is ignored. */
static enum error take_control(struct unix_send *send, const struct control_header *header,
                               struct socket_credentials *credentials)
{
    ASSERT(header->size >= sizeof(*header));
    size_t size = header->size - sizeof(*header);
    if (header->level != SOL_SOCKET)
        return OK;
    if (header->type == SCM_RIGHTS)
        return add_rights(send, (const void *)(header + 1), size / sizeof(int32_t));
    if (header->type != SCM_CREDENTIALS || size != sizeof(*credentials))
        return ERROR_INVALID;
    memcpy(credentials, header + 1, sizeof(*credentials));
    send->credentials = credentials;
    return check_credentials(credentials);
}

static enum error walk_control(struct unix_send *send, const char *control, size_t size,
                               struct socket_credentials *credentials)
{
    enum error error = OK;
    for (size_t at = 0; !error && size - at >= sizeof(struct control_header);) {
        const struct control_header *header = (const void *)(control + at);
        if (header->size < sizeof(*header) || header->size > size - at)
            return ERROR_INVALID;
        error = take_control(send, header, credentials);
        ASSERT(at <= size);
        at += MIN(ALIGN_UP(header->size, sizeof(uint64_t)), size - at);
    }
    return error;
}

static enum error get_control(struct unix_send *send, const struct message_header *header,
                              struct socket_credentials *credentials)
{
    size_t size = header->control_size;
    if (size == 0)
        return OK;
    if (size > CONTROL_MAX)
        return ERROR_NO_BUFFERS;
    char *control = kmalloc(size);
    if (!control)
        return ERROR_OUT_OF_FRAMES;
    enum error error = copy_from_user(control, header->control, size);
    if (!error)
        error = walk_control(send, control, size, credentials);
    kfree(control);
    return error;
}

/* --- Sending ---------------------------------------------------------------------------------- */

/* Finds the receiver of a datagram that has a name. A connection has its receiver already. */
static enum error find_receiver(const struct unix_socket *socket,
                                const struct message_header *header, struct unix_send *send)
{
    struct unix_name name;
    size_t length = (size_t)header->name_length;
    if (!header->name || header->name_length == 0)
        return OK;
    if (header->name_length < 0)
        return ERROR_INVALID;
    enum error error = socket_name_from_user(&name, header->name, length);
    if (error)
        return error;
    if (socket->type == SOCKET_STREAM)
        return socket->state == UNIX_CONNECTED ? ERROR_IS_CONNECTED : ERROR_UNSUPPORTED;
    if (socket->type == SOCKET_SEQUENCED)
        return OK;
    return unix_find(process_current()->fs, &name, length, socket->type, &send->to);
}

static enum error send_buffer(struct unix_socket *socket, const struct message_header *header,
                              struct buffer *buffer, struct unix_send *send)
{
    struct socket_credentials credentials;
    if (send->flags & MSG_OOB)
        return ERROR_UNSUPPORTED;
    enum error error = get_control(send, header, &credentials);
    if (!error)
        error = find_receiver(socket, header, send);
    if (!error && socket->wants_credentials)
        error = unix_bind_somewhere(socket);
    return error ? error : unix_send(socket, buffer, send);
}

/* The call's result: how many bytes were sent, or why none. */
static int64_t send(struct unix_socket *socket, const struct message_header *header,
                    struct buffer *buffer, unsigned flags)
{
    struct unix_send sent = {.flags = flags};
    size_t size = buffer->left;
    enum error error = send_buffer(socket, header, buffer, &sent);
    if (sent.to)
        inode_release(&sent.to->inode);
    unix_rights_drop(sent.rights); /* what was not sent */
    unix_rights_release_dropped();
    bool signals = socket->type == SOCKET_STREAM && !(flags & MSG_NOSIGNAL);
    if (buffer->left < size)
        return (int64_t)(size - buffer->left);
    if (error == ERROR_PIPE && signals)
        signal_send_self(SIGPIPE);
    return error ? syscall_result(error) : (int64_t)size;
}

static int64_t send_to(struct unix_socket *socket, const struct trap_frame *frame)
{
    struct buffer buffer;
    const struct message_header header = {.name = argument_4(frame),
                                          .name_length = (int32_t)argument_5(frame)};
    if (!user_range_is_valid(argument_1(frame), argument_2(frame)))
        return syscall_result(ERROR_BAD_ADDRESS);
    buffer_init_user(&buffer, argument_1(frame), argument_2(frame));
    return send(socket, &header, &buffer, (unsigned)argument_3(frame));
}

int64_t syscall_sendto(struct trap_frame *frame)
{
    return socket_call(frame, send_to);
}

static int64_t send_message_at(struct unix_socket *socket, virt_addr_t at, unsigned flags)
{
    struct message_header header;
    struct parts parts;
    struct buffer buffer;
    enum error error = copy_from_user(&header, at, sizeof(header));
    if (error)
        return syscall_result(error);
    error = get_parts(&parts, &header, &buffer);
    int64_t result = error ? syscall_result(error) : send(socket, &header, &buffer, flags);
    free_parts(&parts);
    return result;
}

static int64_t send_message(struct unix_socket *socket, const struct trap_frame *frame)
{
    return send_message_at(socket, argument_1(frame), (unsigned)argument_2(frame));
}

int64_t syscall_sendmsg(struct trap_frame *frame)
{
    return socket_call(frame, send_message);
}

/* --- Receiving -------------------------------------------------------------------------------- */

/* Where the next control message goes in the program, and how much room is left there. */
struct control {
    virt_addr_t at;
    size_t left;
    unsigned flags; /* MSG_CTRUNC: not all had room */
};

/* Puts a control message there, cut where there is no room for all of it. False: the memory cannot
 * be written, and the message is lost. */
static bool put_control(struct control *control, int type, const void *content, size_t size)
{
    struct control_header header = {
        .size = sizeof(header) + size, .level = SOL_SOCKET, .type = type};
    if (control->left < sizeof(header)) {
        control->flags |= MSG_CTRUNC;
        return true;
    }
    if (header.size > control->left) {
        control->flags |= MSG_CTRUNC;
        header.size = control->left;
    }
    if (copy_to_user(control->at, &header, sizeof(header)) ||
        copy_to_user(control->at + sizeof(header), content, header.size - sizeof(header)))
        return false;
    size_t used = MIN(ALIGN_UP(header.size, sizeof(uint64_t)), control->left);
    control->at += used;
    control->left -= used;
    return true;
}

/* Opens descriptors for the files, at most `most`. The result is how many were opened. */
static size_t open_rights(struct socket_rights *rights, size_t most, bool close_on_exec,
                          int32_t *fds)
{
    size_t count = 0;
    for (; count < MIN(rights->count, most); count++) {
        struct file *file = rights->files[count];
        file_reference(file);
        if (file_table_add(process_current()->files, file, 0, close_on_exec, &fds[count]) != OK) {
            file_release(file);
            break;
        }
    }
    return count;
}

/* Opens descriptors for the files that came along, and gives the program their numbers. */
static void put_rights(struct control *control, struct socket_rights *rights, unsigned flags)
{
    int32_t fds[RIGHTS_MAX];
    ASSERT(rights->count <= RIGHTS_MAX);
    size_t room = control->left > sizeof(struct control_header)
                      ? (control->left - sizeof(struct control_header)) / sizeof(fds[0])
                      : 0;
    size_t count = open_rights(rights, room, flags & MSG_CMSG_CLOEXEC, fds);
    if (count < rights->count)
        control->flags |= MSG_CTRUNC;
    if (count == 0 || put_control(control, SCM_RIGHTS, fds, count * sizeof(fds[0])))
        return;
    control->flags |= MSG_CTRUNC;
    for (size_t i = 0; i < count; i++)
        file_table_take_back(process_current()->files, fds[i], rights->files[i]);
}

/* Gives the program what came along. Bad memory for that is no error, as on Linux: the bytes have
 * been received. */
static void put_along(const struct unix_socket *socket, struct control *control,
                      const struct unix_receive *receive, unsigned flags)
{
    if (socket->wants_credentials)
        (void)put_control(control, SCM_CREDENTIALS, &receive->credentials,
                          sizeof(receive->credentials));
    if (receive->rights)
        put_rights(control, receive->rights, flags);
}

/* Receives a message. The result is its size: with MSG_TRUNC that of the whole message, also if it
 * was cut. `control` NULL: there is no room for what came along. */
static int64_t receive(struct unix_socket *socket, struct buffer *buffer, unsigned flags,
                       struct unix_receive *received, struct control *control)
{
    struct control no_control = {0};
    size_t size = buffer->left;
    *received = (struct unix_receive){.flags = flags & ~(unsigned)MESSAGE_TRUNCATED};
    if (flags & MSG_OOB)
        return syscall_result(ERROR_UNSUPPORTED);
    enum error error = unix_receive(socket, buffer, received);
    if (!error)
        put_along(socket, control ? control : &no_control, received, flags);
    unix_rights_drop(received->rights);
    unix_rights_release_dropped();
    if (error)
        return syscall_result(error);
    bool whole = flags & MESSAGE_TRUNCATED && socket->type != SOCKET_STREAM;
    return whole ? (int64_t)received->size : (int64_t)(size - buffer->left);
}

static int64_t receive_from(struct unix_socket *socket, const struct trap_frame *frame)
{
    struct buffer buffer;
    struct unix_receive received;
    if (!user_range_is_valid(argument_1(frame), argument_2(frame)))
        return syscall_result(ERROR_BAD_ADDRESS);
    buffer_init_user(&buffer, argument_1(frame), argument_2(frame));
    int64_t result = receive(socket, &buffer, (unsigned)argument_3(frame), &received, NULL);
    if (result >= 0 && argument_4(frame)) {
        enum error error =
            socket_name_to_user(received.sender, 0, argument_4(frame), argument_5(frame));
        result = error ? syscall_result(error) : result;
    }
    unix_address_release(received.sender);
    return result;
}

int64_t syscall_recvfrom(struct trap_frame *frame)
{
    return socket_call(frame, receive_from);
}

/* Stores the fields of the header that the call sets. */
static enum error put_header(const struct message_header *header, virt_addr_t at,
                             const struct unix_receive *received, const struct control *control)
{
    enum { RESULT_FLAGS = MESSAGE_TRUNCATED };
    uint64_t control_size = control->at - header->control;
    uint32_t flags = (received->flags & RESULT_FLAGS) | control->flags;
    enum error error = header->name
                           ? socket_name_to_user(received->sender, 0, header->name,
                                                 at + offsetof(struct message_header, name_length))
                           : OK;
    if (!error)
        error = copy_to_user(at + offsetof(struct message_header, flags), &flags, sizeof(flags));
    if (!error)
        error = copy_to_user(at + offsetof(struct message_header, control_size), &control_size,
                             sizeof(control_size));
    return error;
}

static int64_t receive_message_at(struct unix_socket *socket, virt_addr_t at, unsigned flags)
{
    struct message_header header;
    struct parts parts;
    struct buffer buffer;
    struct unix_receive received = {0};
    enum error error = copy_from_user(&header, at, sizeof(header));
    if (error)
        return syscall_result(error);
    struct control control = {.at = header.control, .left = header.control_size};
    error = get_parts(&parts, &header, &buffer);
    int64_t result =
        error ? syscall_result(error) : receive(socket, &buffer, flags, &received, &control);
    if (result >= 0) {
        error = put_header(&header, at, &received, &control);
        result = error ? syscall_result(error) : result;
    }
    unix_address_release(received.sender);
    free_parts(&parts);
    return result;
}

static int64_t receive_message(struct unix_socket *socket, const struct trap_frame *frame)
{
    return receive_message_at(socket, argument_1(frame), (unsigned)argument_2(frame));
}

int64_t syscall_recvmsg(struct trap_frame *frame)
{
    return socket_call(frame, receive_message);
}
