/*
 * two-trees STEPS SEED A B: does STEPS random operations in each of two directories, which have the
 * same files, and compares the results, and then all files. It prints `agree`, or what differs. One
 * directory may be on a disk, and the other one in memory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TREES = 2, PATH = 64, LONGEST = 40000, PIECE = 3000, NAMES_MAX = 64 };

static uint64_t state;
static char bytes[LONGEST + PIECE];

static uint32_t next(void)
{
    state = state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(state >> 32);
}

static uint64_t mix(uint64_t sum, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ ((const uint8_t *)from)[i]) * 0x100000001b3;
    return sum;
}

/* --- What can be seen of a file --------------------------------------------------------------- */

static uint64_t of_status(int tree, const char *path)
{
    struct stat status;
    if (fstatat(tree, path, &status, AT_SYMLINK_NOFOLLOW))
        return (uint64_t)errno;
    uint64_t seen[] = {status.st_mode,
                       status.st_nlink,
                       status.st_uid,
                       status.st_gid,
                       S_ISDIR(status.st_mode) ? 0 : (uint64_t)status.st_size,
                       S_ISREG(status.st_mode) ? (uint64_t)status.st_rdev : 0};
    return mix(1, seen, sizeof(seen));
}

static uint64_t of_content(int tree, const char *path)
{
    int file = openat(tree, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return (uint64_t)errno;
    long size = read(file, bytes, sizeof(bytes));
    int error = errno;
    close(file);
    return size < 0 ? (uint64_t)error : mix(2, bytes, (size_t)size);
}

static uint64_t of_link(int tree, const char *path)
{
    char target[PATH];
    long size = readlinkat(tree, path, target, sizeof(target));
    return size < 0 ? (uint64_t)errno : mix(3, target, (size_t)size);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The names in a directory, in order. Returns how many, or -errno. */
static int list(int tree, const char *path, char names[NAMES_MAX][PATH])
{
    int count = 0, file = openat(tree, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    DIR *directory = file < 0 ? NULL : fdopendir(file);
    if (!directory)
        return -errno;
    for (struct dirent *entry; (entry = readdir(directory)) && count < NAMES_MAX;)
        snprintf(names[count++], PATH, "%.*s", PATH - 1, entry->d_name);
    closedir(directory);
    qsort(names, (size_t)count, PATH, compare_names);
    return count;
}

static uint64_t of_names(int tree, const char *path)
{
    static char names[NAMES_MAX][PATH];
    memset(names, 0, sizeof(names));
    int count = list(tree, path, names);
    return count < 0 ? (uint64_t)-count : mix(4, names, sizeof(names));
}

/* --- An operation ----------------------------------------------------------------------------- */

struct operation {
    uint32_t kind, a, b;
    char path[PATH], other[PATH];
};

static void make_path(char *path)
{
    *path = '\0';
    for (unsigned i = 1 + next() % 3; i > 0; i--) {
        static const char *const names[] = {"a", "b", "c", "a long name that takes some room", "e"};
        if (strlen(path) < PATH - 40)
            strcat(path, names[next() % 5]);
        if (i > 1)
            strcat(path, "/");
    }
}

static uint64_t write_file(int tree, const struct operation *operation, int flags)
{
    int file = openat(tree, operation->path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | flags, 0644);
    if (file < 0)
        return (uint64_t)errno;
    size_t size = operation->a % PIECE;
    memset(bytes, (int)operation->b, size);
    long done = pwrite(file, bytes, size, operation->b % LONGEST);
    if (operation->a % 50 == 0)
        done += fsync(file);
    close(file);
    return (uint64_t)done;
}

static uint64_t cut(int tree, const struct operation *operation)
{
    int file = openat(tree, operation->path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return (uint64_t)errno;
    int result = ftruncate(file, operation->a % LONGEST);
    close(file);
    return (uint64_t)result;
}

static uint64_t error_of(int result)
{
    return result ? (uint64_t)errno : 0;
}

static uint64_t run(int tree, const struct operation *operation)
{
    const char *path = operation->path, *other = operation->other;
    switch (operation->kind % 18) {
    case 0:
    case 1:
    case 2:
        return write_file(tree, operation, O_CREAT);
    case 3:
        return write_file(tree, operation, O_TRUNC);
    case 4:
        return write_file(tree, operation, O_CREAT | O_EXCL);
    case 5:
        return cut(tree, operation);
    case 6:
        return error_of(unlinkat(tree, path, 0));
    case 7:
        return error_of(mkdirat(tree, path, 0755));
    case 8:
        return error_of(unlinkat(tree, path, AT_REMOVEDIR));
    case 9:
        return error_of(renameat(tree, path, tree, other));
    case 10:
        return error_of(linkat(tree, path, tree, other, 0));
    case 11:
        return error_of(symlinkat(other, tree, path));
    case 12:
        return error_of(fchmodat(tree, path, operation->a % 010000, 0));
    case 13:
        return error_of(fchownat(tree, path, operation->a % 9, operation->b, AT_SYMLINK_NOFOLLOW));
    case 14:
        return error_of(mknodat(tree, path, S_IFIFO | 0600, 0));
    case 15:
        return of_content(tree, path);
    case 16:
        return of_names(tree, path);
    }
    return of_status(tree, path);
}

/* --- All files -------------------------------------------------------------------------------- */

static int compare(const int trees[TREES], const char *path)
{
    char names[NAMES_MAX][PATH], below[4 * PATH];
    uint64_t seen[TREES];
    for (int i = 0; i < TREES; i++) {
        seen[i] = of_status(trees[i], path);
        seen[i] = seen[i] * 3 + of_content(trees[i], path);
        seen[i] = seen[i] * 3 + of_link(trees[i], path);
        seen[i] = seen[i] * 3 + of_names(trees[i], path);
    }
    if (seen[0] != seen[1]) {
        printf("%s differs\n", path);
        return 1;
    }
    int differ = 0;
    for (int i = list(trees[0], path, names) - 1; i >= 0 && strlen(path) < 2 * PATH; i--) {
        snprintf(below, sizeof(below), "%s/%s", path, names[i]);
        differ |=
            strcmp(names[i], ".") != 0 && strcmp(names[i], "..") != 0 && compare(trees, below);
    }
    return differ;
}

int main(int count, char **words)
{
    int trees[TREES], differ = 0;
    if (count != 3 + TREES)
        return 2;
    state = strtoull(words[2], NULL, 0);
    for (int i = 0; i < TREES; i++)
        trees[i] = open(words[3 + i], O_RDONLY | O_DIRECTORY);
    for (long i = strtol(words[1], NULL, 0); i > 0 && !differ; i--) {
        struct operation operation = {.kind = next(), .a = next(), .b = next()};
        make_path(operation.path);
        make_path(operation.other);
        uint64_t first = run(trees[0], &operation), second = run(trees[1], &operation);
        differ = first != second;
        if (differ)
            printf("%ld to go: %u %s %s: %lx and %lx\n", i, operation.kind % 18, operation.path,
                   operation.other, first, second);
    }
    differ |= compare(trees, ".");
    if (!differ)
        puts("agree");
    return differ;
}
