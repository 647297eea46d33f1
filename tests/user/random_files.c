/*
 * Random operations of several processes on one tmpfs: a sum over all results and errors, which is
 * the same on Linux and on Cairn. The processes take turns, so that the order is the same, too.
 * They have working directories, open files, locks and a mask of their own, and one of them is not
 * root. The file system is small, so that it is often full.
 *
 * STEPS in the environment says how many operations; TRACE prints each of them.
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

static uint64_t of_stat(int result, const struct stat *status)
{
    if (result < 0)
        return 0;
    uint64_t sum = mix(status->st_mode, status->st_nlink);
    sum = mix(sum, status->st_uid);
    sum = mix(sum, status->st_gid);
    sum = mix(sum, (uint64_t)status->st_size);
    return mix(sum, (uint64_t)status->st_blocks);
}

static uint64_t of_statfs(int result, const struct statfs *status)
{
    if (result < 0)
        return 0;
    uint64_t sum = mix(status->f_blocks, status->f_bfree);
    return mix(mix(sum, status->f_files), status->f_ffree);
}

/* The names in a directory have no order. */
static uint64_t of_directory(const char *path)
{
    uint64_t sum = 0;
    DIR *directory = opendir(path);
    if (!directory)
        return UINT64_MAX;
    for (struct dirent *entry; (entry = readdir(directory));)
        sum += mix_bytes(entry->d_type, entry->d_name, strlen(entry->d_name));
    closedir(directory);
    return sum;
}

static int open_it(const struct operation *operation, int *slot)
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

/* A page that has no room, or that lies behind the end, is a signal. What is written behind the end
 * in the last page may be seen once the file is longer, or not (mmap(2)): that is left out. */
static long map_and_write(int file, unsigned place)
{
    volatile long byte = -2;
    struct stat status = {0};
    unsigned behind_end = fstat(file, &status) == 0 ? place - (unsigned)status.st_size : 0;
    if (status.st_size % PAGE != 0 && behind_end < PAGE - status.st_size % PAGE)
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
    if (is_same) /* Linux may copy what it has just written */
        return 0;
    if (operation->a & 1)
        return sendfile(to, from, &at, operation->c % BYTES);
    return copy_file_range(from, &at, to, &there, operation->c % 5000, 0);
}

/* What a process does with names. */
static uint64_t on_names(const struct operation *operation)
{
    struct stat status;
    struct statfs system;
    char text[256] = "";
    const char *path = operation->path, *other = operation->other;
    unsigned a = operation->a;
    int result;
    switch (operation->kind) {
    case 0:
        return (uint64_t)mkdir(path, a & 01777);
    case 1:
        return (uint64_t)rmdir(path);
    case 2:
        return (uint64_t)unlink(path);
    case 3:
        return (uint64_t)link(path, other);
    case 4:
        return (uint64_t)symlink(other, path);
    case 5:
        return (uint64_t)CALL(renameat2, AT_FDCWD, path, AT_FDCWD, other,
                              a % 8 == 0 ? 2 : a % 8 == 1);
    case 6:
        return (uint64_t)CALL(renameat2, AT_FDCWD, path, AT_FDCWD, other, 0);
    case 7:
        result = (int)readlink(path, text, sizeof(text));
        return mix_bytes((uint64_t)result, text, sizeof(text));
    case 8:
        result = a & 1 ? stat(path, &status) : lstat(path, &status);
        return of_stat(result, &status);
    case 9:
        return (uint64_t)chdir(path);
    case 10:
        return getcwd(text, sizeof(text)) ? mix_bytes(0, text, strlen(text)) : UINT64_MAX;
    case 11:
        return (uint64_t)chmod(path, a & 07777);
    case 12:
        return (uint64_t)access(path, (int)(a % 8));
    case 13:
        return of_directory(path);
    case 14:
        return (uint64_t)truncate(path, a % BYTES);
    case 15:
        return (uint64_t)mknod(path, (a & 1 ? S_IFIFO : S_IFREG) | (a >> 1 & 0777), 0);
    case 16:
        return (uint64_t)umask(a & 0777);
    case 17:
        result = statfs(path, &system);
        return of_statfs(result, &system);
    default:
        return (uint64_t)chown(path, a % 3 ? (uid_t)-1 : USER, a % 2 ? USER : 0);
    }
}

