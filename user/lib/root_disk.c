/*
 * Mounts the disk at /disk, moves /dev, /proc and /sys there, and makes it the root, as the first
 * program of Linux's initramfs does. Directories that programs must be able to write to get a
 * tmpfs: /tmp and /run always, and a few more if the disk is read-only.
 *
 * The kernel mounts a file system read-only if it was not unmounted cleanly. Then Debian's e2fsck,
 * which is in the initramfs, repairs it, as far as that is safe without a person (-p), and it is
 * mounted once more.
 */
#include <lib/string.h>

#include "lib/linux.h"
#include "lib/print.h"
#include "lib/root_disk.h"

enum { LOOKS = 200, PAUSE = 50 /* milliseconds */ };
enum { READ_ONLY_DISK = 30 /* EROFS */, MAY_WRITE = 2 /* for access() */ };

static const char e2fsck[] = "/sbin/e2fsck"; /* a script, which unpacks the program and runs it */

/* The value of a variable; NULL when there is none. */
static const char *variable(const char *const environment[], const char *name)
{
    size_t length = strlen(name);
    for (; *environment; environment++) {
        if (memcmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    }
    return NULL;
}

/* Drivers find disks while the first program runs already. */
static void wait_for(const char *disk)
{
    struct timespec pause = {0, PAUSE * 1000000};
    for (int i = 0; i < LOOKS && sys_access(disk, 0) < 0; i++)
        sys_nanosleep(&pause, NULL);
}

/* Runs e2fsck on a file system that is not mounted. The next mount shows whether that was enough.
 */
static void repair(const char *disk, const char *const environment[])
{
    const char *const arguments[] = {"e2fsck", "-p", disk, NULL};
    long process = sys_fork();
    if (process == 0)
        sys_exit_group(print_error("init", e2fsck, sys_execve(e2fsck, arguments, environment)));
    if (process > 0)
        sys_wait4((int)process, NULL, 0, NULL);
}

static bool is_read_only(void)
{
    return sys_access("/disk", MAY_WRITE) == -READ_ONLY_DISK;
}

/* Mounts the disk read-write, and repairs it first if necessary. Returns an error as sys_mount()
 * does. */
static long mount_to_write(const char *disk, const char *type, const char *const environment[])
{
    long error = sys_mount(disk, "/disk", type, 0, NULL);
    if (error || !is_read_only() || sys_access(e2fsck, 0) < 0)
        return error;
    sys_umount2("/disk", 0);
    repair(disk, environment);
    return sys_mount(disk, "/disk", type, 0, NULL);
}

/* Mounts the disk, and sets *read_only if it could only be mounted so. Returns an error as
 * sys_mount() does. */
static long mount_disk(const char *disk, const char *type, bool *read_only,
                       const char *const environment[])
{
    long error = *read_only ? -READ_ONLY_DISK : mount_to_write(disk, type, environment);
    if (!error && is_read_only())
        print(ERRORS, "init: %s is read-only: e2fsck has to mend it\n", disk);
    if (error == -READ_ONLY_DISK)
        error = sys_mount(disk, "/disk", type, MOUNT_READ_ONLY, NULL);
    if (!error)
        *read_only = is_read_only();
    return error;
}

static void mount_tmpfs(const char *path, const char *options)
{
    long error = sys_mount("tmpfs", path, "tmpfs", 0, options);
    if (error && error != -E_NO_ENTRY)
        print_error("init", path, error);
}

static void mount_writable_directories(bool read_only)
{
    mount_tmpfs("/run", "mode=755");
    mount_tmpfs("/tmp", "mode=1777");
    if (!read_only)
        return;
    mount_tmpfs("/var/tmp", "mode=1777");
    mount_tmpfs("/root", "mode=700");
}

/* Makes the working directory the root. */
static long enter(void)
{
    static const char *const along[][2] = {{"/dev", "dev"}, {"/proc", "proc"}, {"/sys", "sys"}};
    for (size_t i = 0; i < ARRAY_SIZE(along); i++) {
        long error = sys_mount(along[i][0], along[i][1], NULL, MOUNT_MOVE, NULL);
        if (error)
            print_error("init", along[i][0], error);
    }
    sys_mount(".", "/", NULL, MOUNT_MOVE, NULL);
    return sys_chroot(".");
}

bool root_disk_enter(const char *const environment[])
{
    const char *disk = variable(environment, "root");
    const char *type = variable(environment, "rootfstype");
    bool read_only = variable(environment, "ro") != NULL;
    if (!disk)
        return false;
    wait_for(disk);
    sys_mkdir("/disk", 0755);
    long error = mount_disk(disk, type ? type : "ext2", &read_only, environment);
    if (!error)
        error = sys_chdir("/disk");
    if (!error)
        error = enter();
    if (error) {
        print_error("init", disk, error);
        return false;
    }
    mount_writable_directories(read_only);
    return true;
}
