/*
 * How sockets come to be, are connected, and end. A stream's connection is made by connect(): it
 * makes the other end, which waits in the listening socket's list until accept() gives it a file.
 */
#include <assert.h>
#include <fs/filesystem.h>
#include <fs/unix_names.h>
#include <fs/unix_queue.h>
#include <fs/unix_rights.h>
#include <fs/unix_socket.h>
#include <kernel/task/thread.h>
#include <mm/user_copy.h>

enum { FIONREAD = 0x541b, TIOCOUTQ = 0x5411 };

static bool has_connections(const struct unix_socket *socket)
{
    return socket->type != SOCKET_DATAGRAM;
}

/* --- Making ----------------------------------------------------------------------------------- */

static struct filesystem_type sockets_type = {.name = "sockfs"};
static struct filesystem sockets;
static const struct inode_operations inode_operations;

static void free_socket(struct vm_object *object)
{
    struct inode *inode = CONTAINER_OF(object, struct inode, object);
    struct unix_socket *socket = CONTAINER_OF(inode, struct unix_socket, inode);
    ASSERT(list_empty(&socket->queue) && list_empty(&socket->pending));
    ASSERT(socket->in_flight == 0);
    ASSERT(!socket->peer);
    ASSERT(!list_node_linked(&socket->room_link));
    ASSERT(list_empty(&socket->wanting_room));
    unix_rights_remove_socket(socket);
    unix_address_release(socket->address);
    inode_end(&socket->inode);
    kfree(socket);
}

static const struct vm_object_operations object_operations = {.release = free_socket};

/* With one reference to its inode. */
static struct unix_socket *make_socket(enum socket_type type)
{
    struct unix_socket *socket = kzalloc(sizeof(*socket));
    if (!socket)
        return NULL;
    if (!sockets.type)
        filesystem_init(&sockets, &sockets_type);
    inode_init(&socket->inode, &sockets, &object_operations, S_IFSOCK | 0777);
    socket->inode.operations = &inode_operations;
    socket->inode.links = 1;
    socket->type = type;
    socket->peer_credentials = (struct socket_credentials){0, UINT32_MAX, UINT32_MAX};
    socket->reading = (struct mutex)MUTEX_INIT_RANKED(socket->reading, LOCK_OF_SOCKET);
    list_init(&socket->queue);
    list_init(&socket->pending);
    list_init(&socket->wanting_room);
    list_node_init(&socket->pending_link);
    list_node_init(&socket->room_link);
    list_node_init(&socket->all_link);
    list_node_init(&socket->reached_link);
    wait_queue_init(&socket->waiting);
    wait_queue_init(&socket->room);
    unix_rights_add_socket(socket);
    return socket;
}

static const struct file_operations operations;

/* Gives the socket a file, which takes over the caller's reference to the inode. */
static enum error make_file(struct unix_socket *socket, unsigned flags, struct file **file)
{
    enum error error = file_create(&operations, &socket->inode, NULL, O_RDWR | flags, file);
    if (error)
        return error;
    ASSERT(!socket->file);
    (*file)->data = socket;
    socket->file = *file;
    inode_release(&socket->inode);
    return OK;
}

enum error unix_socket_create(enum socket_type type, unsigned flags, struct file **file)
{
    struct unix_socket *socket = make_socket(type);
    if (!socket)
        return ERROR_OUT_OF_FRAMES;
    enum error error = make_file(socket, flags, file);
    if (error)
        inode_release(&socket->inode);
    return error;
}

/* With another peer, the socket does not wait any more for room at the one it had. */
static void set_peer(struct unix_socket *socket, struct unix_socket *peer)
{
    struct unix_socket *before = socket->peer;
    list_remove(&socket->room_link);
    socket->peer = peer;
    if (peer)
        inode_reference(&peer->inode);
    if (before)
        inode_release(&before->inode);
}

static void join(struct unix_socket *a, struct unix_socket *b)
{
    ASSERT(a != b && !a->peer && !b->peer);
    set_peer(a, b);
    set_peer(b, a);
    a->state = b->state = UNIX_CONNECTED;
}

enum error unix_socket_pair(enum socket_type type, unsigned flags, struct file *files[2])
{
    enum error error = unix_socket_create(type, flags, &files[0]);
    if (error)
        return error;
    error = unix_socket_create(type, flags, &files[1]);
    if (error) {
        file_release(files[0]);
        return error;
    }
    struct unix_socket *a = files[0]->data, *b = files[1]->data;
    unix_credentials_hook(&a->peer_credentials);
    b->peer_credentials = a->peer_credentials;
    join(a, b);
    return OK;
}

