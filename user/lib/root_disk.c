/*
 * Mounts the disk beside the root, moves /dev, /proc and /sys there, and then goes there for good,
 * as the first program of Linux's initramfs does. What programs need to write has a tmpfs: /tmp and
 * /run always, and a few more directories on a disk that is read-only.
 *
 * The kernel makes a file system read-only that was not unmounted cleanly. Then Debian's e2fsck of
 * the initramfs mends it, as far as that is safe without a person (-p), and it is mounted once
 * more.
 */
#include <lib/string.h>

#include "lib/linux.h"
#include "lib/print.h"
#include "lib/root_disk.h"

enum { LOOKS = 200, PAUSE = 50 /* milliseconds */ };
enum { READ_ONLY_DISK = 30 /* EROFS */, MAY_WRITE = 2 /* for access() */ };

static const char mender[] = "/sbin/e2fsck"; /* a script, which unpacks it */

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

/* Has e2fsck mend a file system that is not mounted; it prints what it does. Whether that was
 * enough, the next mount tells. */
static void mend(const char *disk, const char *const environment[])
{
    const char *const arguments[] = {"e2fsck", "-p", disk, NULL};
    long process = sys_fork();
    if (process == 0)
        sys_exit_group(print_error("init", mender, sys_execve(mender, arguments, environment)));
    if (process > 0)
        sys_wait4((int)process, NULL, 0, NULL);
}

static bool is_read_only(void)
{
    return sys_access("/disk", MAY_WRITE) == -READ_ONLY_DISK;
}

/* Mounts it read-write, mended if it has to be. Returns an error as sys_mount() does. */
static long mount_to_write(const char *disk, const char *type, const char *const environment[])
{
    long error = sys_mount(disk, "/disk", type, 0, NULL);
    if (error || !is_read_only() || sys_access(mender, 0) < 0)
        return error;
    sys_umount2("/disk", 0);
    mend(disk, environment);
    return sys_mount(disk, "/disk", type, 0, NULL);
}

/* Returns an error as sys_mount() does. */
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

static void mount_what_is_written(bool read_only)
{
    mount_tmpfs("/run", "mode=755");
    mount_tmpfs("/tmp", "mode=1777");
    if (!read_only)
        return;
    mount_tmpfs("/var/tmp", "mode=1777");
    mount_tmpfs("/root", "mode=700");
}

/* The working directory becomes the root. */
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
    mount_what_is_written(read_only);
    return true;
}
