/* Mounts, their flags, and the options of tmpfs. */
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <utime.h>

#include "own_tmpfs.h"
#include "support.h"

static int exists(const char *name)
{
    return access(name, F_OK) == 0;
}

static int mount_tmpfs(const char *where)
{
    return mount("none", where, "tmpfs", 0, NULL);
}

/* Its own process, so that a failure leaves the tmpfs as well. */
#define IN_TMPFS(options)        \
    if (!enter_tmpfs(options))   \
        return;                  \
    int ended = status_of(body); \
    leave_tmpfs();               \
    EXPECT_EQ(ended, 0)

static void see(int good, int line)
{
    if (good)
        return;
    test_print("    # line %d, errno %d", line, errno);
    _exit(1);
}
#define SEE(condition)          see((condition) != 0, __LINE__)
#define SEE_ERROR(call, number) see((errno = 0, (call)) == -1 && errno == (number), __LINE__)

static void cover(void)
{
    SEE(mkdir("d", 0777) == 0);
    make_file("d/below", "x");
    SEE(mount_tmpfs("d") == 0);
    SEE(!exists("d/below"));
    make_file("d/above", "y");
    SEE_ERROR(rmdir("d"), EBUSY);
    SEE_ERROR(rename("d", "e"), EBUSY);
    SEE_ERROR(rename("d/above", "above"), EXDEV);
    SEE_ERROR(link("d/above", "above"), EXDEV);
    int file = open("d/above", O_RDONLY);
    SEE_ERROR(umount2("d", 0), EBUSY);
    SEE(close(file) == 0);
    file = open("d/mapped", O_RDWR | O_CREAT, 0600);
    SEE(write(file, "z", 1) == 1);
    char *mapped = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
    SEE(mapped != MAP_FAILED && close(file) == 0);
    SEE_ERROR(umount2("d", 0), EBUSY);
    SEE(unlink("d/mapped") == 0);
    SEE_ERROR(umount2("d", 0), EBUSY);
    SEE(munmap(mapped, PAGE) == 0);
    SEE(umount2("d", 0) == 0);
    SEE(exists("d/below"));
    SEE_ERROR(umount2("d", 0), EINVAL);
    SEE_ERROR(umount2("none", 0), ENOENT);
    SEE_ERROR(umount2("d", 0x40), EINVAL);
    SEE_ERROR(mount("none", "d/below", "tmpfs", 0, NULL), ENOTDIR);
    SEE_ERROR(mount("none", "d", "no-such-type", 0, NULL), ENODEV);
    SEE_ERROR(mount("none", "nowhere", "tmpfs", 0, NULL), ENOENT);
}

TEST(mounts, one_covers_its_directory)
{
    void (*body)(void) = cover;
    IN_TMPFS(NULL);
}

/* The numbers of file systems without a disk have room for more than 256 of them. */
static void mount_many(void)
{
    enum { MANY = 600 };
    struct stat status;
    SEE(mkdir("d", 0777) == 0);
    for (int i = 0; i < MANY; i++) {
        SEE(mount_tmpfs("d") == 0);
        SEE(stat("d", &status) == 0 && major(status.st_dev) == 0);
        SEE(umount2("d", 0) == 0);
    }
}

TEST(mounts, many_one_after_the_other_have_no_disks_number)
{
    void (*body)(void) = mount_many;
    IN_TMPFS(NULL);
}

