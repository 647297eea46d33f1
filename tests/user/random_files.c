/*
 * Random operations of several processes on one tmpfs: a checksum over all results and error
 * numbers is the same on Linux and on Cairn. Only one process works at a time, so that the order is
 * the same, too. Each has its own working directory, open files, locks and mask, and one of them is
 * not root. The file system is small, so that it is often full.
 *
 * STEPS in the environment is the number of operations, at least 10; TRACE prints each of them.
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>

#include "own_tmpfs.h"
#include "support.h"

enum { PROCESSES = 4, SLOTS = 6, STEPS = 30000, PATH = 64, BYTES = 9000, PARTS = 10 };

static uint64_t state = 42;
static char bytes[BYTES];
static int files[SLOTS];

static uint32_t next(void)
{
    state = state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(state >> 32);
}

static uint64_t mix(uint64_t sum, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        sum = (sum ^ (value >> 8 * i & 0xff)) * 0x100000001b3;
    return sum;
}

static uint64_t mix_bytes(uint64_t sum, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ ((const uint8_t *)from)[i]) * 0x100000001b3;
    return sum;
}

/* --- An operation ----------------------------------------------------------------------------- */

/* Operations by name; from CLOSE on with an open file; from OPEN on each number opens a file. */
enum kind {
    MAKE_DIRECTORY,
    REMOVE_DIRECTORY,
    UNLINK,
    LINK,
    SYMLINK,
    RENAME_WITH_FLAGS,
    RENAME,
    READLINK,
    STAT,
    CHANGE_DIRECTORY,
    GET_DIRECTORY,
    CHMOD,
    ACCESS,
    LIST,
    TRUNCATE,
    MAKE_NODE,
    UMASK,
    STATFS,
    CHOWN,
    CLOSE,
    READ,
    READ_AT,
    WRITE,
    WRITE_AT,
    SEEK,
    TRUNCATE_FILE,
    ALLOCATE,
    STAT_FILE,
    LOCK,
    MAP,
    COPY,
    LINK_FILE,
    CHANGE_BY_FILE,
    OPEN,
    KINDS = OPEN + 8
};

/* `a`, `b` and `c` are random: each kind uses them as it likes. */
struct operation {
    uint32_t kind, a, b, c;
    char path[PATH], other[PATH];
};

static void make_path(char *path)
{
    static const char *const names[] = {"a", "b", "c", "d", "a", "b", ".", "..", "e", "f"};
    *path = '\0';
    if (next() % 6 == 0)
        strcat(path, "/");
    for (unsigned i = 1 + next() % 3; i > 0; i--) {
        strcat(path, names[next() % 10]);
        if (i > 1 || next() % 10 == 0)
            strcat(path, "/");
    }
}

static long sum_of_stat(int result, const struct stat *status)
{
    if (result < 0)
        return 0;
    uint64_t sum = mix(status->st_mode, status->st_nlink);
    sum = mix(sum, status->st_uid);
    sum = mix(sum, status->st_gid);
    sum = mix(sum, (uint64_t)status->st_size);
    return (long)mix(sum, (uint64_t)status->st_blocks);
}

static long sum_of_statfs(int result, const struct statfs *status)
{
    if (result < 0)
        return 0;
    uint64_t sum = mix(status->f_blocks, status->f_bfree);
    return (long)mix(mix(sum, status->f_files), status->f_ffree);
}

/* Does not depend on the order of the names: it is not the same everywhere. */
static long sum_of_directory(const char *path)
{
    uint64_t sum = 0;
    DIR *directory = opendir(path);
    if (!directory)
        return -1;
    for (struct dirent *entry; (entry = readdir(directory));)
        sum += mix_bytes(entry->d_type, entry->d_name, strlen(entry->d_name));
    closedir(directory);
    return (long)sum;
}

static int open_in_slot(const struct operation *operation, int *slot)
{
    static const int flags[] = {O_RDONLY,
                                O_RDWR,
                                O_RDWR | O_CREAT,
                                O_WRONLY | O_CREAT | O_EXCL,
                                O_RDWR | O_TRUNC,
                                O_RDWR | O_CREAT | O_TRUNC,
                                O_RDWR | O_APPEND,
                                O_RDONLY | O_DIRECTORY,
                                O_RDWR | O_NOFOLLOW,
                                O_PATH,
                                O_PATH | O_NOFOLLOW,
                                O_TMPFILE | O_RDWR,
                                O_WRONLY | O_CREAT | O_APPEND};
    int file = open(operation->path, flags[operation->a % 13] | O_NONBLOCK, operation->b & 0777);
    int error = errno;
    if (file < 0)
        return -1;
    if (*slot >= 0)
        close(*slot);
    *slot = file;
    errno = error;
    return 0;
}

