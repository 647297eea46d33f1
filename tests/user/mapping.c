/*
 * Mappings of memory and of files, and the calls that drop their pages and look at them. Moving one
 * is in remapping.c, locks and limits are in memory_limits.c.
 */
#include "mapping_support.h"

/* --- mmap ------------------------------------------------------------------------------------ */

TEST(mapping, flags_that_do_not_go_together)
{
    make_pages("a", 1);
    int file = open("a", O_RDWR);
    EXPECT_ERROR(mmap(NULL, PAGE, DATA, MAP_ANONYMOUS | MAP_SHARED_VALIDATE, -1, 0), EINVAL);
    EXPECT_ERROR(mmap(NULL, PAGE, DATA, MAP_ANONYMOUS | MAP_SHARED | MAP_GROWSDOWN, -1, 0), EINVAL);
    EXPECT_ERROR(mmap(NULL, PAGE, DATA, MAP_PRIVATE | MAP_GROWSDOWN, file, 0), EINVAL);
    EXPECT_ERROR(mmap(NULL, PAGE, DATA, MAP_SHARED_VALIDATE | 0x1000000, file, 0), EOPNOTSUPP);
    EXPECT(mmap(NULL, PAGE, DATA, MAP_SHARED_VALIDATE, file, 0) != MAP_FAILED);
    EXPECT(mmap(NULL, PAGE, DATA, MAP_PRIVATE | MAP_DENYWRITE | MAP_STACK, file, 0) != MAP_FAILED);
    EXPECT_ERROR(CALL(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE, file, -1L * PAGE), EOVERFLOW);
    EXPECT_ERROR(CALL(mmap, NULL, 0, PROT_READ, MAP_PRIVATE, 77, 0), EBADF);
    EXPECT_ERROR(CALL(mprotect, map(1, DATA), PAGE, 0x40), EINVAL);
}

/* More than there is of memory and swap; no machine of the tests has 64 TiB. */
TEST(mapping, one_request_for_more_than_there_is)
{
    const size_t much = (size_t)1 << 46;
    EXPECT_ERROR(mmap(NULL, much, DATA, ANONYMOUS, -1, 0), ENOMEM);
    EXPECT_ERROR(mmap(NULL, much, DATA, MAP_SHARED | MAP_ANONYMOUS, -1, 0), ENOMEM);
    char *memory = mmap(NULL, much, PROT_NONE, ANONYMOUS, -1, 0);
    EXPECT(memory != MAP_FAILED);
    EXPECT_ERROR(mprotect(memory, much, DATA), ENOMEM);
    EXPECT_OK(mprotect(memory, PAGE, DATA));
    EXPECT_OK(munmap(memory, much));
    memory = mmap(NULL, much, DATA, ANONYMOUS | MAP_NORESERVE, -1, 0);
    EXPECT(memory != MAP_FAILED);
    memory[much / 2] = 'x';
}

TEST(mapping, populated)
{
    unsigned char there[4];
    char *memory = mmap(NULL, 4 * PAGE, DATA, ANONYMOUS | MAP_POPULATE, -1, 0);
    EXPECT_OK(mincore(memory, 4 * PAGE, there));
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(there[i] & 1, 1);
    memory = map(4, DATA);
    EXPECT_OK(madvise(memory + PAGE, PAGE, 23 /* MADV_POPULATE_WRITE */));
    EXPECT_OK(mincore(memory, 4 * PAGE, there));
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(there[i] & 1, i == 1);
}

