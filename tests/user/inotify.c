/* inotify: which events come, in which order, on tmpfs. */
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <utime.h>

#include "own_tmpfs.h"
#include "support.h"

static int notifier;

/* All events that wait, as text: the watch, its words, a name. Cookies are counted from the first.
 */
static const char *events(void)
{
    static char text[4096];
    static const char *const words[] = {"ACCESS",        "MODIFY",  "ATTRIB",      "CLOSE_WRITE",
                                        "CLOSE_NOWRITE", "OPEN",    "MOVED_FROM",  "MOVED_TO",
                                        "CREATE",        "DELETE",  "DELETE_SELF", "MOVE_SELF",
                                        "0x1000",        "UNMOUNT", "Q_OVERFLOW",  "IGNORED"};
    static char bytes[65536] __attribute__((aligned(8)));
    unsigned cookie = 0;
    *text = '\0';
    ssize_t size = read(notifier, bytes, sizeof(bytes));
    for (ssize_t at = 0; at < size;) {
        const struct inotify_event *event = (const struct inotify_event *)(bytes + at);
        char *end = text + strlen(text);
        end += sprintf(end, "%d", event->wd);
        for (unsigned i = 0; i < 16; i++) {
            if (event->mask & 1u << i)
                end += sprintf(end, " %s", words[i]);
        }
        if (event->mask & IN_ISDIR)
            end += sprintf(end, " ISDIR");
        if (event->cookie)
            end += sprintf(end, " %s", event->cookie == cookie ? "same" : "cookie");
        cookie = event->cookie;
        sprintf(end, "%s%s|", event->len ? " " : "", event->len ? event->name : "");
        at += (ssize_t)(sizeof(*event) + event->len);
    }
    return text;
}

static int start(void)
{
    notifier = inotify_init1(IN_NONBLOCK);
    return notifier >= 0 && enter_tmpfs(NULL);
}

TEST(inotify, files_are_opened_read_and_written)
{
    char byte;
    if (!start())
        return;
    make_file("file", "text");
    EXPECT_EQ(inotify_add_watch(notifier, ".", IN_ALL_EVENTS), 1);
    EXPECT_EQ(inotify_add_watch(notifier, "file", IN_ALL_EVENTS), 2);
    int file = open("file", O_RDWR);
    EXPECT_STR(events(), "1 OPEN file|2 OPEN|");
    EXPECT_EQ(read(file, &byte, 1), 1);
    EXPECT_EQ(pread(file, &byte, 1, 0), 1);
    EXPECT_STR(events(), "1 ACCESS file|2 ACCESS|1 ACCESS file|2 ACCESS|");
    EXPECT_EQ(write(file, "x", 1), 1);
    EXPECT_OK(ftruncate(file, 1));
    EXPECT_STR(events(), "1 MODIFY file|2 MODIFY|1 MODIFY file|2 MODIFY|");
    EXPECT_EQ(read(file, &byte, 1), 0);
    EXPECT_STR(events(), "");
    EXPECT_OK(CALL(fallocate, file, 0, 0L, 10L));
    EXPECT_STR(events(), "1 MODIFY file|2 MODIFY|");
    int copy = dup(file);
    EXPECT_OK(close(copy));
    EXPECT_STR(events(), "");
    EXPECT_OK(close(file));
    EXPECT_STR(events(), "1 CLOSE_WRITE file|2 CLOSE_WRITE|");
    EXPECT_OK(close(open("file", O_RDONLY)));
    EXPECT_STR(events(), "1 OPEN file|2 OPEN|1 CLOSE_NOWRITE file|2 CLOSE_NOWRITE|");
    EXPECT_OK(close(open("file", O_PATH)));
    EXPECT_STR(events(), "");
    EXPECT_OK(close(open("file", O_WRONLY | O_TRUNC)));
    EXPECT(
        strstr(events(), "1 MODIFY file|2 MODIFY|")); /* before OPEN, or after it since Linux 6.8 */
    leave_tmpfs();
}

TEST(inotify, attributes_change)
{
    if (!start())
        return;
    make_file("file", "text");
    EXPECT_EQ(inotify_add_watch(notifier, "file", IN_ALL_EVENTS), 1);
    EXPECT_OK(chmod("file", 0600));
    EXPECT_STR(events(), "1 ATTRIB|");
    EXPECT_OK(utime("file", NULL));
    EXPECT_STR(events(), "1 ATTRIB|");
    const struct timespec modified[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 5}};
    EXPECT_OK(utimensat(AT_FDCWD, "file", modified, 0));
    EXPECT_STR(events(), "1 MODIFY|");
    EXPECT_OK(truncate("file", 2));
    EXPECT_STR(events(), "1 MODIFY|");
    EXPECT_OK(link("file", "other"));
    EXPECT_STR(events(), "1 ATTRIB|");
    EXPECT_OK(unlink("other"));
    EXPECT_STR(events(), "1 ATTRIB|");
    leave_tmpfs();
}

