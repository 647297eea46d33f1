/* Names, paths, directories, descriptors and offsets at their limits. */
#include <dirent.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "own_tmpfs.h"
#include "support.h"

TEST(limits_of_files, a_name_has_any_byte_but_two)
{
    char name[4] = "";
    unsigned made = 0, seen = 0;
    for (int byte = 1; byte < 256; byte++) {
        if (byte == '/' || byte == '.')
            continue;
        name[0] = (char)byte;
        name[1] = (char)(255 - byte);
        if (name[1] == '/' || name[1] == '.')
            name[1] = 'x';
        EXPECT_OK(mkdir(name, 0700));
        made++;
    }
    DIR *directory = opendir(".");
    for (struct dirent *entry; (entry = readdir(directory));)
        seen += entry->d_name[0] != '.';
    EXPECT_EQ(seen, made);
    name[0] = '\x01';
    name[1] = '\xfe';
    EXPECT_OK(rmdir(name));
}

TEST(limits_of_files, a_path_has_4095_bytes)
{
    static char path[PATH_MAX + 8];
    make_file("f", "");
    memset(path, '/', sizeof(path));
    for (int i = 0; i < PATH_MAX - 2; i += 2)
        memcpy(path + i, "./", 2);
    path[PATH_MAX - 2] = 'f';
    path[PATH_MAX - 1] = '\0';
    EXPECT_OK(access(path, F_OK));
    path[PATH_MAX - 1] = 'f';
    path[PATH_MAX] = '\0';
    EXPECT_ERROR(access(path, F_OK), ENAMETOOLONG);
    EXPECT_ERROR(open(path, O_RDONLY), ENAMETOOLONG);
    EXPECT_ERROR(symlink(path, "s"), ENAMETOOLONG);
    path[PATH_MAX - 1] = '\0';
    EXPECT_OK(symlink(path, "s"));
    EXPECT_OK(access("s", F_OK));
    memset(path, 'n', 256);
    path[256] = '\0';
    EXPECT_ERROR(mkdir(path, 0700), ENAMETOOLONG);
    path[255] = '\0';
    EXPECT_OK(mkdir(path, 0700));
}

TEST(limits_of_files, directories_are_a_thousand_deep)
{
    char path[64];
    for (int i = 0; i < 1000; i++) {
        EXPECT_OK(mkdir("d", 0700));
        EXPECT_OK(chdir("d"));
    }
    EXPECT_ERROR(CALL(getcwd, path, sizeof(path)), ERANGE);
    for (int i = 0; i < 1000; i++) {
        EXPECT_OK(chdir(".."));
        EXPECT_OK(rmdir("d"));
    }
}

TEST(limits_of_files, a_directory_has_a_hundred_thousand_entries)
{
    enum { MANY = 100000 };
    char name[16];
    unsigned long count = 0, sum = 0;
    if (!enter_tmpfs("nr_inodes=200k"))
        return;
    make_file("file", "");
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "%d", i);
        EXPECT_OK(link("file", name));
    }
    DIR *directory = opendir(".");
    for (struct dirent *entry; (entry = readdir(directory));) {
        count += entry->d_name[0] != '.' && entry->d_name[0] != 'f';
        sum += strtoul(entry->d_name, NULL, 10);
    }
    EXPECT_EQ(count, MANY);
    EXPECT_EQ(sum, (unsigned long)MANY * (MANY - 1) / 2);
    closedir(directory);
    EXPECT_OK(access("99999", F_OK));
    EXPECT_ERROR(access("100000", F_OK), ENOENT);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "%d", i);
        EXPECT_OK(unlink(name));
    }
    leave_tmpfs();
}

TEST(limits_of_files, descriptors_reach_their_limit)
{
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max < 4000 ? limit.rlim_max : 4000;
    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
    int file = open(".", O_RDONLY), last = -1, copy;
    while ((copy = dup(file)) >= 0)
        last = copy;
    EXPECT_EQ(errno, EMFILE);
    EXPECT_EQ(last, (int)limit.rlim_cur - 1);
    EXPECT_ERROR(open("new", O_RDWR | O_CREAT, 0600), EMFILE);
    EXPECT_ERROR(access("new", F_OK), ENOENT);
    EXPECT_ERROR(dup2(file, last + 1), EBADF);
    EXPECT_ERROR(fcntl(file, F_DUPFD, last + 1), EINVAL);
    EXPECT_OK(close(last));
    EXPECT_EQ(dup(file), last);
    EXPECT_ERROR(dup2(file, INT32_MAX), EBADF);
    EXPECT_ERROR(close(INT32_MAX), EBADF);
}