TEST(mapping, an_area_that_grows_down)
{
    char *memory = map(600, PROT_NONE);
    EXPECT_OK(munmap(memory, 600 * PAGE));
    char *top = mmap(memory + 599 * PAGE, PAGE, DATA, ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
    EXPECT_EQ(top, memory + 599 * PAGE);
    for (int i = 1; i < 100; i++)
        top[-i * PAGE] = 'x';
    EXPECT_EQ(top[-99 * PAGE], 'x');
    EXPECT_OK(mprotect(top, PAGE, PROT_READ | PROT_GROWSDOWN));
    EXPECT_ERROR(CALL(read, open("/dev/zero", O_RDONLY), top - 5 * PAGE, 1), EFAULT);
    EXPECT_ERROR(mprotect(map(1, DATA), PAGE, PROT_READ | PROT_GROWSDOWN), EINVAL);
}

static void below_a_neighbour(void)
{
    char *memory = map(600, DATA);
    char *top = mmap(memory + 599 * PAGE, PAGE, DATA, ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
    munmap(memory + 400 * PAGE, 199 * PAGE);
    for (int i = 1; i < 199; i++)
        top[-i * PAGE] = 'x';
}

/* 256 pages stay free between it and what can be accessed. */
TEST(mapping, an_area_that_grows_down_keeps_its_distance)
{
    EXPECT_EQ(status_of(below_a_neighbour), SIGSEGV);
}

TEST(mapping, the_first_two_gibibytes)
{
    const size_t length = (size_t)600 << 20, end = (size_t)1 << 31;
    const int flags = ANONYMOUS | MAP_NORESERVE | 0x40; /* MAP_32BIT */
    char *first = mmap(NULL, length, PROT_NONE, flags, -1, 0);
    EXPECT(first != MAP_FAILED && (size_t)first + length <= end);
    EXPECT((size_t)first >= (size_t)1 << 30);
    EXPECT_ERROR(mmap(NULL, length, PROT_NONE, flags, -1, 0), ENOMEM);
    EXPECT_ERROR(mmap(NULL, end, PROT_NONE, flags, -1, 0), ENOMEM);
    EXPECT_OK(munmap(first, length));
    char *hint = (char *)((size_t)1 << 29);
    EXPECT_EQ(mmap(hint, PAGE, PROT_NONE, flags, -1, 0), hint);
    char *high = (char *)((size_t)1 << 32);
    char *other = mmap(high, PAGE, PROT_NONE, flags, -1, 0);
    EXPECT(other != MAP_FAILED && (size_t)other < end);
    EXPECT_EQ(mmap(high, PAGE, PROT_NONE, flags | MAP_FIXED, -1, 0), high);
}

/* A process without any memory ends by a fault, however large what it gives back. */
TEST(mapping, all_is_unmapped)
{
    for (int bits = 47; bits >= 40; bits--) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            size_t size = ((size_t)1 << bits) - 0x10000;
            CALL(munmap, 0, size);
            CALL(munmap, (unsigned long)&test_print & ~4095ul, size);
            _exit(1);
        }
        EXPECT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status & 0x7f, SIGSEGV);
    }
}

/* --- Files ----------------------------------------------------------------------------------- */

static char *looked_at;

static void look(void)
{
    _exit(*(volatile char *)looked_at);
}

static int status_of_read(char *address)
{
    looked_at = address;
    return status_of(look);
}

TEST(mapping, a_file_that_becomes_shorter)
{
    make_pages("a", 3);
    char *shared = map_file("a", 3, DATA, MAP_SHARED),
         *private = map_file("a", 3, DATA, MAP_PRIVATE);
    EXPECT_EQ(shared[2 * PAGE], 'c');
    private[0] = 'x';
    private[2 * PAGE] = 'y';
    EXPECT_OK(truncate("a", PAGE + 100));
    EXPECT_EQ(status_of_read(shared + 2 * PAGE), SIGBUS);
    EXPECT_EQ(status_of_read(private + 2 * PAGE), SIGBUS); /* although it is a copy */
    EXPECT_EQ(shared[PAGE + 99], 'b');
    EXPECT_EQ(shared[PAGE + 100], 0);
    EXPECT_EQ(private[0], 'x');
    EXPECT_OK(truncate("a", 3 * PAGE));
    EXPECT_EQ(shared[PAGE + 100], 0);
    EXPECT_EQ(shared[2 * PAGE], 0);
    EXPECT_EQ(private[2 * PAGE], 0);
    EXPECT_EQ(private[0], 'x');
    EXPECT_OK(truncate("a", 0));
    EXPECT_EQ(status_of_read(private), SIGBUS);
}

TEST(mapping, a_file_that_becomes_longer)
{
    make_pages("a", 1);
    char *shared = map_file("a", 3, DATA, MAP_SHARED);
    EXPECT_EQ(status_of_read(shared + PAGE), SIGBUS);
    int file = open("a", O_RDWR | O_APPEND);
    EXPECT_EQ(write(file, "z", 1), 1);
    EXPECT_EQ(shared[PAGE], 'z');
    EXPECT_EQ(shared[PAGE + 1], 0);
    EXPECT_EQ(status_of_read(shared + 2 * PAGE), SIGBUS);
}

