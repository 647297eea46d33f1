/*
 * devpts: the file system on /dev/pts, with a node for each pseudo-terminal.
 */
#ifndef FS_DEVPTS_H
#define FS_DEVPTS_H

#include <fs/dentry.h>
#include <fs/filesystem.h>

extern struct filesystem_type devpts_type;

/* Adds the node of a pseudo-terminal, with the device's number and the running program's user.
 * *entry is referenced. ERROR_NO_DEVICE: it is not mounted; ERROR_OUT_OF_FRAMES. In threads. */
enum error devpts_add(unsigned index, uint32_t device, uint32_t uid, struct dentry **entry);

/* Removes the node, whose reference is given back. In threads. */
void devpts_remove(struct dentry *entry);

#endif
