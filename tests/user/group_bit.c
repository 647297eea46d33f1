/* S_ISGID: files of a directory that has it, and who may set it. User 0 alone can become others, so
 * where somebody else builds there is nothing to test. */
#include <grp.h>

#include "support.h"

/* The permissions and the group of a file; -1 if it is not there. */
static long mode_and_group(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 ? (long)status.st_gid << 16 | (status.st_mode & 07777) : -1;
}

#define IS(path, mode, group) EXPECT_EQ(mode_and_group(path), (long)(group) << 16 | (mode))

static void make_directory(const char *path, gid_t group)
{
    if (mkdir(path, 0777) || chown(path, 0, group) || chmod(path, 02777))
        _exit(1);
}

/* Only a directory inherits the bit. A file gets the group, and a program for that group is made by
 * its members alone. */
TEST(group_bit, what_a_directory_hands_on)
{
    NEEDS_ROOT();
    umask(0);
    make_directory("others", OTHER_GROUP);
    make_directory("own", GROUP);
    EXPECT_OK(open("others/of_root", O_CREAT | O_WRONLY, 06755));
    IS("others/of_root", 06755, OTHER_GROUP);
    become_user();
    EXPECT_OK(open("others/plain", O_CREAT | O_WRONLY, 0644));
    IS("others/plain", 0644, OTHER_GROUP);
    EXPECT_OK(open("others/program", O_CREAT | O_WRONLY, 06755));
    IS("others/program", 04755, OTHER_GROUP);
    EXPECT_OK(open("others/locked", O_CREAT | O_WRONLY, 02745)); /* the group may not run it */
    IS("others/locked", 02745, OTHER_GROUP);
    EXPECT_OK(open("own/program", O_CREAT | O_WRONLY, 06755));
    IS("own/program", 06755, GROUP);
    EXPECT_OK(mkdir("others/directory", 0750));
    IS("others/directory", 02750, OTHER_GROUP);
    EXPECT_OK(mkfifo("others/fifo", 02777));
    IS("others/fifo", 0777, OTHER_GROUP);
    EXPECT_OK(symlink("x", "others/link"));
    IS("others/link", 0777, OTHER_GROUP);
    EXPECT_OK(open("program", O_CREAT | O_WRONLY, 06755));
    IS("program", 06755, GROUP);
    struct stat status;
    EXPECT_OK(fstat(open("others", O_TMPFILE | O_WRONLY, 02755), &status));
    EXPECT_EQ(status.st_mode & 07777, 0755);
    EXPECT_EQ(status.st_gid, OTHER_GROUP);
}

/* The mask comes last: a program for the group does not become a locked file by it. */
TEST(group_bit, the_mask_comes_after_it)
{
    NEEDS_ROOT();
    umask(0);
    make_directory("others", OTHER_GROUP);
    become_user();
    umask(077);
    EXPECT_OK(open("others/program", O_CREAT | O_WRONLY, 02755));
    IS("others/program", 0700, OTHER_GROUP);
}

TEST(group_bit, a_new_directory_takes_only_the_sticky_bit)
{
    umask(0);
    EXPECT_OK(mkdir("d", 07777));
    struct stat status;
    EXPECT_OK(stat("d", &status));
    EXPECT_EQ(status.st_mode & 07777, 01777);
}

/* The owner sets it for a group of the owner's only, whoever may run the file. */
TEST(group_bit, is_set_by_members)
{
    NEEDS_ROOT();
    umask(0);
    make_file("own", "");
    make_file("others", "");
    EXPECT_OK(mkdir("directory", 0777));
    EXPECT_OK(chown("own", USER, GROUP));
    EXPECT_OK(chown("others", USER, OTHER_GROUP));
    EXPECT_OK(chown("directory", USER, OTHER_GROUP));
    EXPECT_OK(chmod("others", 02755));
    IS("others", 02755, OTHER_GROUP);
    become_user();
    EXPECT_OK(chmod("own", 06755));
    IS("own", 06755, GROUP);
    EXPECT_OK(chmod("others", 06755));
    IS("others", 04755, OTHER_GROUP);
    EXPECT_OK(chmod("others", 06745));
    IS("others", 04745, OTHER_GROUP);
    EXPECT_OK(chmod("directory", 02755));
    IS("directory", 0755, OTHER_GROUP);
    EXPECT_OK(chown("own", USER, GROUP)); /* to the same ones */
    IS("own", 0755, GROUP);
}

/* What was given to somebody else runs for nobody; a directory keeps what it hands on. */
TEST(group_bit, a_new_owner_ends_it)
{
    NEEDS_ROOT();
    umask(0);
    make_file("program", "");
    make_file("locked", "");
    EXPECT_OK(mkdir("directory", 0777));
    EXPECT_OK(chmod("program", 06755));
    EXPECT_OK(chmod("locked", 06745));
    EXPECT_OK(chmod("directory", 06755));
    EXPECT_OK(chown("program", USER, -1));
    IS("program", 0755, 0);
    EXPECT_OK(chown("locked", -1, GROUP)); /* the bit means a lock there */
    IS("locked", 02745, GROUP);
    EXPECT_OK(chown("directory", USER, GROUP));
    IS("directory", 06755, GROUP);
}
