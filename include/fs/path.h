/*
 * From names to files: the path walk, and what changes names.
 *
 * Functions that take `start` begin a relative name there; NULL is the working directory. Names end
 * in NUL and are the kernel's copies, at most PATH_MAX long. Errors are those of the Linux call of
 * the same name. All may wait.
 */
#ifndef FS_PATH_H
#define FS_PATH_H

#include <error.h>
#include <fs/groups.h>
#include <fs/mount.h>

/* Where a process's names begin, and what its new files get. Threads share it, or fork copies it.
 */
struct fs_context {
    size_t references;
    struct path root, directory; /* referenced */
    uint32_t umask;
    uint32_t uid, gid;         /* as which it accesses files: the process's effective ones */
    bool has_no_rights;        /* user 0 has given up what only it may do */
    struct group_list *groups; /* referenced; NULL: no other groups than gid */
};

/* At the root of all, as user 0. ERROR_OUT_OF_FRAMES. */
enum error fs_context_create(struct fs_context **context);
enum error fs_context_copy(const struct fs_context *from, struct fs_context **copy);

/* One more user; and one less, which frees it with the last one. */
void fs_context_reference(struct fs_context *context);
void fs_context_release(struct fs_context *context);

/* Sets the groups besides `gid`, and takes over the reference. */
void fs_context_set_groups(struct fs_context *context, struct group_list *groups);

/* May it do what only user 0 may? */
static inline bool fs_context_is_privileged(const struct fs_context *context)
{
    return context->uid == 0 && !context->has_no_rights;
}

/* Is it the context's group, or one of its others? */
static inline bool fs_context_is_in_group(const struct fs_context *context, uint32_t gid)
{
    return context->gid == gid || group_list_has(context->groups, gid);
}

/* Is the file the context's, as far as that counts: user 0 owns all. */
static inline bool fs_context_owns(const struct fs_context *context, const struct inode *inode)
{
    return fs_context_is_privileged(context) || context->uid == inode->uid;
}

/* The context of the running process; NULL in the kernel's own threads. kernel/process registers
 * it. */
extern const struct fs_context *(*fs_context_current)(void);

/* Change the working directory and the root. ERROR_NOT_DIRECTORY, ERROR_ACCESS. */
enum error fs_context_set_directory(struct fs_context *context, const struct path *directory);
enum error fs_context_set_root(struct fs_context *context, const struct path *root);

enum walk_flags {
    WALK_FOLLOW = 1,    /* a symbolic link at the end, too */
    WALK_DIRECTORY = 2, /* the end is a directory, or ERROR_NOT_DIRECTORY */
};

/* Finds what `name` leads to; *found is referenced. */
enum error path_find(struct fs_context *context, const struct path *start, const char *name,
                     unsigned flags, struct path *found);

/* The same for those who need not know through which mount. */
enum error path_walk(struct fs_context *context, const struct path *start, const char *name,
                     unsigned flags, struct dentry **found);

/* Writes the path from the context's root on, with a NUL, and "(unreachable)" in front if it is not
 * below that. ERROR_RANGE when there is no room for it. A deleted name ends in " (deleted)". */
enum error path_name(const struct fs_context *context, const struct path *path, char *to,
                     size_t room);

/* The same for a dentry, through the oldest mount that shows it. */
enum error dentry_path(const struct fs_context *context, struct dentry *dentry, char *to,
                       size_t room);

/* Access to a file: the bits of `may` are those of "others" in a mode (4 read, 2 write, 1 execute
 * or search). ERROR_ACCESS. */
enum { MAY_EXECUTE = 1, MAY_WRITE = 2, MAY_READ = 4 };
enum error inode_check_access(const struct fs_context *context, const struct inode *inode,
                              unsigned may);

/* May the user see where a symbolic link leads? A link that leads to a file whatever its name goes
 * past the permissions of what lies above the file, so only its owner may: else ERROR_ACCESS. */
enum error link_check_access(const struct fs_context *context, const struct inode *link);

/* Set attributes, after a check that the context's user may. `path` is the file's place, of which
 * both parts may be NULL. */
enum error path_set_attributes(const struct fs_context *context, const struct path *path,
                               struct inode *inode, const struct inode_attributes *attributes);

/* Sets the size of a regular file to which the user may write, as truncate(2). `path` likewise. */
enum error path_set_size(const struct fs_context *context, const struct path *path,
                         struct inode *inode, uint64_t size);

/* S_ISUID and S_ISGID, as far as a file loses them when somebody in `context` changes its owner.
 * User 0 may change the content of a regular file without that; others may not. */
uint32_t inode_identity_lost(const struct inode *inode, const struct fs_context *context);

/* Make a file, a directory, a device's node, a FIFO or a socket. `mode` is the type and the
 * permissions, which the umask reduces. The second one also gives its name, referenced. */
enum error path_make(struct fs_context *context, const struct path *start, const char *name,
                     uint32_t mode, uint32_t rdev);
enum error path_make_and_find(struct fs_context *context, const struct path *start,
                              const char *name, uint32_t mode, uint32_t rdev, struct dentry **made);
enum error path_symlink(struct fs_context *context, const struct path *start, const char *name,
                        const char *target);
enum error path_link(struct fs_context *context, const struct path *file, const struct path *start,
                     const char *name);

/* Makes a regular file without a name in a directory, for which *made stands; with one reference.
 * path_link() may give it a name if `may_get_name` says so. */
enum error path_make_unnamed(const struct fs_context *context, const struct path *directory,
                             uint32_t mode, bool may_get_name, struct dentry **made);

/* Removes a name: of a directory, or of something else. */
enum error path_remove(struct fs_context *context, const struct path *start, const char *name,
                       bool directory);

enum { RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2 };

/* Gives a file another name, in place of what has that name already; with RENAME_NOREPLACE that is
 * ERROR_EXISTS. With RENAME_EXCHANGE both files stay and get each other's names. */
enum error path_rename(struct fs_context *context, const struct path *from_start, const char *from,
                       const struct path *to_start, const char *to, unsigned flags);

#endif