/* Pages of a private mapping that were not written to show the file as it is now. */
TEST(mapping, reads_writes_and_mappings_agree)
{
    make_pages("a", 2);
    char *shared = map_file("a", 2, DATA, MAP_SHARED),
         *private = map_file("a", 2, DATA, MAP_PRIVATE);
    int file = open("a", O_RDWR);
    EXPECT_EQ(private[5], 'a');
    EXPECT_EQ(pwrite(file, "12", 2, 5), 2);
    EXPECT_EQ(shared[5], '1');
    EXPECT_EQ(private[6], '2');
    shared[PAGE - 1] = '3';
    char two[2];
    EXPECT_EQ(pread(file, two, 2, PAGE - 1), 2);
    EXPECT_EQ(two[0], '3');
    EXPECT_EQ(two[1], 'b');
    EXPECT_EQ(private[PAGE - 1], '3');
    private[PAGE - 1] = '4';
    EXPECT_EQ(pread(file, two, 1, PAGE - 1), 1);
    EXPECT_EQ(two[0], '3');
    EXPECT_EQ(pwrite(file, shared, PAGE, PAGE), PAGE); /* from one page of the file to another */
    EXPECT_EQ(shared[PAGE + 5], '1');
}

/* --- Memory that is shared by a name, or by a descriptor alone -------------------------------- */

TEST(mapping, shm_open)
{
    int file = shm_open("/cairn-test", O_RDWR | O_CREAT | O_EXCL, 0600);
    EXPECT(file >= 0);
    EXPECT_OK(ftruncate(file, 2 * PAGE));
    char *memory = mmap(NULL, 2 * PAGE, DATA, MAP_SHARED, file, 0);
    pid_t child = fork();
    if (child == 0) {
        char *own = mmap(NULL, PAGE, DATA, MAP_SHARED, shm_open("/cairn-test", O_RDWR, 0), PAGE);
        own[0] = 'c';
        _exit(0);
    }
    EXPECT_EQ(waitpid(child, NULL, 0), child);
    EXPECT_EQ(memory[PAGE], 'c');
    EXPECT_OK(shm_unlink("/cairn-test"));
    EXPECT_ERROR(shm_open("/cairn-test", O_RDWR, 0), ENOENT);
    EXPECT_EQ(memory[PAGE], 'c');
}

TEST(mapping, memfd_create)
{
    char name[300];
    memset(name, 'n', sizeof(name));
    name[250] = '\0';
    EXPECT_ERROR(CALL(memfd_create, name, 0), EINVAL);
    name[249] = '\0';
    EXPECT_OK(CALL(memfd_create, name, 0));
    EXPECT_ERROR(CALL(memfd_create, "a", 0x100), EINVAL);
    EXPECT_ERROR(CALL(memfd_create, 8, 0), EFAULT);
    int file = memfd_create("a", MFD_CLOEXEC);
    EXPECT(file >= 0);
    EXPECT_EQ(fcntl(file, F_GETFD), FD_CLOEXEC);
    EXPECT_OK(ftruncate(file, PAGE));
    char *memory = mmap(NULL, PAGE, DATA, MAP_SHARED, file, 0);
    memory[0] = 'm';
    char byte, path[32], target[64] = "";
    EXPECT_EQ(pread(file, &byte, 1, 0), 1);
    EXPECT_EQ(byte, 'm');
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    EXPECT(readlink(path, target, sizeof(target) - 1) > 0);
    EXPECT_EQ(strcmp(target, "/memfd:a (deleted)"), 0);
    struct stat status;
    EXPECT_OK(fstat(file, &status));
    EXPECT_EQ(status.st_nlink, 0);
    EXPECT_EQ(status.st_mode, S_IFREG | 0777);
}

/* --- What /proc tells ------------------------------------------------------------------------ */