TEST(limits_of_files, offsets_reach_2_to_the_63)
{
    const off_t most = INT64_MAX;
    char byte = 'x';
    if (!enter_tmpfs(NULL))
        return;
    int file = open("file", O_RDWR | O_CREAT, 0600);
    EXPECT_ERROR(pwrite(file, "yz", 2, most - 1), EINVAL);
    EXPECT_EQ(pwrite(file, "y", 1, most - 1), 1);
    EXPECT_EQ(lseek(file, 0, SEEK_END), most);
    EXPECT_ERROR(pwrite(file, "y", 1, most), EINVAL);
    EXPECT_EQ(pwrite(file, "y", 0, most), 0);
    EXPECT_ERROR(pread(file, &byte, 2, most - 1), EINVAL);
    EXPECT_EQ(pread(file, &byte, 1, most - 1), 1);
    EXPECT_EQ(byte, 'y');
    EXPECT_EQ(pread(file, &byte, 0, most), 0);
    EXPECT_EQ(pread(file, &byte, 1, most / 2), 1);
    EXPECT_EQ(byte, 0);
    EXPECT_ERROR(pread(file, &byte, 1, -1), EINVAL);
    EXPECT_ERROR(lseek(file, 1, SEEK_CUR), EINVAL);
    EXPECT_ERROR(lseek(file, 1, SEEK_END), EINVAL);
    EXPECT_ERROR(lseek(file, -1, SEEK_SET), EINVAL);
    EXPECT_ERROR(read(file, &byte, 1), EINVAL);
    EXPECT_ERROR(write(file, &byte, 1), EINVAL);
    EXPECT_EQ(read(file, &byte, 0), 0);
    struct iovec part = {&byte, 2};
    EXPECT_ERROR(pwritev(file, &part, 1, most - 1), EINVAL);
    EXPECT_ERROR(preadv(file, &part, 1, most - 1), EINVAL);
    EXPECT_OK(ftruncate(file, most));
    EXPECT_ERROR(ftruncate(file, -1), EINVAL);
    EXPECT_OK(ftruncate(file, 0));
    leave_tmpfs();
}

static volatile int times_exceeded;

static void count_exceeded(int signal)
{
    times_exceeded += signal == SIGXFSZ;
}

TEST(limits_of_files, rlimit_fsize)
{
    static char bytes[1200];
    const struct rlimit limit = {1000, RLIM_INFINITY};
    int status, ends[2], file = open("file", O_CREAT | O_RDWR, 0600);
    signal(SIGXFSZ, count_exceeded);
    EXPECT_OK(setrlimit(RLIMIT_FSIZE, &limit));
    EXPECT_EQ(write(file, bytes, 600), 600);
    EXPECT_EQ(write(file, bytes, 600), 400);
    EXPECT_EQ(times_exceeded, 0);
    EXPECT_ERROR(write(file, bytes, 1), EFBIG);
    EXPECT_EQ(times_exceeded, 1);
    EXPECT_EQ(write(file, bytes, 0), 0);
    EXPECT_ERROR(pwrite(file, bytes, 5, 2000), EFBIG);
    EXPECT_EQ(pwrite(file, bytes, 500, 900), 100);
    EXPECT_EQ(times_exceeded, 2);
    EXPECT_ERROR(ftruncate(file, 1001), EFBIG);
    EXPECT_ERROR(truncate("file", 1001), EFBIG);
    EXPECT_EQ(times_exceeded, 4);
    EXPECT_OK(ftruncate(file, 1000));
    EXPECT_EQ(lseek(file, 0, SEEK_END), 1000);
    file = open("file", O_WRONLY | O_APPEND);
    EXPECT_ERROR(write(file, bytes, 1), EFBIG);
    EXPECT_EQ(times_exceeded, 5);
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(write(ends[1], bytes, 1200), 1200);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_DFL);
        _exit((int)write(file, bytes, 1));
    }
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status & 0x7f, SIGXFSZ);
}

TEST(limits_of_files, rlimit_fsize_and_room)
{
    const struct rlimit limit = {1000, RLIM_INFINITY};
    if (!enter_tmpfs(NULL))
        return;
    int file = open("file", O_CREAT | O_RDWR, 0600);
    signal(SIGXFSZ, count_exceeded);
    EXPECT_OK(setrlimit(RLIMIT_FSIZE, &limit));
    EXPECT_ERROR(fallocate(file, 0, 0, 1001), EFBIG);
    EXPECT_EQ(times_exceeded, 1);
    EXPECT_OK(fallocate(file, 0, 0, 1000));
    EXPECT_ERROR(fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 5000), EFBIG);
    EXPECT_EQ(times_exceeded, 2);
    leave_tmpfs();
}