static sigjmp_buf before_bus_error;

static void on_bus_error(int signal)
{
    (void)signal;
    siglongjmp(before_bus_error, 1);
}

/* SIGBUS comes from a page beyond the file's end, and from one that the full file system has no
 * room for. A write between the end and the end of its page is left out: it is unspecified whether
 * it is seen once the file is longer (mmap(2)). */
static long map_and_write(int file, unsigned place)
{
    volatile long byte = -2;
    struct stat status = {0};
    unsigned beyond_end = fstat(file, &status) == 0 ? place - (unsigned)status.st_size : 0;
    if (status.st_size % PAGE != 0 && beyond_end < PAGE - status.st_size % PAGE)
        return 0;
    char *mapped = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED)
        return -1;
    if (sigsetjmp(before_bus_error, 1) == 0) {
        byte = mapped[place];
        mapped[place] = 'm';
    }
    munmap(mapped, 4 * PAGE);
    return byte;
}

static long lock(int file, const struct operation *operation)
{
    struct flock range = {.l_type = (short)(operation->a % 3),
                          .l_whence = SEEK_SET,
                          .l_start = operation->b % 50,
                          .l_len = operation->c % 30};
    if (operation->a & 8)
        return flock(file, (operation->a % 3 == 2   ? LOCK_UN
                            : operation->a % 3 == 1 ? LOCK_EX
                                                    : LOCK_SH) |
                               LOCK_NB);
    return fcntl(file, F_SETLK, &range);
}

static long copy(int from, int to, const struct operation *operation)
{
    off_t at = operation->b % BYTES, there = operation->c % BYTES;
    struct stat a, b;
    bool is_same = fstat(from, &a) == 0 && fstat(to, &b) == 0 && a.st_ino == b.st_ino;
    if (is_same) /* Linux may copy bytes that the same call has written */
        return 0;
    if (operation->a & 1)
        return sendfile(to, from, &at, operation->c % BYTES);
    return copy_file_range(from, &at, to, &there, operation->c % 5000, 0);
}

static long use_names(const struct operation *operation)
{
    struct stat status;
    struct statfs system;
    char text[256] = "";
    const char *path = operation->path, *other = operation->other;
    unsigned a = operation->a;
    int result;
    switch (operation->kind) {
    case MAKE_DIRECTORY:
        return mkdir(path, a & 01777);
    case REMOVE_DIRECTORY:
        return rmdir(path);
    case UNLINK:
        return unlink(path);
    case LINK:
        return link(path, other);
    case SYMLINK:
        return symlink(other, path);
    case RENAME_WITH_FLAGS:
        return CALL(renameat2, AT_FDCWD, path, AT_FDCWD, other, a % 8 == 0 ? 2 : a % 8 == 1);
    case RENAME:
        return CALL(renameat2, AT_FDCWD, path, AT_FDCWD, other, 0);
    case READLINK:
        result = (int)readlink(path, text, sizeof(text));
        return (long)mix_bytes((uint64_t)result, text, sizeof(text));
    case STAT:
        result = a & 1 ? stat(path, &status) : lstat(path, &status);
        return sum_of_stat(result, &status);
    case CHANGE_DIRECTORY:
        return chdir(path);
    case GET_DIRECTORY:
        return getcwd(text, sizeof(text)) ? (long)mix_bytes(0, text, strlen(text)) : -1;
    case CHMOD:
        return chmod(path, a & 07777);
    case ACCESS:
        return access(path, (int)(a % 8));
    case LIST:
        return sum_of_directory(path);
    case TRUNCATE:
        return truncate(path, a % BYTES);
    case MAKE_NODE:
        return mknod(path, (a & 1 ? S_IFIFO : S_IFREG) | (a >> 1 & 0777), 0);
    case UMASK:
        return umask(a & 0777);
    case STATFS:
        result = statfs(path, &system);
        return sum_of_statfs(result, &system);
    default:
        return chown(path, a % 3 ? (uid_t)-1 : USER, a % 2 ? USER : 0);
    }
}

