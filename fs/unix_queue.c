#include <assert.h>
#include <fs/unix_queue.h>
#include <fs/unix_rights.h>
#include <kernel/task/thread.h>
#include <lib/string.h>

enum { PIECE = 16384 }; /* of a stream, in one message */

void (*unix_credentials_hook)(struct socket_credentials *credentials);

/* --- Waiting ---------------------------------------------------------------------------------- */

void unix_wake(struct unix_socket *socket, unsigned events)
{
    if (!list_empty(&socket->waiting.wakers))
        wait_queue_wake_for(&socket->waiting, events);
}

void unix_wake_all(struct unix_socket *socket)
{
    wait_queue_wake_all(&socket->waiting);
}

struct wait {
    struct future future;
    struct wait_queue *queue;
    bool has_begun;
};

/* Nothing happens between the caller's look and the first poll, for no interrupt wakes sockets. */
static enum poll_result poll_wait(struct future *future, struct task *task)
{
    struct wait *wait = CONTAINER_OF(future, struct wait, future);
    if (wait->has_begun && future->waker.woken) {
        waker_finish(&future->waker);
        return POLL_READY;
    }
    wait->has_begun = true;
    waker_register(&future->waker, wait->queue, task);
    return POLL_PENDING;
}

bool unix_is_nonblocking(const struct unix_socket *socket, unsigned flags)
{
    return flags & MESSAGE_DONT_WAIT || (socket->file && socket->file->flags & O_NONBLOCK);
}

enum error unix_wait(struct wait_queue *queue, bool nonblocking, uint64_t limit)
{
    struct wait wait = {.future = {.poll = poll_wait}, .queue = queue};
    struct time_limit limited;
    if (nonblocking)
        return ERROR_AGAIN;
    if (limit == 0)
        return await_interruptible(&wait.future);
    time_limit_begin(&limited, &wait.future, limit);
    if (await_interruptible(&limited.future) != OK)
        return ERROR_BROKEN_OFF;
    return limited.expired ? ERROR_AGAIN : OK;
}

/* --- Sending ---------------------------------------------------------------------------------- */

bool unix_has_room(const struct unix_socket *to)
{
    return to->queued < QUEUE_LIMIT && (to->type == SOCKET_STREAM || to->count <= DATAGRAMS_MAX);
}

/* A message of the next `size` bytes of the buffer. */
static enum error make_message(struct unix_socket *socket, struct buffer *buffer, size_t size,
                               const struct unix_send *send, struct unix_message **message)
{
    struct unix_message *made = kmalloc(sizeof(*made) + size);
    if (!made)
        return ERROR_OUT_OF_FRAMES;
    enum error error = buffer_get(buffer, made->bytes, size);
    if (error) {
        kfree(made);
        return error;
    }
    made->start = 0;
    made->size = size;
    made->rights = NULL;
    made->sender = socket->address;
    if (made->sender)
        made->sender->references++;
    if (send->credentials)
        made->credentials = *send->credentials;
    else
        unix_credentials_hook(&made->credentials);
    *message = made;
    return OK;
}

static void put(struct unix_socket *to, struct unix_message *message, struct unix_send *send)
{
    message->rights = send->rights;
    send->rights = NULL;
    if (message->rights)
        unix_rights_enter(message->rights);
    list_node_init(&message->node);
    list_push_back(&to->queue, &message->node);
    to->queued += message->size + MESSAGE_COST;
    to->count++;
    unix_wake(to, UNIX_READABLE);
}

/* May a message go from one to the other, as things are now? */
static enum error check_way(const struct unix_socket *socket, const struct unix_socket *to)
{
    if (socket->no_send)
        return ERROR_PIPE;
    if (!to)
        return ERROR_NOT_CONNECTED;
    if (socket->type == SOCKET_DATAGRAM && !to->file)
        return ERROR_REFUSED;
    if (to->no_receive)
        return ERROR_PIPE;
    bool is_taken = to->peer && to->peer != socket;
    return socket->type == SOCKET_DATAGRAM && is_taken ? ERROR_NOT_PERMITTED : OK;
}

/* Waits until there is room. A stream's sender waits at its own socket, for its peer wakes that; to
 * a datagram socket there may be many ways. */
