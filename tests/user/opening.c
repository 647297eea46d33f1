/* Files that are opened for their name alone (O_PATH), and files without a name (O_TMPFILE). */
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

#include "own_tmpfs.h"
#include "support.h"

TEST(opening, a_name_alone_can_do_little)
{
    struct stat status;
    struct statfs system;
    char byte[16];
    make_file("file", "text");
    EXPECT_OK(chmod("file", 0));
    int file = open("file", O_PATH | O_RDWR | O_TRUNC | O_CREAT | O_APPEND, 0600);
    EXPECT(file >= 0);
    EXPECT_EQ(fcntl(file, F_GETFL), O_PATH);
    EXPECT_OK(fstat(file, &status));
    EXPECT_EQ(status.st_size, 4);
    EXPECT_OK(fstatfs(file, &system));
    EXPECT_ERROR(read(file, byte, 1), EBADF);
    EXPECT_ERROR(write(file, byte, 1), EBADF);
    EXPECT_ERROR(pread(file, byte, 1, 0), EBADF);
    EXPECT_ERROR(lseek(file, 0, SEEK_SET), EBADF);
    EXPECT_ERROR(ftruncate(file, 0), EBADF);
    EXPECT_ERROR(CALL(fchmod, file, 0600), EBADF); /* musl has a way around it */
    EXPECT_ERROR(CALL(fchown, file, 0, 0), EBADF);
    EXPECT_ERROR(fsync(file), EBADF);
    EXPECT_ERROR(flock(file, LOCK_SH), EBADF);
    EXPECT_ERROR(ioctl(file, FIONREAD, byte), EBADF);
    EXPECT_ERROR(fcntl(file, F_SETFL, O_NONBLOCK), EBADF);
    EXPECT_ERROR(fgetxattr(file, "user.x", byte, 1), EBADF);
    EXPECT(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED);
    EXPECT_EQ(errno, EBADF);
    struct pollfd wait = {.fd = file, .events = POLLIN};
    EXPECT_EQ(poll(&wait, 1, 0), 1);
    EXPECT_EQ(wait.revents, POLLNVAL);
    EXPECT_OK(fcntl(file, F_SETFD, FD_CLOEXEC));
    EXPECT_EQ(fcntl(file, F_GETFD), FD_CLOEXEC);
    int copy = dup(file);
    EXPECT(copy >= 0);
    EXPECT_OK(dup2(file, copy));
    EXPECT_OK(close(copy));
    EXPECT_OK(fstatat(file, "", &status, AT_EMPTY_PATH));
    EXPECT_ERROR(openat(file, "x", O_RDONLY), ENOTDIR);
    EXPECT_OK(chmod("file", 0600));
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    int again = open(path, O_RDWR);
    EXPECT_EQ(read(again, byte, 4), 4);
}

TEST(opening, a_directory_by_its_name_alone_is_a_start)
{
    EXPECT_OK(mkdir("d", 0700));
    make_file("d/file", "x");
    int directory = open("d", O_PATH | O_DIRECTORY);
    EXPECT_EQ(fcntl(directory, F_GETFL), O_PATH | O_DIRECTORY);
    EXPECT(openat(directory, "file", O_RDONLY) >= 0);
    EXPECT_ERROR(open("d/file", O_PATH | O_DIRECTORY), ENOTDIR);
    char entries[1024];
    EXPECT_ERROR(CALL(getdents64, directory, entries, sizeof(entries)), EBADF);
    EXPECT_OK(fchdir(directory));
    EXPECT_OK(access("file", F_OK));
}

TEST(opening, links_and_fifos_are_named_without_being_opened)
{
    struct stat status;
    char target[16];
    EXPECT_OK(symlink("nowhere", "link"));
    EXPECT_OK(mkfifo("fifo", 0600));
    EXPECT_ERROR(open("link", O_PATH), ENOENT);
    int link = open("link", O_PATH | O_NOFOLLOW);
    EXPECT_OK(fstat(link, &status));
    EXPECT(S_ISLNK(status.st_mode));
    EXPECT_EQ(CALL(readlinkat, link, "", target, sizeof(target)), 7);
    EXPECT_ERROR(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
    int fifo = open("fifo", O_PATH);
    EXPECT_OK(fstat(fifo, &status));
    EXPECT(S_ISFIFO(status.st_mode));
    EXPECT_OK(close(fifo));
    EXPECT_ERROR(open("none", O_PATH | O_CREAT, 0600), ENOENT);
}

TEST(opening, a_name_alone_is_sent_to_others)
{
    int ends[2];
    make_file("file", "x");
    int file = open("file", O_PATH);
    char byte = 'x', control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    memset(control, 0, sizeof(control));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &file, sizeof(int));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    EXPECT_EQ(sendmsg(ends[0], &message, 0), 1);
    EXPECT_EQ(recvmsg(ends[1], &message, 0), 1);
    memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
    EXPECT_EQ(fcntl(file, F_GETFL), O_PATH);
}

