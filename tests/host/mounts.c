/*
 * Mounts: what a path leads to when one covers another, which ones can be removed, and what a
 * mount's flags forbid.
 */
#include <fs/mount.h>
#include <fs/path.h>
#include <fs/text.h>
#include <fs/tmpfs.h>
#include <mm/heap.h>
#include <string.h>

#include "../test.h"
#include "memory_files.h"

static struct fs_context *context;

static const struct mount_arguments nothing;

/* /NAME, /NAME/from with a file and a directory, and /NAME/to: a test's own. */
static bool start(const char *name)
{
    struct fs_context *root = files_start();
    struct path own;
    struct file *file;
    bool good = root && fs_context_copy(root, &context) == OK &&
                path_make(root, NULL, name, S_IFDIR | 0777, 0) == OK &&
                path_find(root, NULL, name, 0, &own) == OK &&
                fs_context_set_directory(context, &own) == OK;
    if (!good)
        return false;
    path_release(&own);
    good = path_make(context, NULL, "from", S_IFDIR | 0777, 0) == OK &&
           path_make(context, NULL, "from/below", S_IFDIR | 0777, 0) == OK &&
           path_make(context, NULL, "to", S_IFDIR | 0777, 0) == OK &&
           file_open(context, NULL, "from/file", O_RDWR | O_CREAT, 0644, &file) == OK;
    if (good)
        file_release(file);
    return good;
}

static void finish(void)
{
    fs_context_release(context);
}

static struct path find(const char *name)
{
    struct path found = {0};
    (void)path_find(context, NULL, name, 0, &found);
    return found;
}

static enum error look_up(const char *name)
{
    struct path found;
    enum error error = path_find(context, NULL, name, 0, &found);
    if (!error)
        path_release(&found);
    return error;
}

static enum error open_it(const char *name, unsigned flags)
{
    struct file *file;
    enum error error = file_open(context, NULL, name, flags, 0644, &file);
    if (!error)
        file_release(file);
    return error;
}

static enum error mount_tmpfs(const char *name, unsigned flags)
{
    struct path point = find(name);
    enum error error = mount_add(&tmpfs_type, "none", &point, flags, &nothing);
    path_release(&point);
    return error;
}

static enum error unmount(const char *name, bool lazy)
{
    struct path root = find(name);
    enum error error = mount_remove(&root, lazy);
    path_release(&root);
    return error;
}

static enum error bind(const char *from, const char *to, bool recursive)
{
    struct path source = find(from), point = find(to);
    enum error error = mount_bind(&source, &point, recursive);
    path_release(&source);
    path_release(&point);
    return error;
}

static enum error move(const char *from, const char *to)
{
    struct path source = find(from), point = find(to);
    enum error error = mount_move(&source, &point);
    path_release(&source);
    path_release(&point);
    return error;
}

TEST(mounts, one_covers_its_directory_until_it_goes)
{
    struct file *file;
    EXPECT(start("/covers"));
    EXPECT_EQ(mount_tmpfs("from", 0), OK);
    EXPECT_EQ(look_up("from/file"), ERROR_NO_ENTRY);
    EXPECT_EQ(path_make(context, NULL, "from/above", S_IFDIR | 0777, 0), OK);
    EXPECT_EQ(look_up("from/../from/./above"), OK);
    EXPECT_EQ(path_remove(context, NULL, "from", true), ERROR_BUSY);
    EXPECT_EQ(path_rename(context, NULL, "from", NULL, "moved", 0), ERROR_BUSY);
    EXPECT_EQ(path_rename(context, NULL, "from/above", NULL, "above", 0), ERROR_CROSS_DEVICE);
    EXPECT_EQ(file_open(context, NULL, "from/used", O_RDWR | O_CREAT, 0600, &file), OK);
    EXPECT_EQ(unmount("from", false), ERROR_BUSY);
    file_release(file);
    EXPECT_EQ(unmount("from", false), OK);
    EXPECT_EQ(look_up("from/file"), OK);
    EXPECT_EQ(unmount("from", false), ERROR_INVALID);
    struct path point = find("/proc");
    EXPECT_EQ(mount_add(filesystem_find_type("proc"), "proc", &point, 0, &nothing), ERROR_BUSY);
    path_release(&point);
    EXPECT_EQ(unmount("/", false), ERROR_BUSY);
    EXPECT_EQ(unmount("/", true), ERROR_INVALID);
    finish();
}

