/*
 * When something runs out, the call fails, nothing is half done, and the program goes on once it
 * has given something back.
 */
#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include "support.h"

static void limit_descriptors(rlim_t limit)
{
    struct rlimit value = {limit, limit};
    setrlimit(RLIMIT_NOFILE, &value);
}

/* Opens until there is none left; the last one. */
static int use_up_descriptors(void)
{
    int last = -1;
    for (int file; (file = open("/dev/null", O_RDONLY)) >= 0;)
        last = file;
    return last;
}

TEST(exhaustion, descriptors)
{
    enum { LIMIT = 20 };
    int ends[2] = {-7, -7};
    limit_descriptors(LIMIT);
    EXPECT_EQ(use_up_descriptors(), LIMIT - 1);
    EXPECT_ERROR(open(".", O_RDONLY), EMFILE);
    EXPECT_ERROR(dup(0), EMFILE);
    EXPECT_ERROR(fcntl(0, F_DUPFD, 5), EMFILE);
    EXPECT_ERROR(fcntl(0, F_DUPFD, LIMIT), EINVAL);
    EXPECT_ERROR(dup2(0, LIMIT), EBADF);
    EXPECT_ERROR(pipe(ends), EMFILE);
    EXPECT_EQ(dup2(0, LIMIT - 1), LIMIT - 1); /* in another one's place */
    EXPECT_OK(close(7));
    EXPECT_ERROR(pipe(ends), EMFILE); /* there is room for one end */
    EXPECT_EQ(ends[0], -7);
    EXPECT_EQ(open(".", O_RDONLY), 7); /* and there still is */
    EXPECT_OK(close(7));
    EXPECT_OK(close(8));
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(ends[0] + ends[1], 15);
}

/* A file is not made when there is no descriptor for it. */
TEST(exhaustion, no_descriptor_no_file)
{
    limit_descriptors(10);
    use_up_descriptors();
    EXPECT_ERROR(open("a", O_WRONLY | O_CREAT, 0644), EMFILE);
    EXPECT_ERROR(access("a", F_OK), ENOENT);
}

TEST(exhaustion, a_pipe_is_full)
{
    static char bytes[PAGE];
    int ends[2];
    long total = 0, size;
    EXPECT_OK(pipe2(ends, O_NONBLOCK));
    while ((size = write(ends[1], bytes, sizeof(bytes))) > 0)
        total += size;
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(total, 65536);
    EXPECT_EQ(read(ends[0], bytes, sizeof(bytes)), PAGE);
    EXPECT_EQ(write(ends[1], bytes, sizeof(bytes)), PAGE);
    EXPECT_ERROR(write(ends[1], bytes, 1), EAGAIN);
}

static void fill_pipes(void)
{
    static char bytes[65536];
    int ends[2], status = 0;
    for (int i = 0; i < 12; i++) {
        if (pipe2(ends, O_NONBLOCK) < 0 || write(ends[1], bytes, sizeof(bytes)) != sizeof(bytes))
            status = 1;
    }
    _exit(status);
}

/* The memory of full pipes is given back with the last descriptor. */
TEST(exhaustion, full_pipes_are_given_back)
{
    for (int i = 0; i < 200; i++) /* 150 MiB, all in all */
        EXPECT_EQ(status_of(fill_pipes), 0);
}

enum { MUCH = 200 << 20 }; /* bytes, more than a machine of 128 MiB has */

/* Ends well when a call says that memory is out, or when there is so much of it. */
static void take_all_memory_by_pipes(void)
{
    static char bytes[65536];
    int ends[2];
    long status = 0;
    limit_descriptors(4096);
    for (size_t taken = 0; status >= 0 && taken < MUCH / 2; taken += sizeof(bytes)) {
        status = pipe2(ends, O_NONBLOCK);
        if (status == 0)
            status = write(ends[1], bytes, sizeof(bytes));
    }
    _exit(status < 0 && errno != ENOMEM);
}