TEST(opening, a_file_without_a_name_may_get_one)
{
    struct stat status;
    char path[64], target[256];
    if (!enter_tmpfs(NULL))
        return;
    int file = open(".", O_TMPFILE | O_RDWR, 0640);
    EXPECT_EQ(fcntl(file, F_GETFL) & ~0100000, O_TMPFILE | O_RDWR); /* but O_LARGEFILE */
    EXPECT(file >= 0);
    EXPECT_OK(fstat(file, &status));
    EXPECT_EQ(status.st_nlink, 0);
    EXPECT_EQ(status.st_mode, S_IFREG | 0640);
    EXPECT_EQ(write(file, "text", 4), 4);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    EXPECT(length > 0);
    target[length] = '\0';
    EXPECT(strstr(target, "/#") && strstr(target, " (deleted)"));
    EXPECT_OK(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    EXPECT_OK(fstat(file, &status));
    EXPECT_EQ(status.st_nlink, 1);
    EXPECT_OK(stat("named", &status));
    EXPECT_EQ(status.st_size, 4);
    EXPECT_OK(linkat(file, "", AT_FDCWD, "again", AT_EMPTY_PATH));
    EXPECT_ERROR(linkat(file, "", AT_FDCWD, "again", AT_EMPTY_PATH), EEXIST);
    EXPECT_OK(unlink("named"));
    EXPECT_OK(unlink("again"));
    EXPECT_ERROR(linkat(file, "", AT_FDCWD, "later", AT_EMPTY_PATH), ENOENT);
    leave_tmpfs();
}

TEST(opening, a_file_without_a_name_need_not_get_one)
{
    if (!enter_tmpfs(NULL))
        return;
    int file = open(".", O_TMPFILE | O_WRONLY | O_EXCL, 0600);
    EXPECT(file >= 0);
    EXPECT_ERROR(linkat(file, "", AT_FDCWD, "name", AT_EMPTY_PATH), ENOENT);
    EXPECT_ERROR(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
    EXPECT_ERROR(open(".", O_TMPFILE | O_RDWR | O_CREAT, 0600), EINVAL);
    EXPECT_ERROR(open("none", O_TMPFILE | O_RDWR, 0600), ENOENT);
    make_file("file", "");
    EXPECT_ERROR(open("file", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
    int gone = open("file", O_RDWR);
    EXPECT_OK(unlink("file"));
    EXPECT_ERROR(linkat(gone, "", AT_FDCWD, "name", AT_EMPTY_PATH), ENOENT);
    leave_tmpfs();
}

TEST(opening, files_have_no_attributes)
{
    char value[16];
    make_file("file", "");
    EXPECT_OK(symlink("file", "link"));
    int file = open("file", O_RDWR);
    EXPECT_EQ(listxattr("file", value, sizeof(value)), 0);
    EXPECT_EQ(llistxattr("link", NULL, 0), 0);
    EXPECT_EQ(flistxattr(file, value, sizeof(value)), 0);
    EXPECT_ERROR(getxattr("file", "security.capability", value, sizeof(value)), ENODATA);
    EXPECT_ERROR(lgetxattr("link", "security.selinux", value, sizeof(value)), ENODATA);
    EXPECT_ERROR(fgetxattr(file, "security.capability", value, sizeof(value)), ENODATA);
    EXPECT_ERROR(getxattr("file", "system.posix_acl_access", value, sizeof(value)), ENODATA);
    EXPECT_ERROR(getxattr("file", "nothing.at.all", value, sizeof(value)), EOPNOTSUPP);
    EXPECT_ERROR(getxattr("file", "", value, sizeof(value)), ERANGE);
    EXPECT_ERROR(getxattr("none", "security.capability", value, sizeof(value)), ENOENT);
    EXPECT_ERROR(fgetxattr(-1, "security.capability", value, sizeof(value)), EBADF);
    EXPECT_ERROR(setxattr("file", "nothing.at.all", value, 1, 0), EOPNOTSUPP);
    EXPECT_ERROR(setxattr("file", "security.capability", value, 1, 8), EINVAL);
    EXPECT_ERROR(setxattr("none", "user.x", value, 1, 0), ENOENT);
    EXPECT_ERROR(removexattr("file", "nothing.at.all"), EOPNOTSUPP);
    EXPECT_ERROR(getxattr("file", NULL, value, sizeof(value)), EFAULT);
    char name[300];
    memset(name, 'x', sizeof(name));
    name[255] = '\0';
    EXPECT_ERROR(getxattr("file", name, value, sizeof(value)), EOPNOTSUPP);
    name[255] = 'x';
    name[299] = '\0';
    EXPECT_ERROR(getxattr("file", name, value, sizeof(value)), ERANGE);
}
