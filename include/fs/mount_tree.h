/*
 * The tree of mounts, for those functions of mount.h that change it. In threads, and in set-up code
 * beside which no thread runs; none of these waits but the last one.
 */
#ifndef FS_MOUNT_TREE_H
#define FS_MOUNT_TREE_H

#include <fs/mount.h>

extern struct mount *mount_root_of_all; /* NULL before mount_root() */

/* Is it in the tree? NULL is not. */
bool mount_is_in_tree(const struct mount *mount);

/* Is the mount at or below the other one in the tree? */
bool mount_is_below(const struct mount *mount, const struct mount *ancestor);

/* What is mounted over a name of it, the oldest; NULL: nothing. */
struct mount *mount_first_child(const struct mount *mount);

/* The mount that follows in the tree below `top`, parents before their children; NULL: none. */
struct mount *mount_next(const struct mount *top, struct mount *mount);

/* Can a mount that shows `root` go there? What goes over a directory is one, and what goes over a
 * file is none: ERROR_NOT_DIRECTORY. ERROR_NO_ENTRY: the name is deleted; ERROR_INVALID: the place
 * is not in the tree. */
enum error mount_check_point(const struct dentry *root, const struct path *point);

/* Puts the mount, whose reference the tree takes over, over a name; and ends that: the tree's
 * reference is the caller's then. */
void mount_attach(struct mount *mount, const struct path *point);
void mount_detach(struct mount *mount);

/* Takes a mount and what is below it out of the tree, deepest first, with the tree's references.
 * May wait. */
void mount_detach_tree(struct mount *top);

#endif