enum { NAME_KINDS = 19, FILE_KINDS = 14 };

/* What it does with an open file. */
static uint64_t on_file(const struct operation *operation, int *slot)
{
    static char read_bytes[BYTES];
    struct stat status;
    int file = *slot, other = files[operation->b % SLOTS], result;
    unsigned a = operation->a, b = operation->b;
    long count;
    switch (operation->kind - NAME_KINDS) {
    case 0:
        *slot = -1;
        return (uint64_t)close(file);
    case 1:
    case 2:
        count = operation->kind & 1 ? read(file, read_bytes, a % BYTES)
                                    : pread(file, read_bytes, a % BYTES, b % (2 * BYTES));
        return mix_bytes((uint64_t)count, read_bytes, count > 0 ? (size_t)count : 0);
    case 3:
        return (uint64_t)write(file, bytes + b % 26, a % (BYTES - 26));
    case 4:
        return (uint64_t)pwrite(file, bytes + b % 26, a % (BYTES - 26), b % (3 * BYTES));
    case 5:
        return (uint64_t)lseek(file, (long)(a % (2 * BYTES)) - 100, (int)(b % 3));
    case 6:
        return (uint64_t)ftruncate(file, a % (2 * BYTES));
    case 7:
        return (uint64_t)CALL(fallocate, file, b % 4, (long)(a % BYTES),
                              (long)(operation->c % BYTES));
    case 8:
        result = fstat(file, &status);
        return of_stat(result, &status);
    case 9:
        return (uint64_t)lock(file, operation);
    case 10:
        return (uint64_t)map_and_write(file, a % (4 * PAGE));
    case 11:
        return (uint64_t)copy(file, other, operation);
    case 12:
        return (uint64_t)linkat(file, "", AT_FDCWD, operation->path, AT_EMPTY_PATH);
    default:
        return a & 1 ? (uint64_t)fchdir(file) : (uint64_t)fchmod(file, b & 0777);
    }
}

static uint64_t perform(const struct operation *operation)
{
    int *slot = &files[operation->c % SLOTS];
    bool links = operation->kind == 3 || operation->kind == NAME_KINDS + 12;
    if (links && geteuid()) /* whether others' files may be linked is a setting of Linux */
        return 0;
    errno = 0;
    uint64_t result = operation->kind < NAME_KINDS ? on_names(operation)
                      : operation->kind < NAME_KINDS + FILE_KINDS
                          ? on_file(operation, slot)
                          : (uint64_t)open_it(operation, slot);
    return mix(result, (uint64_t)errno);
}

/* --- Processes -------------------------------------------------------------------------------- */

struct worker {
    int orders, answers;
};

static void work(int orders, int answers, int number)
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
    while (read(orders, &operation, sizeof(operation)) == sizeof(operation)) {
        uint64_t result = perform(&operation);
        if (write(answers, &result, sizeof(result)) != sizeof(result))
            break;
    }
    _exit(0);
}

static int start_worker(struct worker *worker, int number)
{
    int orders[2], answers[2];
    if (pipe2(orders, O_CLOEXEC) < 0 || pipe2(answers, O_CLOEXEC) < 0)
        return 0;
    pid_t child = fork();
    if (child == 0) {
        close(orders[1]);
        work(orders[0], answers[1], number);
    }
    close(orders[0]);
    close(answers[1]);
    *worker = (struct worker){orders[1], answers[0]};
    return child > 0;
}

static struct operation choose(void)
{
    struct operation operation = {0};
    unsigned kind = next() % (NAME_KINDS + FILE_KINDS + 8);
    operation.kind = kind;
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
    alarm(0);
    for (int i = 0; i < BYTES; i++)
        bytes[i] = (char)('a' + i % 26);
    if (!enter_tmpfs("size=128k,nr_inodes=40,mode=777"))
        return;
    for (int i = 0; i < PROCESSES; i++)
        EXPECT(start_worker(&workers[i], i));
    for (int i = 0; i < steps; i++) {
        struct operation operation = choose();
        struct worker *worker = &workers[next() % PROCESSES];
        EXPECT_EQ(write(worker->orders, &operation, sizeof(operation)), sizeof(operation));
        EXPECT_EQ(read(worker->answers, &result, sizeof(result)), sizeof(result));
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
