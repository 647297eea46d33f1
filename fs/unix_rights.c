/*
 * A socket's file may lie in a message of that socket, or in one of another socket that lies in one
 * of the first: then each is held, and no program has a descriptor for it. Reference counts do not
 * end such a circle. So when a socket is closed while others are on their way, all of them are
 * searched, less often the more there are:
 *
 *   1. A socket may be garbage if all references to its file come from messages.
 *   2. References from messages in sockets that may be garbage do not keep it. If it has others, it
 *      is no garbage, and neither is what lies in its messages, and so on.
 *   3. The messages of those that are left are dropped, which releases them all.
 */
#include <assert.h>
#include <fs/text.h>
#include <fs/unix_rights.h>
#include <mm/heap.h>

enum { SOCKETS_PER_CLOSE = 256 }; /* a search for each socket that is closed, up to so many */

static struct list sockets = LIST_INIT(sockets); /* by all_link */
static size_t sockets_in_flight;                 /* files in messages that are sockets */
static struct socket_rights *dropped;            /* to be released, by `next` */

void unix_rights_add_socket(struct unix_socket *socket)
{
    list_push_back(&sockets, &socket->all_link);
}

void unix_rights_remove_socket(struct unix_socket *socket)
{
    list_remove(&socket->all_link);
}

/* As bound; an abstract name has @ for its NUL. */
static void append_address(struct text *text, const struct unix_address *address)
{
    size_t length = address->length - offsetof(struct unix_name, path);
    const char *path = address->name.path;
    if (length == 0)
        return;
    if (path[0])
        text_printf(text, " %s", path);
    else
        text_printf(text, " @%.*s", (int)length - 1, path + 1);
}

void unix_sockets_describe(struct text *text)
{
    enum { UNCONNECTED = 1, CONNECTING, CONNECTED, ACCEPTS = 0x10000 };
    text_printf(text, "Num       RefCount Protocol Flags    Type St Inode Path\n");
    list_for_each(node, &sockets) {
        const struct unix_socket *socket = CONTAINER_OF(node, struct unix_socket, all_link);
        unsigned state = socket->state != UNIX_CONNECTED ? UNCONNECTED
                         : socket->file                  ? CONNECTED
                                                         : CONNECTING;
        text_printf(text, "%016lx: %08x 00000000 %08x %04x %02x %5lu", socket->inode.number,
                    socket->peer ? 3 : 2, socket->state == UNIX_LISTENING ? ACCEPTS : 0,
                    (unsigned)socket->type, state, socket->file ? socket->inode.number : 0);
        if (socket->address)
            append_address(text, socket->address);
        text_append(text, "\n", 1);
    }
}

/* --- Files in messages ------------------------------------------------------------------------ */

void unix_rights_enter(const struct socket_rights *rights)
{
    for (size_t i = 0; i < rights->count; i++) {
        struct unix_socket *socket = unix_socket_of(rights->files[i]);
        if (!socket)
            continue;
        socket->in_flight++;
        sockets_in_flight++;
    }
}

void unix_rights_leave(const struct socket_rights *rights)
{
    for (size_t i = 0; i < rights->count; i++) {
        struct unix_socket *socket = unix_socket_of(rights->files[i]);
        if (!socket)
            continue;
        ASSERT(socket->in_flight > 0 && sockets_in_flight > 0);
        socket->in_flight--;
        sockets_in_flight--;
    }
}

void unix_rights_drop(struct socket_rights *rights)
{
    if (!rights)
        return;
    rights->next = dropped;
    dropped = rights;
}

void unix_message_free(struct unix_message *message)
{
    if (message->rights)
        unix_rights_leave(message->rights);
    unix_rights_drop(message->rights);
    unix_address_release(message->sender);
    kfree(message);
}

void unix_queue_clear(struct unix_socket *socket)
{
    struct list_node *node;
    while ((node = list_pop_front(&socket->queue)))
        unix_message_free(CONTAINER_OF(node, struct unix_message, node));
    socket->queued = socket->count = 0;
}

void unix_rights_release_dropped(void)
{
    static bool is_running; /* closing may wait, and others come here, or this thread again */
    if (is_running)
        return;
    is_running = true;
    while (dropped) {
        struct socket_rights *rights = dropped;
        dropped = rights->next;
        for (size_t i = 0; i < rights->count; i++)
            file_release(rights->files[i]);
        kfree(rights);
    }
    is_running = false;
}

/* --- Sockets that nobody can come to ---------------------------------------------------------- */

/* Calls `visit` for each socket in the messages of `socket` that may be garbage. */
static void visit_queue(const struct unix_socket *socket, struct list *reached,
                        void (*visit)(struct unix_socket *found, struct list *reached))
{
    list_for_each(node, &socket->queue) {
        const struct socket_rights *rights = CONTAINER_OF(node, struct unix_message, node)->rights;
        for (size_t i = 0; rights && i < rights->count; i++) {
            struct unix_socket *found = unix_socket_of(rights->files[i]);
            if (found && found->may_be_garbage)
                visit(found, reached);
        }
    }
}

/* The same for what lies in a listening socket, too: connections that are not accepted yet. */
static void visit_messages(const struct unix_socket *socket, struct list *reached,
                           void (*visit)(struct unix_socket *found, struct list *reached))
{
    visit_queue(socket, reached, visit);
    list_for_each(node, &socket->pending)
        visit_queue(CONTAINER_OF(node, struct unix_socket, pending_link), reached, visit);
}

static void count(struct unix_socket *found, struct list *reached)
{
    (void)reached;
    found->in_flight_seen++;
}

/* It is no garbage, and what it holds is to be visited. */
static void keep(struct unix_socket *found, struct list *reached)
{
    ASSERT(found->may_be_garbage);
    found->may_be_garbage = false;
    list_push_back(reached, &found->reached_link);
}

static struct unix_socket *socket_at(struct list_node *node)
{
    return CONTAINER_OF(node, struct unix_socket, all_link);
}

static void find_garbage(void)
{
    struct list reached = LIST_INIT(reached);
    struct list_node *node;
    list_for_each(at, &sockets) {
        struct unix_socket *socket = socket_at(at);
        const struct file *file = socket->file;
        socket->in_flight_seen = 0;
        socket->may_be_garbage =
            file && socket->in_flight > 0 && file->references == socket->in_flight;
    }
    list_for_each(at, &sockets) {
        struct unix_socket *socket = socket_at(at);
        if (socket->may_be_garbage)
            visit_messages(socket, NULL, count);
    }
    list_for_each(at, &sockets) {
        struct unix_socket *socket = socket_at(at);
        if (socket->may_be_garbage && socket->in_flight_seen < socket->in_flight)
            keep(socket, &reached);
    }
    while ((node = list_pop_front(&reached)))
        visit_messages(CONTAINER_OF(node, struct unix_socket, reached_link), &reached, keep);
}

void unix_rights_collect(void)
{
    static size_t closed_since; /* the last search */
    if (sockets_in_flight == 0 || ++closed_since <= sockets_in_flight / SOCKETS_PER_CLOSE)
        return;
    closed_since = 0;
    find_garbage();
    list_for_each(at, &sockets) {
        struct unix_socket *socket = socket_at(at);
        if (!socket->may_be_garbage)
            continue;
        unix_queue_clear(socket);
        list_for_each(node, &socket->pending)
            unix_queue_clear(CONTAINER_OF(node, struct unix_socket, pending_link));
    }
    unix_rights_release_dropped();
}