/* The line of the file that begins with `start`, or contains `part`. */
static bool find_line(const char *path, const char *start, const char *part, char line[512])
{
    FILE *file = fopen(path, "r");
    bool found = false;
    while (file && !found && fgets(line, 512, file))
        found = strncmp(line, start, strlen(start)) == 0 && strstr(line, part);
    if (file)
        fclose(file);
    return found;
}

TEST(mapping, proc_maps)
{
    char start[64], line[512], path[600];
    make_pages("a", 3);
    char *memory = map_file("a", 3, PROT_READ, MAP_SHARED);
    mprotect(memory + PAGE, PAGE, PROT_NONE);
    snprintf(start, sizeof(start), "%lx-%lx r--s 00000000 ", (long)memory, (long)memory + PAGE);
    EXPECT(find_line("/proc/self/maps", start, "", line));
    snprintf(start, sizeof(start), "%lx-%lx ---s 00001000 ", (long)memory + PAGE,
             (long)memory + 2 * PAGE);
    EXPECT(find_line("/proc/self/maps", start, "", line));
    EXPECT(getcwd(path, 500) != NULL);
    strcat(path, "/a\n");
    EXPECT_EQ(strcmp(line + 73, path), 0);
    EXPECT(find_line("/proc/self/maps", "", "[stack]\n", line));
}

TEST(mapping, proc_smaps_and_statm)
{
    char line[512];
    unsigned long before[7], after[7];
    FILE *file = fopen("/proc/self/statm", "r");
    EXPECT_EQ(fscanf(file, "%lu %lu", &before[0], &before[1]), 2);
    fclose(file);
    char *memory = map(100, DATA);
    memset(memory, 'x', 50 * PAGE);
    file = fopen("/proc/self/statm", "r");
    EXPECT_EQ(fscanf(file, "%lu %lu", &after[0], &after[1]), 2);
    fclose(file);
    EXPECT(after[0] >= before[0] + 100);
    EXPECT(after[1] >= before[1] + 50);
    EXPECT(find_line("/proc/self/smaps", "Rss:", "", line));
    EXPECT(find_line("/proc/self/smaps", "Private_Dirty:", "", line));
}

TEST(mapping, oom_score_adj)
{
    NEEDS_ROOT();
    char line[512];
    EXPECT(find_line("/proc/self/oom_score_adj", "0", "", line));
    int file = open("/proc/self/oom_score_adj", O_RDWR);
    EXPECT_EQ(write(file, "500\n", 4), 4);
    EXPECT_ERROR(write(file, "1001", 4), EINVAL);
    EXPECT_ERROR(write(file, "many", 4), EINVAL);
    EXPECT(find_line("/proc/self/oom_score_adj", "500\n", "", line));
    EXPECT(find_line("/proc/self/oom_score", "", "", line));
    int score = atoi(line);
    EXPECT(score > 900 && score < 1334);
    pid_t child = fork();
    if (child == 0)
        _exit(!find_line("/proc/self/oom_score_adj", "500\n", "", line));
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_OK(setuid(1000));
    EXPECT_ERROR(write(file, "-1", 2), EACCES);
    EXPECT_EQ(write(file, "600", 3), 3);
}

/* --- madvise --------------------------------------------------------------------------------- */

TEST(mapping, madvise_refuses)
{
    char *memory = map(3, DATA);
    EXPECT_OK(munmap(memory + PAGE, PAGE));
    EXPECT_ERROR(CALL(madvise, memory, PAGE, 9999), EINVAL);
    EXPECT_ERROR(CALL(madvise, memory, -2L * PAGE, MADV_NORMAL), EINVAL);
    EXPECT_OK(CALL(madvise, memory, 0, MADV_DONTNEED));
    EXPECT_ERROR(CALL(madvise, memory, 3 * PAGE, MADV_WILLNEED), ENOMEM);
    memory[2 * PAGE] = 'x';
    EXPECT_ERROR(CALL(madvise, memory, 3 * PAGE, MADV_DONTNEED), ENOMEM);
    EXPECT_EQ(memory[2 * PAGE], 0); /* all the same */
    make_pages("a", 1);
    EXPECT_ERROR(madvise(map_file("a", 1, DATA, MAP_SHARED), PAGE, MADV_WIPEONFORK), EINVAL);
    EXPECT_ERROR(madvise(map_file("a", 1, DATA, MAP_SHARED), PAGE, MADV_FREE), EINVAL);
}