static void bind_them(void)
{
    SEE(mkdir("from", 0777) == 0 && mkdir("from/sub", 0777) == 0 && mkdir("to", 0777) == 0);
    make_file("from/file", "x");
    SEE(mount_tmpfs("from/sub") == 0);
    make_file("from/sub/deep", "y");
    SEE(mount("from", "to", NULL, MS_BIND, NULL) == 0);
    SEE(exists("to/file") && exists("to/sub") && !exists("to/sub/deep"));
    SEE_ERROR(umount2("from/sub", MNT_EXPIRE | MNT_DETACH), EINVAL);
    SEE(umount2("to", 0) == 0);
    SEE(mount("from", "to", NULL, MS_BIND | MS_REC, NULL) == 0);
    SEE(exists("to/sub/deep"));
    SEE_ERROR(umount2("to", 0), EBUSY);
    SEE_ERROR(rename("to/file", "from/other"), EXDEV);
    SEE(umount2("to", MNT_DETACH) == 0);
    SEE(!exists("to/file") && exists("from/sub/deep"));
    make_file("target", "");
    SEE(mount("from/file", "target", NULL, MS_BIND, NULL) == 0);
    struct stat a, b;
    SEE(stat("from/file", &a) == 0 && stat("target", &b) == 0 && a.st_ino == b.st_ino);
    SEE_ERROR(unlink("target"), EBUSY);
    SEE(umount2("target", 0) == 0);
    SEE_ERROR(mount("from/file", "to", NULL, MS_BIND, NULL), ENOTDIR);
    SEE_ERROR(mount("from", "target", NULL, MS_BIND, NULL), ENOTDIR);
    SEE_ERROR(mount("none", "to", NULL, MS_BIND, NULL), ENOENT);
}

TEST(mounts, the_same_files_at_two_places)
{
    void (*body)(void) = bind_them;
    IN_TMPFS(NULL);
}

static void move_them(void)
{
    SEE(mkdir("a", 0777) == 0 && mkdir("b", 0777) == 0);
    SEE(mount_tmpfs("a") == 0);
    make_file("a/file", "x");
    SEE(mkdir("a/inside", 0777) == 0);
    SEE_ERROR(mount("a", "a/inside", NULL, MS_MOVE, NULL), ELOOP);
    SEE_ERROR(mount("a/inside", "b", NULL, MS_MOVE, NULL), EINVAL);
    SEE(mount("a", "b", NULL, MS_MOVE, NULL) == 0);
    SEE(!exists("a/file") && exists("b/file"));
    int file = open("b/file", O_RDWR);
    SEE(file >= 0 && umount2("b", MNT_DETACH) == 0 && !exists("b/file"));
    char byte;
    SEE(read(file, &byte, 1) == 1 && byte == 'x' && write(file, "y", 1) == 1);
}

TEST(mounts, they_move_and_are_detached)
{
    void (*body)(void) = move_them;
    IN_TMPFS(NULL);
}

static long flags_of(const char *name)
{
    struct statfs status;
    return statfs(name, &status) == 0 ? (long)status.f_flags : -1;
}

static int remount(const char *where, unsigned long flags)
{
    return mount(NULL, where, NULL, MS_REMOUNT | flags, NULL);
}

static void forbid(void)
{
    enum { VALID = 0x20, NOSUID = 2, NODEV = 4, NOEXEC = 8, NOATIME = 1024, RELATIME = 4096 };
    SEE(mkdir("d", 0777) == 0 && mount_tmpfs("d") == 0);
    SEE(flags_of("d") == (VALID | RELATIME));
    make_file("d/file", "x");
    int file = open("d/file", O_WRONLY);
    SEE_ERROR(remount("d", MS_RDONLY), EBUSY);
    SEE_ERROR(remount("d", MS_RDONLY | MS_BIND), EBUSY);
    SEE(close(file) == 0);
    SEE(remount("d", MS_RDONLY | MS_NOSUID | MS_NOATIME) == 0);
    SEE(flags_of("d") == (VALID | NOSUID | NOATIME | 1));
    SEE_ERROR(open("d/file", O_WRONLY), EROFS);
    SEE_ERROR(open("d/new", O_WRONLY | O_CREAT, 0600), EROFS);
    SEE_ERROR(mkdir("d/new", 0700), EROFS);
    SEE_ERROR(mkdir("d/file", 0700), EEXIST);
    SEE_ERROR(unlink("d/file"), EROFS);
    SEE_ERROR(unlink("d/none"), EROFS);
    SEE_ERROR(rename("d/file", "d/other"), EROFS);
    SEE_ERROR(symlink("x", "d/link"), EROFS);
    SEE_ERROR(link("d/file", "d/other"), EROFS);
    SEE_ERROR(chmod("d/file", 0777), EROFS);
    SEE_ERROR(chown("d/file", 1, 1), EROFS);
    SEE_ERROR(utime("d/file", NULL), EROFS);
    SEE_ERROR(truncate("d/file", 0), EROFS);
    SEE_ERROR(access("d/file", W_OK), EROFS);
    SEE(remount("d", MS_NODEV | MS_NOEXEC) == 0);
    SEE(flags_of("d") == (VALID | NODEV | NOEXEC | NOATIME));
    SEE(remount("d", MS_NODEV | MS_NOEXEC | MS_RELATIME) == 0);
    SEE(flags_of("d") == (VALID | NODEV | NOEXEC | RELATIME));
    SEE(mknod("d/null", S_IFCHR | 0666, makedev(1, 3)) == 0);
    SEE_ERROR(open("d/null", O_RDWR), EACCES);
    make_file("d/program", "#!/bin/sh\n");
    SEE(chmod("d/program", 0755) == 0);
    SEE_ERROR(access("d/program", X_OK), EACCES);
    char *arguments[] = {"program", NULL};
    SEE_ERROR(execv("d/program", arguments), EACCES);
    file = open("d/file", O_RDONLY);
    SEE(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED);
    SEE(errno == EPERM);
    SEE(close(file) == 0 && remount("d", 0) == 0 && open("d/null", O_RDWR) >= 0);
    SEE_ERROR(remount("d/file", 0), EINVAL);
}

