/*
 * What file systems share whose names and content are made up when they are asked for: procfs and
 * sysfs.
 */
#ifndef FS_PSEUDO_H
#define FS_PSEUDO_H

#include <fs/file.h>
#include <fs/filesystem.h>

/* Makes such a file system, for the type's mount(). `make_root` makes the dentry of its root, with
 * one reference. ERROR_OUT_OF_FRAMES, and what `make_root` says. In threads and set-up code. */
enum error pseudo_mount(struct filesystem_type *type,
                        enum error (*make_root)(struct filesystem *filesystem,
                                                struct dentry **root),
                        struct filesystem **filesystem);

/* As the operations of the type. */
void pseudo_unmount(struct filesystem *filesystem);
void pseudo_free(struct filesystem *filesystem);

/* Reads a file for its read(). `write`, which may wait, writes the content when the beginning is
 * read; what follows comes from the same text, so a program sees one moment. Several threads may
 * read the file at once. In threads; may wait. ERROR_OUT_OF_FRAMES, and what `write` says. */
enum error pseudo_read(struct file *file, struct buffer *buffer, uint64_t *position,
                       enum error (*write)(struct inode *inode, struct text *text));

/* Frees the text, for close() of such a file. */
void pseudo_close(struct file *file);

#endif