/* --- Ending ----------------------------------------------------------------------------------- */

/* One of a pair ends: the other one gets no more, and can send no more. */
static void leave_peer(struct unix_socket *socket)
{
    struct unix_socket *peer = socket->peer;
    if (!peer)
        return;
    if (has_connections(socket)) {
        peer->no_receive = peer->no_send = true;
        if (!list_empty(&socket->queue))
            peer->error = ERROR_CONNECTION_RESET;
        set_peer(peer, NULL);
        wait_queue_wake_all(&peer->room);
    }
    unix_wake_all(peer);
    set_peer(socket, NULL);
}

/* The end of a socket: what it holds goes. */
static void end(struct unix_socket *socket)
{
    struct list_node *node;
    while ((node = list_pop_front(&socket->pending))) {
        struct unix_socket *waiting = CONTAINER_OF(node, struct unix_socket, pending_link);
        if (waiting->peer)
            waiting->peer->error = ERROR_CONNECTION_RESET;
        leave_peer(waiting);
        unix_queue_clear(waiting);
        inode_release(&waiting->inode);
    }
    socket->pending_count = 0;
    socket->no_send = true;
    socket->file = NULL;
    leave_peer(socket);
    unix_unbind(socket);
    unix_queue_clear(socket);
    while ((node = list_pop_front(&socket->wanting_room)))
        unix_wake_all(CONTAINER_OF(node, struct unix_socket, room_link));
    wait_queue_wake_all(&socket->room);
}

static void close(struct file *file)
{
    end(file->data);
    unix_rights_release_dropped();
    unix_rights_collect();
}

enum error unix_shutdown(struct unix_socket *socket, bool receive, bool send)
{
    struct unix_socket *peer = has_connections(socket) ? socket->peer : NULL;
    socket->no_receive |= receive;
    socket->no_send |= send;
    unix_wake_all(socket);
    wait_queue_wake_all(&socket->room);
    if (!peer)
        return OK;
    peer->no_receive |= send;
    peer->no_send |= receive;
    unix_wake_all(peer);
    wait_queue_wake_all(&peer->room);
    return OK;
}

/* --- Connecting ------------------------------------------------------------------------------- */

enum error unix_listen(struct unix_socket *socket, unsigned backlog)
{
    if (!has_connections(socket))
        return ERROR_UNSUPPORTED;
    if (!socket->address || socket->state == UNIX_CONNECTED)
        return ERROR_INVALID;
    socket->state = UNIX_LISTENING;
    socket->backlog = backlog;
    unix_credentials_hook(&socket->peer_credentials);
    wait_queue_wake_all(&socket->room);
    return OK;
}

/* Waits until the listening socket takes one more. */
static enum error wait_for_listener(struct unix_socket *socket, struct unix_socket *listener)
{
    for (;;) {
        if (listener->state != UNIX_LISTENING || listener->no_receive || !listener->file)
            return ERROR_REFUSED;
        if (listener->pending_count <= listener->backlog)
            return OK;
        enum error error =
            unix_wait(&listener->room, unix_is_nonblocking(socket, 0), socket->send_limit);
        if (error)
            return error;
    }
}

/* Makes the other end, which waits to be accepted. */
static enum error connect_stream(struct unix_socket *socket, struct unix_socket *listener)
{
    enum error error = wait_for_listener(socket, listener);
    if (error)
        return error;
    if (socket->state != UNIX_UNCONNECTED)
        return socket->state == UNIX_CONNECTED ? ERROR_IS_CONNECTED : ERROR_INVALID;
    struct unix_socket *other = make_socket(socket->type);
    if (!other)
        return ERROR_OUT_OF_FRAMES;
    other->address = listener->address;
    other->address->references++;
    unix_credentials_hook(&other->peer_credentials);
    socket->peer_credentials = listener->peer_credentials;
    other->wants_credentials = listener->wants_credentials;
    join(socket, other);
    list_push_back(&listener->pending, &other->pending_link);
    listener->pending_count++;
    unix_wake(listener, UNIX_READABLE);
    return OK;
}

static enum error connect_datagrams(struct unix_socket *socket, struct unix_socket *to)
{
    if (to->peer && to->peer != socket)
        return ERROR_NOT_PERMITTED;
    set_peer(socket, to);
    socket->state = UNIX_CONNECTED;
    unix_wake(socket, UNIX_WRITABLE); /* there may be room at the new one */
    return OK;
}