TEST(mounts, flags_forbid)
{
    void (*body)(void) = forbid;
    IN_TMPFS(NULL);
}

static void fill(void)
{
    static char block[16 * PAGE];
    struct statfs status;
    struct stat root;
    SEE(statfs(".", &status) == 0);
    SEE(status.f_blocks == 16 && status.f_bfree == 16);
    SEE(status.f_files == 10 && status.f_ffree == 9);
    SEE(stat(".", &root) == 0 && (root.st_mode & 07777) == 0710 && root.st_uid == 3);
    int file = open("file", O_RDWR | O_CREAT, 0600);
    int appended = open("file", O_WRONLY | O_APPEND);
    SEE(write(file, block, 10 * PAGE) == 10 * PAGE);
    SEE_ERROR(fallocate(file, 0, 8 * PAGE, 12 * PAGE), ENOSPC);
    SEE(statfs(".", &status) == 0 && status.f_bfree == 6);
    SEE(write(file, block, 16 * PAGE) == 6 * PAGE);
    SEE_ERROR(write(file, block, 1), ENOSPC);
    SEE_ERROR(pwrite(file, block, 1, 1 << 20), ENOSPC);
    SEE(lseek(appended, 0, SEEK_SET) == 0);
    SEE_ERROR(write(appended, block, 1), ENOSPC);
    SEE(write(appended, block, 0) == 0);
    SEE(lseek(appended, 0, SEEK_CUR) == 0);
    SEE(pwrite(file, block, 100, 50) == 100);
    SEE(statfs(".", &status) == 0 && status.f_bfree == 0);
    SEE(ftruncate(file, 15 * PAGE) == 0);
    SEE(write(file, block, 1) == 1);
    SEE(statfs(".", &status) == 0 && status.f_bfree == 0);
    SEE_ERROR(mount(NULL, ".", NULL, MS_REMOUNT, "size=32k"), EINVAL);
    SEE(mount(NULL, ".", NULL, MS_REMOUNT, "size=128k") == 0);
    SEE(statfs(".", &status) == 0 && status.f_blocks == 32);
    char name[8] = "a";
    int made = 0;
    for (; made < 20 && mkdir(name, 0700) == 0; made++)
        name[0]++;
    SEE(made == 8 && errno == ENOSPC);
    SEE_ERROR(link("file", "other"), ENOSPC);
    SEE_ERROR(symlink("x", "other"), ENOSPC);
    SEE_ERROR(open("other", O_CREAT | O_RDWR, 0600), ENOSPC);
    SEE(rmdir("a") == 0 && link("file", "other") == 0);
    SEE_ERROR(mkdir("a", 0700), ENOSPC);
    SEE(unlink("file") == 0 && mkdir("a", 0700) == 0);
    SEE(unlink("other") == 0);
    SEE_ERROR(mount("none", "a", "tmpfs", 0, "size=x"), EINVAL);
    SEE_ERROR(mount("none", "a", "tmpfs", 0, "nothing=1"), EINVAL);
    SEE_ERROR(mount("none", "a", "tmpfs", 0, "mode=9"), EINVAL);
    SEE(mount("none", "a", "tmpfs", 0, "nr_blocks=4,nr_inodes=2k") == 0);
    SEE(statfs("a", &status) == 0 && status.f_blocks == 4 && status.f_files == 2048);
}

