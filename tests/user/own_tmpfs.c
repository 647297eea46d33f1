#include <sched.h>
#include <sys/mount.h>

#include "own_tmpfs.h"
#include "support.h"

/* On Linux, other processes keep their mounts. Cairn has one tree of mounts for all. */
int enter_tmpfs(const char *options)
{
    if (unshare(CLONE_NEWNS) == 0)
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    else if (errno != ENOSYS && errno != EINVAL)
        return 0;
    return mkdir("m", 0777) == 0 && mount("none", "m", "tmpfs", 0, options) == 0 && chdir("m") == 0;
}

void leave_tmpfs(void)
{
    if (chdir("..") == 0)
        umount2("m", MNT_DETACH);
}