static enum error wait_for_room(struct unix_socket *socket, struct unix_socket *to, unsigned flags)
{
    for (;;) {
        enum error error = check_way(socket, to);
        if (error || unix_has_room(to))
            return error;
        error = unix_wait(&to->room, unix_is_nonblocking(socket, flags), socket->send_limit);
        if (error)
            return error;
    }
}

static enum error send_message(struct unix_socket *socket, struct unix_socket *to,
                               struct buffer *buffer, size_t size, struct unix_send *send)
{
    struct unix_message *message = NULL;
    enum error error = wait_for_room(socket, to, send->flags);
    if (!error)
        error = make_message(socket, buffer, size, send, &message);
    if (error)
        return error;
    error = check_way(socket, to); /* the copy may have waited */
    if (error)
        unix_message_free(message);
    else
        put(to, message, send);
    return error;
}

static enum error send_all(struct unix_socket *socket, struct unix_socket *to,
                           struct buffer *buffer, struct unix_send *send)
{
    enum error error = check_way(socket, to);
    if (error)
        return error;
    if (socket->type != SOCKET_STREAM)
        return buffer->left > QUEUE_LIMIT - MESSAGE_COST
                   ? ERROR_MESSAGE_SIZE
                   : send_message(socket, to, buffer, buffer->left, send);
    while (!error && buffer->left > 0)
        error = send_message(socket, to, buffer, MIN(buffer->left, (size_t)PIECE), send);
    return error;
}

enum error unix_send(struct unix_socket *socket, struct buffer *buffer, struct unix_send *send)
{
    struct unix_socket *to = send->to ? send->to : socket->peer;
    if (!to)
        return check_way(socket, NULL);
    inode_reference(&to->inode);
    enum error error = send_all(socket, to, buffer, send);
    if (error == ERROR_REFUSED && to == socket->peer) { /* it is gone: forget it */
        socket->peer = NULL;
        inode_release(&to->inode);
    }
    inode_release(&to->inode);
    return error;
}

/* --- Receiving -------------------------------------------------------------------------------- */

static struct unix_message *first_message(const struct unix_socket *socket)
{
    struct list_node *node = list_first(&socket->queue);
    return node ? CONTAINER_OF(node, struct unix_message, node) : NULL;
}

static struct unix_message *message_after(const struct unix_socket *socket,
                                          const struct unix_message *message)
{
    struct list_node *node = message->node.next;
    return node == &socket->queue.head ? NULL : CONTAINER_OF(node, struct unix_message, node);
}

/* There is more room in the queue: for the peer, and for others that send here. */
static void tell_of_room(struct unix_socket *socket)
{
    struct list_node *node;
    wait_queue_wake_all(&socket->room);
    if (socket->peer)
        unix_wake(socket->peer, UNIX_WRITABLE);
    while ((node = list_pop_front(&socket->wanting_room)))
        unix_wake(CONTAINER_OF(node, struct unix_socket, room_link), UNIX_WRITABLE);
}

static void remove_message(struct unix_socket *socket, struct unix_message *message)
{
    ASSERT(socket->count > 0 && socket->queued >= MESSAGE_COST);
    list_remove(&message->node);
    socket->queued -= MESSAGE_COST;
    socket->count--;
    unix_message_free(message);
}

/* Waits for a message. ERROR_NO_DATA: none will come. */
static enum error wait_for_message(struct unix_socket *socket, unsigned flags)
{
    while (!first_message(socket)) {
        enum error error = socket->error;
        socket->error = OK;
        if (error)
            return error;
        if (socket->no_receive)
            return ERROR_NO_DATA;
        if (socket->type != SOCKET_DATAGRAM && socket->state != UNIX_CONNECTED)
            return socket->type == SOCKET_STREAM ? ERROR_INVALID : ERROR_NOT_CONNECTED;
        error =
            unix_wait(&socket->waiting, unix_is_nonblocking(socket, flags), socket->receive_limit);
        if (error)
            return error;
    }
    return OK;
}

/* What came along with a message goes to the receiver; a look leaves it there, and gets copies. */
static enum error take_along(struct unix_message *message, struct unix_receive *receive)
{
    struct socket_rights *rights = message->rights;
    receive->credentials = message->credentials;
    if (!rights)
        return OK;
    if (!(receive->flags & MESSAGE_PEEK)) {
        unix_rights_leave(rights);
        receive->rights = rights;
        message->rights = NULL;
        return OK;
    }
    size_t size = sizeof(*rights) + rights->count * sizeof(struct file *);
    receive->rights = kmalloc(size);
    if (!receive->rights)
        return ERROR_OUT_OF_FRAMES;
    memcpy(receive->rights, rights, size);
    for (size_t i = 0; i < rights->count; i++)
        file_reference(rights->files[i]);
    return OK;
}

