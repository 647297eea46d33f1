/*
 * The path walk up to the last component of a name; for those that look it up, make it or remove
 * it.
 *
 *     struct walk walk;
 *     error = walk_begin(&walk, context, start, name);
 *     if (!error)
 *         error = walk_to_last(&walk);
 *     ...
 *     walk_end(&walk);
 */
#ifndef FS_WALK_H
#define FS_WALK_H

#include <fs/path.h>

enum component { COMPONENT_NAME, COMPONENT_DOT, COMPONENT_DOT_DOT, COMPONENT_NONE };

struct walk {
    const struct fs_context *context;
    struct mount *mount;      /* referenced; that of `directory` */
    struct dentry *directory; /* referenced: where the component is looked up */
    const char *rest;         /* what follows the component, without slashes at its start */
    enum component kind;      /* NONE: the name is over, and leads to `directory` itself */
    const char *name;         /* the component; not terminated */
    size_t length;
    uint32_t hash;
    bool slash_after;     /* a slash follows the component */
    bool wants_directory; /* a slash followed a link that was at the end */
    unsigned depth;       /* links whose texts are being walked, and whose rests are not empty */
    unsigned links; /* that were followed; their inodes are held, for `name` may point there */
    struct filesystem *locked; /* its names are, by this walk; NULL: none are */
    const char *rests[LINKS_MAX];
    struct inode *held[LINKS_MAX];
};

/* Begins a walk. ERROR_NO_ENTRY for an empty name. walk_end() comes after, also when this fails. */
enum error walk_begin(struct walk *walk, const struct fs_context *context, const struct path *start,
                      const char *name);
void walk_end(struct walk *walk);

/* Goes on to the last component: `directory` is a directory then, unless the kind is NONE. Errors
 * as path_walk(). May wait. */
enum error walk_to_last(struct walk *walk);

/* Locks the names of the directory's file system, if its operations wait: the last component is
 * looked up and changed as one. And the end of that, which walk_end() brings, too. May wait. */
void walk_lock(struct walk *walk);
void walk_unlock(struct walk *walk);

/* Looks up the last component, without a step into what is mounted there or along a link. The
 * dentry is referenced. ERROR_NO_ENTRY. May wait. */
enum error walk_look_up(const struct walk *walk, struct dentry **found);

/* Makes the walk go on along a link that is its last component. */
enum error walk_follow(struct walk *walk, const struct dentry *link);

/* Makes a file of `mode`, less the umask, for the last component, which does not exist. The dentry
 * is referenced. May wait. */
enum error walk_create(const struct walk *walk, uint32_t mode, struct dentry **made);

/* May the user add names to the directory, or take some away? ERROR_ACCESS, ERROR_READ_ONLY. */
enum error directory_check_change(const struct fs_context *context, const struct dentry *directory);

/* Must what the name leads to be a directory? */
static inline bool walk_wants_directory(const struct walk *walk)
{
    return walk->slash_after || walk->wants_directory;
}

#endif