TEST(mounts, a_full_tmpfs_refuses_and_goes_on)
{
    void (*body)(void) = fill;
    IN_TMPFS("size=64k,nr_inodes=10,mode=710,uid=3");
}

/* A line of a file that has the text in it; an empty one if there is none. */
static const char *line_with(const char *path, const char *text)
{
    static char line[1024];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file)) {
        if (strstr(line, text)) {
            fclose(file);
            return line;
        }
    }
    if (file)
        fclose(file);
    return "";
}

static void describe(void)
{
    char line[256];
    unsigned id, parent, major, minor;
    SEE(mkdir("a b", 0777) == 0 && mkdir("a b/sub", 0777) == 0 && mkdir("bound", 0777) == 0);
    SEE(mount("s o", "a b", "tmpfs", MS_NOSUID | MS_NODEV,
              "size=40k,nr_inodes=7,mode=700,uid=5,gid=6") == 0);
    SEE(chmod("a b", 0755) == 0); /* the options stay what they were */
    SEE(mkdir("a b/sub", 0777) == 0);
    SEE(strstr(line_with("/proc/self/mounts", "a\\040b"),
               " tmpfs rw,nosuid,nodev,relatime,size=40k,nr_inodes=7,mode=700,uid=5,gid=6"));
    SEE(strncmp(line_with("/proc/mounts", "a\\040b"), "s\\040o ", 6) == 0);
    SEE(mount("a b/sub", "bound", NULL, MS_BIND, NULL) == 0);
    snprintf(line, sizeof(line), "%s", line_with("/proc/self/mountinfo", "/bound "));
    SEE(sscanf(line, "%u %u %u:%u /sub ", &id, &parent, &major, &minor) == 4 && id != parent);
    SEE(strstr(line, " rw,nosuid,nodev,relatime "));
    SEE(strstr(line, " - tmpfs s\\040o rw,size=40k,nr_inodes=7,mode=700,uid=5,gid=6"));
}

TEST(mounts, programs_are_told)
{
    void (*body)(void) = describe;
    IN_TMPFS(NULL);
}

static void exchange_roots(void)
{
    SEE(mkdir("root", 0777) == 0 && mount_tmpfs("root") == 0);
    SEE(mkdir("root/old", 0777) == 0);
    SEE_ERROR(syscall(SYS_pivot_root, "root", "none"), ENOENT);
    SEE_ERROR(syscall(SYS_pivot_root, "root/old", "root/old"), EINVAL);
    SEE(chroot("root") == 0 && chdir("/") == 0);
    SEE(exists("/old") && !exists("/proc/self"));
    SEE(mkdir("/new", 0777) == 0 && mount("none", "/new", "tmpfs", 0, NULL) == 0);
    SEE(mkdir("/new/old", 0777) == 0);
    SEE(syscall(SYS_pivot_root, "/new", "/new/old") == 0);
    SEE(exists("/old/old") && exists("/old/new"));
    char path[64];
    SEE(getcwd(path, sizeof(path)) && strcmp(path, "/") == 0);
    SEE(umount2("/old", MNT_DETACH) == 0 && !exists("/old/old"));
}

TEST(mounts, pivot_root_exchanges_roots)
{
    void (*body)(void) = exchange_roots;
    IN_TMPFS(NULL);
}