/* Takes bytes off a stream's message; with the last one it goes. */
static void use_up(struct unix_socket *socket, struct unix_message *message, size_t size)
{
    ASSERT(size <= message->size && size <= socket->queued);
    message->start += size;
    message->size -= size;
    socket->queued -= size;
    if (message->size == 0)
        remove_message(socket, message);
}

static bool is_same_sender(const struct socket_credentials *a, const struct socket_credentials *b)
{
    return a->process == b->process && a->uid == b->uid && a->gid == b->gid;
}

/* Takes bytes of a stream from one message after the other, until one that had files with it, or,
 * if that is asked for, one of another sender. Of a message that cannot be copied nothing is taken.
 * The reading mutex is held. */
static enum error take_stream(struct unix_socket *socket, struct buffer *buffer,
                              struct unix_receive *receive, size_t *taken)
{
    bool peek = receive->flags & MESSAGE_PEEK;
    struct unix_message *message = first_message(socket);
    enum error error = OK;
    while (!error && message && buffer->left > 0 && !receive->rights) {
        if (*taken > 0 && socket->wants_credentials &&
            !is_same_sender(&message->credentials, &receive->credentials))
            break;
        size_t size = MIN(buffer->left, message->size), before = buffer->left;
        error = buffer_put(buffer, message->bytes + message->start, size);
        if (error) {
            buffer->left = before;
            break;
        }
        *taken += size;
        error = take_along(message, receive);
        if (!receive->sender && message->sender) {
            receive->sender = message->sender;
            receive->sender->references++;
        }
        struct unix_message *next = message_after(socket, message);
        if (!peek)
            use_up(socket, message, size);
        message = next;
    }
    if (!peek)
        tell_of_room(socket);
    return error;
}

static enum error receive_stream(struct unix_socket *socket, struct buffer *buffer,
                                 struct unix_receive *receive)
{
    bool all = receive->flags & MESSAGE_WAIT_FOR_ALL && !(receive->flags & MESSAGE_PEEK);
    size_t taken = 0;
    enum error error;
    do {
        error = wait_for_message(socket, receive->flags);
        if (error)
            break;
        thread_lock(&socket->reading);
        error = take_stream(socket, buffer, receive, &taken);
        thread_unlock(&socket->reading);
    } while (!error && buffer->left > 0 && !receive->rights && (taken == 0 || all));
    return error == ERROR_NO_DATA || taken > 0 ? OK : error;
}

/* Takes the first message whole; what does not fit is lost. */
static enum error take_datagram(struct unix_socket *socket, struct buffer *buffer,
                                struct unix_receive *receive)
{
    struct unix_message *message = first_message(socket);
    if (!message)
        return ERROR_AGAIN; /* another thread was faster */
    size_t size = MIN(buffer->left, message->size);
    receive->size = message->size;
    receive->sender = message->sender;
    if (receive->sender)
        receive->sender->references++;
    if (size < message->size)
        receive->flags |= MESSAGE_TRUNCATED;
    enum error error = size > 0 ? buffer_put(buffer, message->bytes, size) : OK;
    if (!error)
        error = take_along(message, receive);
    if (receive->flags & MESSAGE_PEEK)
        return error;
    ASSERT(socket->queued >= message->size);
    socket->queued -= message->size;
    remove_message(socket, message);
    tell_of_room(socket);
    return error;
}

static enum error receive_datagram(struct unix_socket *socket, struct buffer *buffer,
                                   struct unix_receive *receive)
{
    enum error error;
    do {
        error = wait_for_message(socket, receive->flags);
        if (error)
            break;
        thread_lock(&socket->reading);
        error = take_datagram(socket, buffer, receive);
        thread_unlock(&socket->reading);
    } while (error == ERROR_AGAIN);
    return error == ERROR_NO_DATA ? OK : error;
}

enum error unix_receive(struct unix_socket *socket, struct buffer *buffer,
                        struct unix_receive *receive)
{
    enum error error = socket->type == SOCKET_STREAM ? receive_stream(socket, buffer, receive)
                                                     : receive_datagram(socket, buffer, receive);
    unix_rights_release_dropped();
    return error;
}