static size_t live_blocks(void)
{
    struct allocator_stats stats;
    heap_stats(&stats);
    return stats.live_blocks;
}

TEST(mounts, one_that_fails_leaves_no_file_system_behind)
{
    EXPECT(start("/fails"));
    struct path point = find("to");
    EXPECT_EQ(path_remove(context, NULL, "to", true), OK);
    size_t before = live_blocks();
    EXPECT_EQ(mount_add(&tmpfs_type, "none", &point, 0, &nothing), ERROR_NO_ENTRY);
    EXPECT_EQ(live_blocks(), before);
    path_release(&point);
    finish();
}

TEST(mounts, several_lie_over_one_another)
{
    EXPECT(start("/several"));
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(mount_tmpfs("from", 0), OK);
        EXPECT_EQ(look_up("from/file"), ERROR_NO_ENTRY);
    }
    EXPECT_EQ(look_up("from/../from/../to"), OK);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_EQ(unmount("from", false), OK);
    EXPECT_EQ(look_up("from/file"), OK);
    finish();
}

TEST(mounts, a_bind_mount_shows_the_same_files)
{
    char path[64];
    EXPECT(start("/binds"));
    EXPECT_EQ(bind("from", "to", false), OK);
    EXPECT_EQ(look_up("to/file"), OK);
    EXPECT_EQ(path_make(context, NULL, "to/new", S_IFDIR | 0777, 0), OK);
    EXPECT_EQ(look_up("from/new"), OK);
    EXPECT_EQ(look_up("to/../from"), OK);
    EXPECT_EQ(path_rename(context, NULL, "to/new", NULL, "from/old", 0), ERROR_CROSS_DEVICE);
    struct path file = find("to/file");
    EXPECT_EQ(path_link(context, &file, NULL, "from/other"), ERROR_CROSS_DEVICE);
    EXPECT_EQ(path_name(context, &file, path, sizeof(path)), OK);
    EXPECT_STR(path, "/binds/to/file");
    EXPECT_EQ(unmount("to", false), ERROR_BUSY);
    path_release(&file);
    EXPECT_EQ(path_remove(context, NULL, "to", true), ERROR_BUSY);
    EXPECT_EQ(unmount("to", false), OK);
    EXPECT_EQ(look_up("to/file"), ERROR_NO_ENTRY);
    EXPECT_EQ(bind("from/file", "to", false), ERROR_NOT_DIRECTORY);
    EXPECT_EQ(open_it("to/target", O_RDWR | O_CREAT), OK);
    EXPECT_EQ(bind("from/file", "to/target", false), OK);
    struct path bound = find("to/target"), original = find("from/file");
    EXPECT_EQ((uintptr_t)bound.dentry, (uintptr_t)original.dentry);
    path_release(&bound);
    path_release(&original);
    EXPECT_EQ(path_remove(context, NULL, "to/target", false), ERROR_BUSY);
    EXPECT_EQ(unmount("to/target", false), OK);
    finish();
}

TEST(mounts, a_recursive_bind_mount_shows_what_is_mounted_below)
{
    EXPECT(start("/recursive"));
    EXPECT_EQ(mount_tmpfs("from/below", 0), OK);
    EXPECT_EQ(path_make(context, NULL, "from/below/deep", S_IFDIR | 0777, 0), OK);
    EXPECT_EQ(mount_tmpfs("from/below/deep", 0), OK);
    EXPECT_EQ(open_it("from/below/deep/x", O_RDWR | O_CREAT), OK);
    EXPECT_EQ(bind("from", "to", false), OK);
    EXPECT_EQ(look_up("to/below/deep"), ERROR_NO_ENTRY);
    EXPECT_EQ(unmount("to", false), OK);
    EXPECT_EQ(bind("from", "to", true), OK);
    EXPECT_EQ(look_up("to/below/deep/x"), OK);
    EXPECT_EQ(unmount("to", false), ERROR_BUSY);
    EXPECT_EQ(unmount("to", true), OK);
    EXPECT_EQ(look_up("to/below"), ERROR_NO_ENTRY);
    EXPECT_EQ(look_up("from/below/deep/x"), OK);
    EXPECT_EQ(unmount("from/below/deep", false), OK);
    EXPECT_EQ(unmount("from/below", false), OK);
    finish();
}

