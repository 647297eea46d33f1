/*
 * Unix sockets (unix(7)): streams, datagrams and sequenced packets between processes, by names in
 * the file system, abstract names, or as pairs.
 *
 * A socket is an inode that its file and its peer hold. What was sent lies in the receiver's queue,
 * as messages, with the files and credentials that came along. Kernel code is not preempted, so
 * queues need no lock; what is copied from or to a program, which may wait, is first a message that
 * only the sender knows, or one that the reading mutex holds in its place.
 *
 * In threads only. Functions return errors as the Linux call of the same name does.
 */
#ifndef FS_UNIX_SOCKET_H
#define FS_UNIX_SOCKET_H

#include <fs/file.h>
#include <fs/path.h>
#include <lib/tree.h>
#include <mm/heap.h>

enum socket_type { SOCKET_STREAM = 1, SOCKET_DATAGRAM = 2, SOCKET_SEQUENCED = 5 };

/* Linux's struct sockaddr_un, with a NUL of its own behind it. */
enum { AF_UNIX = 1, UNIX_PATH_MAX = 108 };
struct unix_name {
    uint16_t family;
    char path[UNIX_PATH_MAX + 1]; /* an abstract name begins with a NUL */
};
enum { UNIX_NAME_MAX = 2 + UNIX_PATH_MAX };

/* A name that a socket is bound to. Messages and connections hold it, too. */
struct unix_address {
    size_t references;
    size_t length; /* of the name, with its family */
    struct unix_name name;
    struct tree_node by_name;   /* an abstract one; its key is a hash */
    struct unix_socket *socket; /* that is bound to it; NULL once that is closed */
};

/* Linux's struct ucred. */
struct socket_credentials {
    int32_t process;
    uint32_t uid, gid;
};

enum { RIGHTS_MAX = 253 }; /* files in a message (SCM_MAX_FD) */

/* Files on their way, each referenced. */
struct socket_rights {
    struct socket_rights *next; /* unix_rights.c's */
    size_t count;
    struct file *files[];
};

struct unix_message {
    struct list_node node;
    size_t start, size;           /* the bytes that are left, in `bytes` */
    struct unix_address *sender;  /* referenced; NULL: it has no name */
    struct socket_rights *rights; /* NULL: none */
    struct socket_credentials credentials;
    uint8_t bytes[];
};

enum unix_state { UNIX_UNCONNECTED, UNIX_LISTENING, UNIX_CONNECTED };

struct unix_socket {
    struct inode inode;
    enum socket_type type;
    enum unix_state state;
    struct file *file;            /* not referenced; NULL before accept() and once it is closed */
    struct unix_address *address; /* referenced; NULL: not bound */
    struct inode *place;          /* of a name in the file system; referenced */
    struct unix_socket *peer;     /* referenced; of a datagram socket: where it sends to */

    struct list queue; /* messages */
    size_t queued;     /* memory that they take */
    size_t count;      /* and how many they are */
    struct mutex reading;
    struct list pending; /* of a listening socket: connected ones, by pending_link */
    struct list_node pending_link;
    unsigned pending_count, backlog;

    bool no_receive, no_send; /* after shutdown(), or the peer's end */
    enum error error;         /* to be told once */
    bool wants_credentials;   /* SO_PASSCRED */
    struct socket_credentials peer_credentials;
    uint64_t receive_limit, send_limit; /* nanoseconds of a wait; 0: none */

    struct wait_queue waiting; /* for anything that concerns this socket */
    struct wait_queue room;    /* senders that wait for room in this one's queue */
    struct list wanting_room;  /* polled senders' sockets, by room_link */
    struct list_node room_link;

    /* unix_rights.c's. */
    struct list_node all_link, reached_link;
    size_t in_flight;      /* references to the file that messages hold */
    size_t in_flight_seen; /* of those: found in messages of sockets that may be garbage */
    bool may_be_garbage;
};

/* Gives the running program's credentials. kernel/process registers it. */
extern void (*unix_credentials_hook)(struct socket_credentials *credentials);

/* The socket of a file; NULL: it is none. A file that only names one (O_PATH) has no data. */
static inline struct unix_socket *unix_socket_of(const struct file *file)
{
    return inode_type(file->inode) == S_IFSOCK ? file->data : NULL;
}

/* A new one. `flags`: O_NONBLOCK or 0. And two that are connected. */
enum error unix_socket_create(enum socket_type type, unsigned flags, struct file **file);
enum error unix_socket_pair(enum socket_type type, unsigned flags, struct file *files[2]);

/* `length` bytes of `name` come from a program; what follows is zeros. */
enum error unix_bind(struct unix_socket *socket, struct fs_context *context,
                     const struct unix_name *name, size_t length);
enum error unix_connect(struct unix_socket *socket, struct fs_context *context,
                        const struct unix_name *name, size_t length);
enum error unix_listen(struct unix_socket *socket, unsigned backlog);
enum error unix_accept(struct unix_socket *socket, unsigned flags, struct file **file);
enum error unix_shutdown(struct unix_socket *socket, bool receive, bool send);

/* Binds the socket to a free abstract name. */
enum error unix_bind_somewhere(struct unix_socket *socket);

/* The socket that `name` leads to, referenced by its inode. */
enum error unix_find(struct fs_context *context, const struct unix_name *name, size_t length,
                     enum socket_type type, struct unix_socket **found);

enum {
    MESSAGE_PEEK = 2,
    MESSAGE_TRUNCATED = 0x20,
    MESSAGE_DONT_WAIT = 0x40,
    MESSAGE_WAIT_FOR_ALL = 0x100,
};

/* What goes along with bytes that are sent. */
struct unix_send {
    struct unix_socket *to; /* of a datagram: the receiver; NULL: the peer */
    unsigned flags;
    struct socket_rights *rights;           /* taken over by a send that succeeds; then NULL */
    struct socket_credentials *credentials; /* NULL: the running program's */
};
enum error unix_send(struct unix_socket *socket, struct buffer *buffer, struct unix_send *send);

/* What came along with bytes that were received. */
struct unix_receive {
    unsigned flags;               /* in and out */
    struct unix_address *sender;  /* referenced; NULL: none */
    struct socket_rights *rights; /* the caller's; NULL: none */
    struct socket_credentials credentials;
    size_t size; /* of a datagram, whole */
};
enum error unix_receive(struct unix_socket *socket, struct buffer *buffer,
                        struct unix_receive *receive);

/* One less reference to an address; NULL may be given. */
static inline void unix_address_release(struct unix_address *address)
{
    if (address && --address->references == 0)
        kfree(address);
}

#endif
