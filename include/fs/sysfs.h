/*
 * sysfs: the machine's devices as a tree of small files. Higher floors know the devices; a source
 * of theirs tells all that there is to tell each time a program asks for something.
 */
#ifndef FS_SYSFS_H
#define FS_SYSFS_H

#include <fs/filesystem.h>
#include <lib/list.h>

/* What a program asks for; the functions below look for it in what a source tells. */
struct sysfs_query;

struct sysfs_source {
    /* Tells of every file and link, by the functions below. In threads; may not wait. */
    void (*tell)(struct sysfs_query *query);
    struct list_node node;
};

/* Adds a source. In set-up code. */
void sysfs_add(struct sysfs_source *source);

/* There is a file `name` in the directory, such as "block/vda", which comes by itself. True: its
 * content is asked for, and the source appends it. */
bool sysfs_file(struct sysfs_query *query, const char *directory, const char *name);
void sysfs_append(struct sysfs_query *query, const void *bytes, size_t size);
void sysfs_print(struct sysfs_query *query, const char *format, ...) PRINTF(2, 3);

/* The same for a content that costs nothing to find. */
void sysfs_text(struct sysfs_query *query, const char *directory, const char *name,
                const char *format, ...) PRINTF(4, 5);

/* There is a symbolic link to /sys/TARGET. */
void sysfs_link(struct sysfs_query *query, const char *directory, const char *name,
                const char *target);

/* There is a directory, perhaps without anything in it. */
void sysfs_directory(struct sysfs_query *query, const char *directory);

extern struct filesystem_type sysfs_type;

#endif