TEST(mounts, one_that_is_detached_lives_as_long_as_its_users)
{
    struct file *file;
    EXPECT(start("/lazy"));
    EXPECT_EQ(mount_tmpfs("from", 0), OK);
    EXPECT_EQ(file_open(context, NULL, "from/used", O_RDWR | O_CREAT, 0600, &file), OK);
    EXPECT_EQ(unmount("from", true), OK);
    EXPECT_EQ(look_up("from/file"), OK);
    EXPECT_EQ(write_bytes(file, "x", 1), 1);
    file_release(file);
    finish();
}

TEST(mounts, they_move_but_not_below_themselves)
{
    EXPECT(start("/moves"));
    EXPECT_EQ(mount_tmpfs("from", 0), OK);
    EXPECT_EQ(path_make(context, NULL, "from/above", S_IFDIR | 0777, 0), OK);
    EXPECT_EQ(move("from", "from/above"), ERROR_LOOP);
    EXPECT_EQ(move("from/above", "to"), ERROR_INVALID);
    EXPECT_EQ(move("/", "to"), ERROR_INVALID);
    EXPECT_EQ(move("from", "to"), OK);
    EXPECT_EQ(look_up("to/above"), OK);
    EXPECT_EQ(look_up("from/file"), OK);
    EXPECT_EQ(unmount("to", false), OK);
    finish();
}

/* As switch_root does it: the new root's mount lies over the old one, and the program's root is
 * there. */
TEST(mounts, the_root_of_a_program_may_be_one)
{
    char path[64];
    EXPECT(start("/switch"));
    EXPECT_EQ(mount_tmpfs("to", 0), OK);
    EXPECT_EQ(path_make(context, NULL, "to/inside", S_IFDIR | 0777, 0), OK);
    struct path root = find("to");
    EXPECT_EQ(fs_context_set_directory(context, &root), OK);
    EXPECT_EQ(move(".", "/"), OK);
    EXPECT_EQ(fs_context_set_root(context, &root), OK);
    EXPECT_EQ(look_up("/inside"), OK);
    EXPECT_EQ(look_up("/../../inside"), OK);
    EXPECT_EQ(look_up("/proc"), ERROR_NO_ENTRY);
    struct path inside = find("/inside");
    EXPECT_EQ(path_name(context, &inside, path, sizeof(path)), OK);
    EXPECT_STR(path, "/inside");
    path_release(&inside);
    path_release(&root);
    finish();
    context = files_start();
    EXPECT_EQ(unmount("/..", false), ERROR_BUSY); /* programs see what lies over their root */
    root = mount_root_path();
    path_reference(&root);
    path_enter_mounts(&root);
    EXPECT_EQ(mount_remove(&root, false), OK);
    path_release(&root);
    EXPECT_EQ(look_up("/switch/from"), OK);
}

TEST(mounts, pivot_root_exchanges_roots)
{
    EXPECT(start("/pivot"));
    EXPECT_EQ(mount_tmpfs("from", 0), OK); /* the old root */
    EXPECT_EQ(path_make(context, NULL, "from/new", S_IFDIR | 0777, 0), OK);
    EXPECT_EQ(mount_tmpfs("from/new", 0), OK);
    EXPECT_EQ(path_make(context, NULL, "from/new/old", S_IFDIR | 0777, 0), OK);
    struct path old_root = find("from"), new_root = find("from/new"), put = find("from/new/old");
    struct path all = find("/");
    EXPECT_EQ(mount_pivot(&all, &new_root, &put), ERROR_INVALID);
    EXPECT_EQ(mount_pivot(&old_root, &old_root, &put), ERROR_BUSY);
    EXPECT_EQ(mount_pivot(&old_root, &put, &put), ERROR_INVALID);
    EXPECT_EQ(mount_pivot(&old_root, &new_root, &old_root), ERROR_BUSY);
    EXPECT_EQ(mount_pivot(&old_root, &new_root, &put), OK);
    path_release(&all);
    path_release(&old_root);
    path_release(&new_root);
    path_release(&put);
    EXPECT_EQ(look_up("from/old/new"), OK);
    EXPECT_EQ(unmount("from/old", false), OK);
    EXPECT_EQ(unmount("from", false), OK);
    finish();
}