TEST(inotify, names_come_and_go)
{
    if (!start())
        return;
    EXPECT_EQ(inotify_add_watch(notifier, ".", IN_ALL_EVENTS), 1);
    EXPECT_OK(close(open("file", O_RDWR | O_CREAT, 0600)));
    EXPECT_STR(events(), "1 CREATE file|1 OPEN file|1 CLOSE_WRITE file|");
    EXPECT_OK(mkdir("d", 0700));
    EXPECT_OK(symlink("x", "s"));
    EXPECT_OK(mkfifo("p", 0600));
    EXPECT_OK(link("file", "l"));
    EXPECT_STR(events(), "1 CREATE ISDIR d|1 CREATE s|1 CREATE p|1 CREATE l|");
    EXPECT_OK(unlink("l"));
    EXPECT_OK(unlink("s"));
    EXPECT_OK(unlink("p"));
    EXPECT_OK(rmdir("d"));
    EXPECT_STR(events(), "1 DELETE l|1 DELETE s|1 DELETE p|1 DELETE ISDIR d|");
    EXPECT_ERROR(mkdir("file", 0700), EEXIST);
    EXPECT_STR(events(), "");
    leave_tmpfs();
}

TEST(inotify, files_move)
{
    if (!start())
        return;
    make_file("a", "1");
    make_file("b", "2");
    EXPECT_OK(mkdir("d", 0700));
    EXPECT_OK(mkdir("e", 0700));
    EXPECT_EQ(inotify_add_watch(notifier, "d", IN_ALL_EVENTS), 1);
    EXPECT_EQ(inotify_add_watch(notifier, "e", IN_ALL_EVENTS), 2);
    EXPECT_EQ(inotify_add_watch(notifier, "a", IN_ALL_EVENTS), 3);
    EXPECT_EQ(inotify_add_watch(notifier, "b", IN_ALL_EVENTS), 4);
    EXPECT_OK(rename("a", "d/a"));
    EXPECT_STR(events(), "1 MOVED_TO cookie a|3 MOVE_SELF|");
    EXPECT_OK(rename("d/a", "e/A"));
    EXPECT_STR(events(), "1 MOVED_FROM cookie a|2 MOVED_TO same A|3 MOVE_SELF|");
    EXPECT_OK(rename("b", "e/A"));
    EXPECT_STR(events(), "2 MOVED_TO cookie A|3 ATTRIB|4 MOVE_SELF|3 DELETE_SELF|3 IGNORED|");
    make_file("d/x", "");
    (void)events();
    EXPECT_OK(CALL(renameat2, AT_FDCWD, "d/x", AT_FDCWD, "e/A", 2));
    EXPECT_STR(events(), "1 MOVED_FROM cookie x|2 MOVED_TO same A|2 MOVED_FROM cookie A|"
                         "1 MOVED_TO same x|4 MOVE_SELF|");
    EXPECT_OK(rename("d", "D"));
    EXPECT_STR(events(), "1 MOVE_SELF|");
    leave_tmpfs();
}

TEST(inotify, the_end_of_a_file_ends_its_watch)
{
    if (!start())
        return;
    make_file("file", "1");
    EXPECT_OK(mkdir("d", 0700));
    EXPECT_EQ(inotify_add_watch(notifier, "file", IN_ALL_EVENTS), 1);
    EXPECT_EQ(inotify_add_watch(notifier, "d", IN_ALL_EVENTS), 2);
    EXPECT_OK(rmdir("d"));
    EXPECT_STR(events(), "2 DELETE_SELF|2 IGNORED|");
    int file = open("file", O_RDONLY);
    (void)events();
    EXPECT_OK(unlink("file"));
    EXPECT_STR(events(), "1 ATTRIB|");
    EXPECT_OK(close(file));
    EXPECT_STR(events(), "1 CLOSE_NOWRITE|1 DELETE_SELF|1 IGNORED|");
    EXPECT_ERROR(inotify_rm_watch(notifier, 1), EINVAL);
    make_file("file", "1");
    EXPECT_EQ(inotify_add_watch(notifier, "file", IN_MODIFY), 3);
    EXPECT_OK(inotify_rm_watch(notifier, 3));
    EXPECT_STR(events(), "3 IGNORED|");
    leave_tmpfs();
}

TEST(inotify, the_end_of_a_file_system_ends_its_watches)
{
    if (!start())
        return;
    EXPECT_OK(mkdir("d", 0700));
    EXPECT_OK(mount("none", "d", "tmpfs", 0, NULL));
    EXPECT_EQ(inotify_add_watch(notifier, "d", IN_CREATE), 1);
    EXPECT_OK(umount2("d", 0));
    EXPECT_STR(events(), "1 UNMOUNT ISDIR|1 IGNORED|");
    leave_tmpfs();
}