TEST(mapping, dontneed_of_files)
{
    make_pages("a", 2);
    char *private = map_file("a", 2, DATA, MAP_PRIVATE);
    char *shared = map_file("a", 2, DATA, MAP_SHARED);
    private[0] = 'x';
    shared[PAGE] = 'y';
    EXPECT_OK(madvise(private, 2 * PAGE, MADV_DONTNEED));
    EXPECT_OK(madvise(shared, 2 * PAGE, MADV_DONTNEED));
    EXPECT_EQ(private[0], 'a');
    EXPECT_EQ(private[PAGE], 'y');
    EXPECT_EQ(shared[PAGE], 'y');
}

TEST(mapping, what_a_fork_does_not_copy)
{
    char *memory = map(3, DATA);
    memset(memory, 'p', 3 * PAGE);
    EXPECT_OK(madvise(memory, PAGE, MADV_DONTFORK));
    EXPECT_OK(madvise(memory + PAGE, PAGE, MADV_WIPEONFORK));
    pid_t child = fork();
    if (child == 0) {
        unsigned char there[3];
        bool right = mincore(memory, PAGE, there) == -1 && errno == ENOMEM;
        _exit(!(right && memory[PAGE] == 0 && memory[2 * PAGE] == 'p'));
    }
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(memory[0], 'p');
    EXPECT_EQ(memory[PAGE], 'p');
    EXPECT_OK(madvise(memory, PAGE, MADV_DOFORK));
    EXPECT_OK(madvise(memory + PAGE, PAGE, MADV_KEEPONFORK));
    child = fork();
    if (child == 0)
        _exit(!(memory[0] == 'p' && memory[PAGE] == 'p'));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

/* --- msync, mincore -------------------------------------------------------------------------- */

TEST(mapping, msync_refuses)
{
    char *memory = map(3, DATA);
    EXPECT_OK(msync(memory, 3 * PAGE, MS_SYNC));
    EXPECT_OK(msync(memory, 3 * PAGE, MS_ASYNC | MS_INVALIDATE));
    EXPECT_OK(msync(memory, 0, MS_SYNC));
    EXPECT_ERROR(msync(memory, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
    EXPECT_ERROR(msync(memory, PAGE, 0x100), EINVAL);
    EXPECT_ERROR(msync(memory + 1, PAGE, MS_SYNC), EINVAL);
    EXPECT_ERROR(CALL(msync, memory, -2L * PAGE, MS_SYNC), ENOMEM);
    EXPECT_OK(munmap(memory + PAGE, PAGE));
    EXPECT_ERROR(msync(memory, 3 * PAGE, MS_SYNC), ENOMEM);
    EXPECT_OK(mlock(memory, PAGE));
    EXPECT_ERROR(msync(memory, PAGE, MS_INVALIDATE), EBUSY);
    EXPECT_OK(mlock(memory + 2 * PAGE, PAGE)); /* behind the hole */
    EXPECT_ERROR(msync(memory + PAGE, PAGE, MS_INVALIDATE), ENOMEM);
    EXPECT_ERROR(msync(memory + PAGE, 2 * PAGE, MS_INVALIDATE), EBUSY);
}

TEST(mapping, mincore)
{
    char *memory = map(3, DATA);
    unsigned char there[3];
    memory[PAGE] = 'x';
    EXPECT_OK(mincore(memory, 3 * PAGE, there));
    EXPECT_EQ(there[0] & 1, 0);
    EXPECT_EQ(there[1] & 1, 1);
    EXPECT_EQ(there[2] & 1, 0);
    EXPECT_ERROR(mincore(memory + 1, PAGE, there), EINVAL);
    EXPECT_ERROR(CALL(mincore, memory, -2L * PAGE, there), ENOMEM);
    EXPECT_ERROR(CALL(mincore, memory, PAGE, 0), EFAULT);
    make_pages("a", 3);
    EXPECT_OK(mincore(map_file("a", 3, PROT_READ, MAP_SHARED), 3 * PAGE, there));
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(there[i] & 1, 1);
    EXPECT_OK(munmap(memory + 2 * PAGE, PAGE));
    EXPECT_ERROR(mincore(memory, 3 * PAGE, there), ENOMEM);
}