TEST(mounts, flags_forbid_devices_and_writes)
{
    struct file *file;
    EXPECT(start("/flags"));
    EXPECT_EQ(path_make(context, NULL, "from/null", S_IFCHR | 0666, 0x103), OK);
    EXPECT_EQ(bind("from", "to", false), OK);
    struct path root = find("to"), no_root = find("to/below");
    EXPECT_EQ(mount_set_flags(&no_root, 0), ERROR_INVALID);
    EXPECT_EQ(open_it("to/null", O_RDWR), OK);
    EXPECT_EQ(mount_set_flags(&root, MOUNT_NO_DEVICE), OK);
    EXPECT_EQ(open_it("to/null", O_RDWR), ERROR_ACCESS);
    EXPECT_EQ(open_it("from/null", O_RDWR), OK);
    EXPECT_EQ(file_open(context, NULL, "to/file", O_RDWR, 0, &file), OK);
    EXPECT_EQ(mount_set_flags(&root, MOUNT_READ_ONLY), ERROR_BUSY);
    file_release(file);
    EXPECT_EQ(mount_set_flags(&root, MOUNT_READ_ONLY), OK);
    EXPECT_EQ(open_it("to/file", O_RDWR), ERROR_READ_ONLY);
    EXPECT_EQ(open_it("to/file", O_RDONLY), OK);
    EXPECT_EQ(open_it("to/null", O_RDWR), OK);
    EXPECT_EQ(open_it("from/file", O_RDWR), OK);
    EXPECT_EQ(open_it("to/new", O_RDWR | O_CREAT), ERROR_READ_ONLY);
    EXPECT_EQ(path_make(context, NULL, "to/new", S_IFDIR, 0), ERROR_READ_ONLY);
    EXPECT_EQ(path_make(context, NULL, "to/below", S_IFDIR, 0), ERROR_EXISTS);
    EXPECT_EQ(path_symlink(context, NULL, "to/new", "x"), ERROR_READ_ONLY);
    EXPECT_EQ(path_remove(context, NULL, "to/file", false), ERROR_READ_ONLY);
    EXPECT_EQ(path_remove(context, NULL, "to/none", false), ERROR_READ_ONLY);
    EXPECT_EQ(path_rename(context, NULL, "to/file", NULL, "to/new", 0), ERROR_READ_ONLY);
    struct inode_attributes mode = {.set = ATTRIBUTE_MODE, .mode = 0600};
    EXPECT_EQ(path_set_attributes(context, &root, root.dentry->inode, &mode), ERROR_READ_ONLY);
    const struct mount_arguments read_only = {.is_read_only = true};
    path_release(&no_root);
    path_release(&root);
    EXPECT_EQ(unmount("to", false), OK);
    EXPECT_EQ(mount_tmpfs("to", 0), OK);
    EXPECT_EQ(file_open(context, NULL, "to/file", O_RDWR | O_CREAT, 0600, &file), OK);
    root = find("to");
    EXPECT_EQ(mount_change(&root, 0, &read_only), ERROR_BUSY);
    file_release(file);
    EXPECT_EQ(mount_change(&root, 0, &read_only), OK);
    EXPECT_EQ(open_it("to/file", O_RDWR), ERROR_READ_ONLY);
    EXPECT_EQ(mount_change(&root, 0, &nothing), OK);
    EXPECT_EQ(open_it("to/file", O_RDWR), OK);
    path_release(&root);
    EXPECT_EQ(unmount("to", false), OK);
    finish();
}

TEST(mounts, programs_are_told_of_mounts_and_their_flags)
{
    struct text text = {0};
    EXPECT(start("/told"));
    EXPECT_EQ(path_make(context, NULL, "a space", S_IFDIR | 0777, 0), OK);
    EXPECT_EQ(mount_tmpfs("a space", MOUNT_NO_SUID | MOUNT_NO_ATIME | MOUNT_READ_ONLY), OK);
    mounts_describe(&text, context);
    text_append(&text, "", 1);
    EXPECT(strstr(text.bytes, "none /told/a\\040space tmpfs ro,nosuid,noatime"));
    text_free(&text);
    mounts_describe_all(&text, context);
    text_append(&text, "", 1);
    EXPECT(strstr(text.bytes, " / /told/a\\040space ro,nosuid,noatime - tmpfs none rw"));
    text_free(&text);
    EXPECT_EQ(unmount("a space", false), OK);
    finish();
}