TEST(inotify, a_watch_says_what_it_wants)
{
    if (!start())
        return;
    make_file("file", "1");
    EXPECT_OK(symlink("file", "link"));
    EXPECT_EQ(inotify_add_watch(notifier, "file", IN_OPEN), 1);
    EXPECT_EQ(inotify_add_watch(notifier, "link", IN_OPEN | IN_MASK_ADD), 1);
    EXPECT_EQ(inotify_add_watch(notifier, "link", IN_OPEN | IN_DONT_FOLLOW), 2);
    EXPECT_ERROR(inotify_add_watch(notifier, "file", IN_OPEN | IN_ONLYDIR), ENOTDIR);
    EXPECT_ERROR(inotify_add_watch(notifier, "file", IN_OPEN | IN_MASK_CREATE), EEXIST);
    EXPECT_ERROR(inotify_add_watch(notifier, "file", 0), EINVAL);
    EXPECT_ERROR(inotify_add_watch(notifier, "none", IN_OPEN), ENOENT);
    EXPECT_ERROR(inotify_add_watch(-1, "file", IN_OPEN), EBADF);
    EXPECT_ERROR(inotify_add_watch(0, "file", IN_OPEN), EINVAL);
    EXPECT_ERROR(inotify_add_watch(notifier, NULL, IN_OPEN), EFAULT);
    EXPECT_ERROR(inotify_rm_watch(notifier, 77), EINVAL);
    EXPECT_ERROR(inotify_init1(1), EINVAL);
    EXPECT_OK(close(open("file", O_RDONLY)));
    EXPECT_STR(events(), "1 OPEN|");
    EXPECT_EQ(inotify_add_watch(notifier, "file", IN_CLOSE | IN_MASK_ADD), 1);
    EXPECT_OK(close(open("file", O_RDONLY)));
    EXPECT_STR(events(), "1 OPEN|1 CLOSE_NOWRITE|");
    EXPECT_EQ(inotify_add_watch(notifier, "file", IN_ACCESS), 1);
    EXPECT_OK(close(open("file", O_RDONLY)));
    EXPECT_STR(events(), "");
    EXPECT_EQ(inotify_add_watch(notifier, "file", IN_OPEN | IN_ONESHOT), 1);
    EXPECT_OK(close(open("file", O_RDONLY)));
    EXPECT_OK(close(open("file", O_RDONLY)));
    EXPECT_STR(events(), "1 OPEN|1 IGNORED|");
    leave_tmpfs();
}

static void write_later(void)
{
    pause_for(50);
    make_file("later", "");
    _exit(0);
}

TEST(inotify, events_are_waited_for_and_read_in_pieces)
{
    char small[sizeof(struct inotify_event) + 8], large[256];
    int waiting = 0;
    if (!start())
        return;
    EXPECT_EQ(inotify_add_watch(notifier, ".", IN_CREATE), 1);
    EXPECT_ERROR(read(notifier, large, sizeof(large)), EAGAIN);
    struct pollfd wait = {.fd = notifier, .events = POLLIN};
    EXPECT_EQ(poll(&wait, 1, 0), 0);
    if (fork() == 0)
        write_later();
    EXPECT_EQ(poll(&wait, 1, 10000), 1);
    EXPECT_EQ(wait.revents, POLLIN);
    EXPECT_OK(ioctl(notifier, FIONREAD, &waiting));
    EXPECT_EQ(waiting, sizeof(struct inotify_event) + 16);
    EXPECT_ERROR(read(notifier, small, sizeof(small)), EINVAL);
    make_file("a-name-of-sixteen", "");
    EXPECT_EQ(read(notifier, large, 2 * sizeof(struct inotify_event) + 16),
              sizeof(struct inotify_event) + 16);
    EXPECT_EQ(read(notifier, large, sizeof(large)), sizeof(struct inotify_event) + 32);
    for (int i = 0; i < 3; i++)
        EXPECT_OK(close(open("b", O_RDWR | O_CREAT, 0600)));
    EXPECT_STR(events(), "1 CREATE b|");
    leave_tmpfs();
}

TEST(inotify, too_many_events_are_lost_with_a_note)
{
    enum { MANY = 17000 };
    static char bytes[MANY * 32] __attribute__((aligned(8)));
    char name[16];
    if (!start())
        return;
    EXPECT_EQ(inotify_add_watch(notifier, ".", IN_CREATE | IN_DELETE), 1);
    for (int i = 0; i < MANY / 2; i++) {
        snprintf(name, sizeof(name), "%d", i);
        EXPECT_OK(mkdir(name, 0700));
        EXPECT_OK(rmdir(name));
    }
    EXPECT_EQ(read(notifier, bytes, sizeof(bytes)), 16384 * 32 + 16);
    const struct inotify_event *last = (const struct inotify_event *)(bytes + 16384 * 32);
    EXPECT_EQ(last->wd, -1);
    EXPECT_EQ(last->mask, IN_Q_OVERFLOW);
    leave_tmpfs();
}