static void take_all_memory(void)
{
    char *memory = mmap(NULL, MUCH / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *more = mmap(NULL, MUCH / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || more == MAP_FAILED)
        _exit(1);
    for (size_t at = 0; at < MUCH / 2; at += PAGE)
        memory[at] = more[at] = 1;
    _exit(0);
}

/* A process that takes all memory is killed, or has not got it all; others go on. */
TEST(exhaustion, memory)
{
    for (int i = 0; i < 3; i++) {
        int status = status_of(take_all_memory);
        EXPECT(status == 0 || status == SIGKILL);
        status = status_of(take_all_memory_by_pipes);
        EXPECT(status == 0 || status == SIGKILL);
    }
    char *memory = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    EXPECT(memory != MAP_FAILED);
    memset(memory, 1, 16 << 20);
}

TEST(exhaustion, addresses)
{
    const size_t half = (size_t)1 << 46;
    char *first = mmap(NULL, half, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    EXPECT(first != MAP_FAILED);
    EXPECT_ERROR(mmap(NULL, half, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
                 ENOMEM);
    EXPECT_ERROR(mmap(NULL, (size_t)1 << 47, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                 ENOMEM);
    EXPECT_OK(munmap(first, half));
    first = mmap(NULL, half, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    EXPECT(first != MAP_FAILED);
    EXPECT_OK(munmap(first, half));
}

/* --- Processes ------------------------------------------------------------------------------- */

/* A user without processes. Those of an earlier run may still be there as zombies. */
static uid_t new_user(void)
{
    return 1000000 + (uid_t)getpid();
}

/* Becomes such a user, with a limit of so many processes. */
static int become_limited_user(rlim_t processes)
{
    struct rlimit value = {processes, processes};
    return setrlimit(RLIMIT_NPROC, &value) < 0 ? -1 : setresuid(new_user(), new_user(), new_user());
}

/* A child that ends when it is killed, or when the test is over. */
static pid_t start_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        pause();
        _exit(0);
    }
    return child;
}

TEST(exhaustion, processes)
{
    NEEDS_ROOT();
    EXPECT_OK(become_limited_user(3));
    pid_t first = start_child();
    EXPECT(first > 0 && start_child() > 0);
    EXPECT_ERROR(fork(), EAGAIN);
    EXPECT_ERROR(vfork(), EAGAIN);
    EXPECT_OK(kill(first, SIGKILL));
    siginfo_t info;
    EXPECT_OK(waitid(P_PID, (id_t)first, &info, WEXITED | WNOWAIT));
    EXPECT_ERROR(fork(), EAGAIN); /* the zombie counts */
    EXPECT_EQ(waitpid(first, NULL, 0), first);
    EXPECT(start_child() > 0);
    EXPECT_ERROR(fork(), EAGAIN);
}

static int sleeping_thread(void *argument)
{
    (void)argument;
    pause();
    return 0;
}

static long start_thread(void)
{
    enum { SIZE = 16 * PAGE };
    char *stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return clone(sleeping_thread, stack + SIZE,
                 CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, NULL);
}

TEST(exhaustion, threads)
{
    NEEDS_ROOT();
    EXPECT_OK(become_limited_user(3));
    EXPECT(start_thread() > 0 && start_thread() > 0);
    EXPECT_ERROR(start_thread(), EAGAIN);
    EXPECT_ERROR(fork(), EAGAIN);
}

/* Threads that never return have one stack: what each writes there, the others write, too. */
static long start_sleeping_thread(void)
{
    static char stack[PAGE] __attribute__((aligned(16)));
    return clone(sleeping_thread, stack + sizeof(stack),
                 CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, NULL);
}

/* Kernel stacks may take an eighth of the memory (/proc/sys/kernel/threads-max). */
static void take_all_threads(void)
{
    enum { KERNEL_STACK = 16384, MOST = 2000 };
    struct sysinfo info;
    sysinfo(&info);
    unsigned long threads = info.totalram * info.mem_unit / KERNEL_STACK / 8;
    long thread = 0;
    for (unsigned long i = 0; thread >= 0 && i < threads && i < MOST; i++)
        thread = start_sleeping_thread();
    _exit(thread < 0 ? errno != EAGAIN : threads <= MOST);
}

/* Later calls find their part of the stack there: where it begins is random, so any of them could
 * be the first in a page. */
static void touch_stack(void)
{
    volatile char bytes[4 * PAGE];
    for (size_t i = 0; i < sizeof(bytes); i += PAGE)
        bytes[i] = 1;
}

/* Where there is not so much memory that pipes cannot take it: a few threads get the frames of the
 * first pipe, then there are none for the next one's kernel stack. */
static void take_all_kernel_stacks(void)
{
    static char bytes[65536];
    int first[2], ends[2];
    limit_descriptors(8192);
    touch_stack();
    long status = start_sleeping_thread() > 0 ? pipe2(first, O_NONBLOCK) : -1;
    if (status < 0 || write(first[1], bytes, sizeof(bytes)) != sizeof(bytes))
        _exit(1);
    for (size_t taken = 0; status >= 0 && taken < MUCH; taken += sizeof(bytes)) {
        status = pipe2(ends, O_NONBLOCK);
        if (status == 0)
            status = write(ends[1], bytes, sizeof(bytes));
    }
    if (status >= 0)
        _exit(0);
    close(first[0]);
    close(first[1]);
    while (start_sleeping_thread() > 0)
        continue;
    _exit(errno != ENOMEM || fork() >= 0 || errno != ENOMEM);
}

TEST(exhaustion, kernel_stacks)
{
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(status_of(take_all_threads), 0);
        EXPECT_EQ(status_of(take_all_kernel_stacks), 0);
    }
    EXPECT(start_thread() > 0 && start_child() > 0);
}

/* Root's processes are not limited, whether the real or the effective user is root. */
TEST(exhaustion, processes_of_root)
{
    NEEDS_ROOT();
    struct rlimit one = {1, 1};
    EXPECT_OK(setrlimit(RLIMIT_NPROC, &one));
    EXPECT(start_child() > 0 && start_child() > 0);
    EXPECT_OK(setresuid(new_user(), 0, 0));
    EXPECT(start_child() > 0 && start_child() > 0);
}

/* The first exec after a change of the user says that there were too many, not the change. */
TEST(exhaustion, an_exec_of_another_user)
{
    NEEDS_ROOT();
    char *const arguments[] = {"nothing", NULL};
    struct rlimit value = {0, 2};
    EXPECT_OK(setresuid(new_user(), 0, 0));
    EXPECT(start_child() > 0);
    EXPECT_OK(setresuid(0, 0, 0));
    EXPECT_OK(setrlimit(RLIMIT_NPROC, &value));
    EXPECT_OK(setresuid(new_user(), 0, 0));
    EXPECT_ERROR(execv("/nothing", arguments), EAGAIN);
    value = (struct rlimit){2, 2};
    EXPECT_OK(setrlimit(RLIMIT_NPROC, &value));
    EXPECT_ERROR(execv("/nothing", arguments), ENOENT);
}