static long use_file(const struct operation *operation, int *slot)
{
    static char read_bytes[BYTES];
    struct stat status;
    int file = *slot, other = files[operation->b % SLOTS], result;
    unsigned a = operation->a, b = operation->b;
    long count;
    switch (operation->kind) {
    case CLOSE:
        *slot = -1;
        return close(file);
    case READ:
    case READ_AT:
        count = operation->kind == READ ? read(file, read_bytes, a % BYTES)
                                        : pread(file, read_bytes, a % BYTES, b % (2 * BYTES));
        return (long)mix_bytes((uint64_t)count, read_bytes, count > 0 ? (size_t)count : 0);
    case WRITE:
        return write(file, bytes + b % 26, a % (BYTES - 26));
    case WRITE_AT:
        return pwrite(file, bytes + b % 26, a % (BYTES - 26), b % (3 * BYTES));
    case SEEK:
        return lseek(file, (long)(a % (2 * BYTES)) - 100, (int)(b % 3));
    case TRUNCATE_FILE:
        return ftruncate(file, a % (2 * BYTES));
    case ALLOCATE:
        return CALL(fallocate, file, b % 4, (long)(a % BYTES), (long)(operation->c % BYTES));
    case STAT_FILE:
        result = fstat(file, &status);
        return sum_of_stat(result, &status);
    case LOCK:
        return lock(file, operation);
    case MAP:
        return map_and_write(file, a % (4 * PAGE));
    case COPY:
        return copy(file, other, operation);
    case LINK_FILE:
        return linkat(file, "", AT_FDCWD, operation->path, AT_EMPTY_PATH);
    default:
        return a & 1 ? fchdir(file) : fchmod(file, b & 0777);
    }
}

/* The checksum of the operation's result and error number. */
static uint64_t perform(const struct operation *operation)
{
    int *slot = &files[operation->c % SLOTS];
    bool links = operation->kind == LINK || operation->kind == LINK_FILE;
    if (links && geteuid()) /* Linux has a setting that forbids it: protected_hardlinks */
        return 0;
    errno = 0;
    long result = operation->kind < CLOSE  ? use_names(operation)
                  : operation->kind < OPEN ? use_file(operation, slot)
                                           : open_in_slot(operation, slot);
    return mix((uint64_t)result, (uint64_t)errno);
}

/* --- Processes -------------------------------------------------------------------------------- */

struct worker {
    int requests, results;
};

static void work(int requests, int results, int number)
{
    struct operation operation;
    if (chroot(".") < 0 || chdir("/") < 0)
        _exit(1);
    if (number == PROCESSES - 1 && (setgid(USER) < 0 || setuid(USER) < 0))
        _exit(1);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGBUS, on_bus_error);
    for (int i = 0; i < SLOTS; i++)
        files[i] = -1;
    while (read(requests, &operation, sizeof(operation)) == sizeof(operation)) {
        uint64_t result = perform(&operation);
        if (write(results, &result, sizeof(result)) != sizeof(result))
            break;
    }
    _exit(0);
}

static int start_worker(struct worker *worker, int number)
{
    int requests[2], results[2];
    if (pipe2(requests, O_CLOEXEC) < 0 || pipe2(results, O_CLOEXEC) < 0)
        return 0;
    pid_t child = fork();
    if (child == 0) {
        close(requests[1]);
        work(requests[0], results[1], number);
    }
    close(requests[0]);
    close(results[1]);
    *worker = (struct worker){requests[1], results[0]};
    return child > 0;
}

static struct operation choose(void)
{
    struct operation operation = {0};
    operation.kind = next() % KINDS;
    operation.a = next();
    operation.b = next();
    operation.c = next();
    make_path(operation.path);
    make_path(operation.other);
    return operation;
}

TEST(random_files, several_processes_get_the_same_results_as_on_linux)
{
    struct worker workers[PROCESSES];
    const char *wanted = getenv("STEPS");
    int steps = wanted ? atoi(wanted) : STEPS, traced = getenv("TRACE") != NULL;
    uint64_t sum = 0, result;
    alarm(0); /* many operations need more than a minute */
    for (int i = 0; i < BYTES; i++)
        bytes[i] = (char)('a' + i % 26);
    if (!enter_tmpfs("size=128k,nr_inodes=40,mode=777"))
        return;
    for (int i = 0; i < PROCESSES; i++)
        EXPECT(start_worker(&workers[i], i));
    for (int i = 0; i < steps; i++) {
        struct operation operation = choose();
        struct worker *worker = &workers[next() % PROCESSES];
        EXPECT_EQ(write(worker->requests, &operation, sizeof(operation)), sizeof(operation));
        EXPECT_EQ(read(worker->results, &result, sizeof(result)), sizeof(result));
        sum = mix(sum, result);
        if (traced)
            test_print("    # %d %d: %u %x %x %x %s %s = %lx", i, (int)(worker - workers),
                       operation.kind, operation.a, operation.b, operation.c, operation.path,
                       operation.other, result);
        if ((i + 1) % (steps / PARTS) == 0)
            test_print("    # same after %d: %016lx", i + 1, sum);
    }
    leave_tmpfs();
}