enum error unix_connect(struct unix_socket *socket, struct fs_context *context,
                        const struct unix_name *name, size_t length)
{
    enum { AF_UNSPEC = 0 };
    struct unix_socket *to = NULL;
    if (!has_connections(socket) && length >= sizeof(name->family) && name->family == AF_UNSPEC) {
        set_peer(socket, NULL);
        socket->state = UNIX_UNCONNECTED;
        unix_wake_all(socket);
        return OK;
    }
    enum error error = OK;
    if (socket->wants_credentials)
        error = unix_bind_somewhere(socket);
    if (!error)
        error = unix_find(context, name, length, socket->type, &to);
    if (error)
        return error;
    error = has_connections(socket) ? connect_stream(socket, to) : connect_datagrams(socket, to);
    inode_release(&to->inode);
    return error;
}

enum error unix_accept(struct unix_socket *socket, unsigned flags, struct file **file)
{
    if (!has_connections(socket))
        return ERROR_UNSUPPORTED;
    if (socket->state != UNIX_LISTENING)
        return ERROR_INVALID;
    while (list_empty(&socket->pending)) {
        if (socket->no_receive)
            return ERROR_INVALID;
        enum error error =
            unix_wait(&socket->waiting, unix_is_nonblocking(socket, 0), socket->receive_limit);
        if (error)
            return error;
    }
    struct list_node *node = list_first(&socket->pending);
    enum error error = make_file(CONTAINER_OF(node, struct unix_socket, pending_link), flags, file);
    if (error)
        return error;
    ASSERT(socket->pending_count > 0);
    list_remove(node);
    socket->pending_count--;
    wait_queue_wake_all(&socket->room);
    return OK;
}

/* --- Files ------------------------------------------------------------------------------------ */

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct unix_receive receive = {0};
    (void)position;
    if (buffer->left == 0)
        return OK; /* unlike recv(), which waits for a message */
    enum error error = unix_receive(file->data, buffer, &receive);
    unix_address_release(receive.sender);
    unix_rights_drop(receive.rights);
    unix_rights_release_dropped();
    return error;
}

static enum error write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct unix_send send = {0};
    (void)position;
    return unix_send(file->data, buffer, &send);
}

/* A datagram socket that is connected learns when there is room for one more. */
static bool can_send(struct unix_socket *socket)
{
    struct unix_socket *to = socket->peer;
    if (!to || (unix_has_room(to) && to->queued * 4 <= QUEUE_LIMIT))
        return true;
    if (to->peer != socket && !list_node_linked(&socket->room_link))
        list_push_back(&to->wanting_room, &socket->room_link);
    return false;
}

static unsigned poll(struct file *file, struct waker *waker, struct task *task)
{
    struct unix_socket *socket = file->data;
    if (waker)
        waker_register(waker, &socket->waiting, task);
    bool is_readable =
        socket->no_receive || !list_empty(&socket->queue) || !list_empty(&socket->pending);
    bool is_idle = has_connections(socket) && socket->state == UNIX_UNCONNECTED;
    unsigned ready = is_readable ? UNIX_READABLE : 0;
    ready |= socket->error ? POLLERR : 0;
    ready |= socket->no_receive ? POLLRDHUP : 0;
    ready |= (socket->no_receive && socket->no_send) || is_idle ? POLLHUP : 0;
    bool can_write = socket->state != UNIX_LISTENING && can_send(socket);
    return ready | (can_write ? UNIX_WRITABLE : 0);
}

/* How many bytes can be read, of a datagram socket the next message's; or are not received yet. */
static enum error ioctl(struct file *file, unsigned request, uint64_t argument, int64_t *result)
{
    const struct unix_socket *socket = file->data;
    size_t bytes = 0;
    if (request != FIONREAD && request != TIOCOUTQ)
        return ERROR_NOT_TERMINAL;
    if (request == FIONREAD && socket->state == UNIX_LISTENING)
        return ERROR_INVALID;
    const struct unix_socket *queue = request == FIONREAD ? socket : socket->peer;
    if (queue && !list_empty(&queue->queue)) {
        list_for_each(node, &queue->queue) {
            bytes += CONTAINER_OF(node, struct unix_message, node)->size;
            if (socket->type != SOCKET_STREAM)
                break;
        }
    }
    int32_t count = (int32_t)bytes;
    *result = 0;
    return copy_to_user(argument, &count, sizeof(count));
}

static const struct file_operations operations = {
    .close = close, .read = read, .write = write, .poll = poll, .ioctl = ioctl};
