/*
 * A name in the file system is an inode that knows its socket. Abstract names are in a tree, by
 * their hash.
 */
#include <assert.h>
#include <fs/unix_names.h>
#include <lib/format.h>
#include <lib/string.h>

enum { FAMILY_SIZE = offsetof(struct unix_name, path), AUTOMATIC_NAMES = 1 << 20 };

static struct tree abstract_names; /* all zeros is an empty one */

static bool is_abstract(const struct unix_address *address)
{
    return !address->name.path[0];
}

/* Each type of sockets has names of its own. */
static uint64_t hash_of(const struct unix_name *name, size_t length, enum socket_type type)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ type; /* FNV-1a */
    for (size_t i = FAMILY_SIZE; i < length; i++)
        hash = (hash ^ (uint8_t)name->path[i - FAMILY_SIZE]) * UINT64_C(0x100000001b3);
    return hash;
}

static struct unix_address *find_abstract(const struct unix_name *name, size_t length,
                                          enum socket_type type)
{
    uint64_t hash = hash_of(name, length, type);
    struct tree_node *node = tree_find_from(&abstract_names, hash);
    for (; node && node->key == hash; node = tree_next(node)) {
        struct unix_address *address = CONTAINER_OF(node, struct unix_address, by_name);
        if (address->socket->type == type && address->length == length &&
            memcmp(&address->name, name, length) == 0)
            return address;
    }
    return NULL;
}

/* --- Binding ---------------------------------------------------------------------------------- */

/* An address with one reference. */
static struct unix_address *make_address(const struct unix_name *name, size_t length)
{
    struct unix_address *address = kzalloc(sizeof(*address));
    if (!address)
        return NULL;
    ASSERT(length > FAMILY_SIZE && length <= sizeof(*name));
    address->references = 1;
    address->length = length;
    memcpy(&address->name, name, length);
    return address;
}

static void set_address(struct unix_socket *socket, struct unix_address *address)
{
    ASSERT(!socket->address && !address->socket);
    address->socket = socket;
    socket->address = address;
}

static enum error bind_abstract(struct unix_socket *socket, const struct unix_name *name,
                                size_t length)
{
    if (find_abstract(name, length, socket->type))
        return ERROR_NAME_IN_USE;
    struct unix_address *address = make_address(name, length);
    if (!address)
        return ERROR_OUT_OF_FRAMES;
    tree_insert(&abstract_names, &address->by_name, hash_of(name, length, socket->type));
    set_address(socket, address);
    return OK;
}

/* Makes the file; its inode is referenced. */
static enum error make_place(struct fs_context *context, const struct unix_name *name,
                             struct inode **place)
{
    struct dentry *dentry = NULL;
    enum error error = path_make_and_find(context, NULL, name->path, S_IFSOCK | 0777, 0, &dentry);
    if (error)
        return error == ERROR_EXISTS ? ERROR_NAME_IN_USE : error;
    *place = dentry->inode;
    inode_reference(*place);
    dentry_release(dentry);
    return OK;
}

static enum error bind_path(struct unix_socket *socket, struct fs_context *context,
                            const struct unix_name *name, size_t length)
{
    struct inode *place;
    struct unix_address *address = make_address(name, length);
    if (!address)
        return ERROR_OUT_OF_FRAMES;
    enum error error = make_place(context, name, &place);
    if (error) {
        unix_address_release(address);
        return error;
    }
    if (socket->address) { /* another thread has bound the socket meanwhile */
        inode_release(place);
        unix_address_release(address);
        return ERROR_INVALID;
    }
    set_address(socket, address);
    socket->place = place;
    place->socket = socket;
    return OK;
}

enum error unix_bind_somewhere(struct unix_socket *socket)
{
    static unsigned next;
    if (socket->address)
        return OK;
    for (unsigned tries = 0; tries < AUTOMATIC_NAMES; tries++) {
        struct unix_name name = {.family = AF_UNIX};
        snprintf(name.path + 1, sizeof(name.path) - 1, "%05x", next++ % AUTOMATIC_NAMES);
        enum error error = bind_abstract(socket, &name, FAMILY_SIZE + 6);
        if (error != ERROR_NAME_IN_USE)
            return error;
    }
    return ERROR_FULL;
}

/* The length of a name that leads to a file: up to its NUL, which counts. */
static size_t path_length(const struct unix_name *name)
{
    return FAMILY_SIZE + strlen(name->path) + 1;
}

enum error unix_bind(struct unix_socket *socket, struct fs_context *context,
                     const struct unix_name *name, size_t length)
{
    if (length < FAMILY_SIZE || length > UNIX_NAME_MAX || name->family != AF_UNIX)
        return ERROR_INVALID;
    if (length == FAMILY_SIZE)
        return unix_bind_somewhere(socket);
    if (socket->address)
        return ERROR_INVALID;
    return name->path[0] ? bind_path(socket, context, name, path_length(name))
                         : bind_abstract(socket, name, length);
}

void unix_unbind(struct unix_socket *socket)
{
    struct unix_address *address = socket->address;
    if (socket->place) {
        ASSERT(socket->place->socket == socket);
        socket->place->socket = NULL;
        inode_release(socket->place);
        socket->place = NULL;
    } else if (address && address->socket == socket && is_abstract(address)) {
        tree_remove(&abstract_names, &address->by_name);
    }
    if (address && address->socket == socket)
        address->socket = NULL;
}

/* --- Finding ---------------------------------------------------------------------------------- */

static enum error find_path(struct fs_context *context, const struct unix_name *name,
                            struct unix_socket **found)
{
    struct dentry *dentry;
    enum error error = path_walk(context, NULL, name->path, WALK_FOLLOW, &dentry);
    if (error)
        return error;
    error = inode_check_access(context, dentry->inode, MAY_WRITE);
    *found = dentry->inode->socket;
    dentry_release(dentry);
    if (error)
        return error;
    return *found ? OK : ERROR_REFUSED;
}

enum error unix_find(struct fs_context *context, const struct unix_name *name, size_t length,
                     enum socket_type type, struct unix_socket **found)
{
    if (length <= FAMILY_SIZE || length > UNIX_NAME_MAX || name->family != AF_UNIX)
        return ERROR_INVALID;
    if (name->path[0]) {
        enum error error = find_path(context, name, found);
        if (error)
            return error;
    } else {
        struct unix_address *address = find_abstract(name, length, type);
        if (!address)
            return ERROR_REFUSED;
        *found = address->socket;
    }
    if ((*found)->type != type)
        return ERROR_WRONG_TYPE;
    inode_reference(&(*found)->inode);
    return OK;
}
