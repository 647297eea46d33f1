/* The processor time that calls and /proc report. */
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

#include "support.h"

enum { MILLISECOND = 1000 }; /* in microseconds */

struct used {
    long user, system; /* in microseconds */
};

static long microseconds(struct timeval time)
{
    return time.tv_sec * 1000000 + time.tv_usec;
}

static struct used used_by(int who)
{
    struct rusage usage = {0};
    getrusage(who, &usage);
    return (struct used){microseconds(usage.ru_utime), microseconds(usage.ru_stime)};
}

static long processor_time(void)
{
    struct timespec time = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* Takes so much processor time, nearly all of it in user mode. */
static void compute(long time)
{
    long end = processor_time() + time;
    do {
        for (volatile int i = 0; i < 1000000; i++) {
        }
    } while (processor_time() < end);
}

/* The same, nearly all of it in the kernel. */
static void call(long time)
{
    static char buffer[1 << 20];
    int zero = open("/dev/zero", O_RDONLY);
    long end = processor_time() + time;
    do {
        for (int i = 0; i < 10; i++)
            read(zero, buffer, sizeof(buffer));
    } while (processor_time() < end);
    close(zero);
}

static bool is_told_apart(void)
{
    struct used start = used_by(RUSAGE_SELF);
    compute(200 * MILLISECOND);
    struct used computed = used_by(RUSAGE_SELF);
    call(200 * MILLISECOND);
    struct used called = used_by(RUSAGE_SELF);
    return computed.user - start.user >= 120 * MILLISECOND &&
           computed.system - start.system <= 60 * MILLISECOND &&
           called.system - computed.system >= 120 * MILLISECOND &&
           called.user - computed.user <= 60 * MILLISECOND;
}

/* A machine that stands still makes the time look like more than was used: hence the tries. */
enum { TRIES = 10 };

TEST(accounting, tells_user_mode_from_the_kernel)
{
    bool told = false;
    for (int i = 0; i < TRIES && !told; i++)
        told = is_told_apart();
    EXPECT(told);
}

TEST(accounting, adds_up)
{
    compute(50 * MILLISECOND);
    long before = processor_time();
    struct used used = used_by(RUSAGE_SELF);
    long after = processor_time();
    EXPECT(used.user + used.system >= before - 10 * MILLISECOND);
    EXPECT(used.user + used.system <= after + 10 * MILLISECOND);
}

TEST(accounting, a_sleep_costs_nothing)
{
    struct used start = used_by(RUSAGE_SELF);
    pause_for(300);
    struct used end = used_by(RUSAGE_SELF);
    EXPECT(end.user - start.user <= 20 * MILLISECOND);
    EXPECT(end.system - start.system <= 100 * MILLISECOND);
}

TEST(accounting, of_children_that_have_ended)
{
    struct rusage usage;
    struct tms ticks;
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) {
            compute(100 * MILLISECOND);
            _exit(0);
        }
        waitpid(grandchild, NULL, 0);
        call(100 * MILLISECOND);
        _exit(0);
    }
    EXPECT_EQ(used_by(RUSAGE_CHILDREN).user, 0);
    EXPECT_EQ(wait4(child, NULL, 0, &usage), child);
    EXPECT(microseconds(usage.ru_utime) >= 60 * MILLISECOND);
    EXPECT(microseconds(usage.ru_stime) >= 60 * MILLISECOND);
    struct used children = used_by(RUSAGE_CHILDREN);
    /* The clock's rate may be measured anew between the two calls. */
    EXPECT(labs(children.user - microseconds(usage.ru_utime)) <= MILLISECOND);
    EXPECT(labs(children.system - microseconds(usage.ru_stime)) <= MILLISECOND);
    EXPECT(times(&ticks) > 0);
    EXPECT(ticks.tms_cutime >= 6 && ticks.tms_cstime >= 6);
    EXPECT(ticks.tms_utime <= 5);
}

/* --- /proc ----------------------------------------------------------------------------------- */

static void read_text(const char *path, char *text, size_t size)
{
    int file = open(path, O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, text, size - 1);
    text[length < 0 ? 0 : length] = '\0';
    close(file);
}

TEST(accounting, in_proc_of_a_process)
{
    char text[512];
    unsigned long user = 0, system = 0;
    for (int i = 0; i < TRIES && (user < 6 || system < 6); i++) {
        compute(100 * MILLISECOND);
        call(100 * MILLISECOND);
        read_text("/proc/self/stat", text, sizeof(text));
        const char *rest = strrchr(text, ')');
        EXPECT(rest);
        EXPECT_EQ(
            sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system),
            2);
    }
    EXPECT(user >= 6 && system >= 6); /* hundredths of a second */
}

struct cpu_line {
    unsigned long user, nice, system, idle;
};

static struct cpu_line read_stat(void)
{
    char text[256];
    struct cpu_line line = {0};
    read_text("/proc/stat", text, sizeof(text));
    sscanf(text, "cpu %lu %lu %lu %lu", &line.user, &line.nice, &line.system, &line.idle);
    return line;
}

TEST(accounting, in_proc_of_the_system)
{
    struct cpu_line start = read_stat(), end = start;
    for (int i = 0; i < TRIES && (end.user - start.user < 10 || end.system - start.system < 10);
         i++) {
        compute(200 * MILLISECOND);
        call(200 * MILLISECOND);
        end = read_stat();
    }
    EXPECT(end.user - start.user >= 10);
    EXPECT(end.system - start.system >= 10);
    pause_for(100);
    EXPECT(read_stat().idle >= end.idle);
}

TEST(accounting, in_proc_how_busy_the_system_is)
{
    char text[128];
    double one = -1, five = -1, fifteen = -1, up = -1, idle = -1;
    unsigned running = 0, all = 0;
    int last = 0;
    read_text("/proc/loadavg", text, sizeof(text));
    EXPECT_EQ(sscanf(text, "%lf %lf %lf %u/%u %d", &one, &five, &fifteen, &running, &all, &last),
              6);
    EXPECT(one >= 0 && five >= 0 && fifteen >= 0);
    EXPECT(running >= 1 && running <= all && last >= 1);
    read_text("/proc/uptime", text, sizeof(text));
    EXPECT_EQ(sscanf(text, "%lf %lf", &up, &idle), 2);
    EXPECT(up > 0 && idle >= 0);
}

/* The numbers of processes are below it. Only root sets it, and not to anything. */
TEST(accounting, in_proc_the_greatest_number)
{
    static const char *const wrong[] = {"300", "0", "-1", "4194305", "x"};
    char text[64];
    int limit = 0;
    read_text("/proc/sys/kernel/pid_max", text, sizeof(text));
    EXPECT_EQ(sscanf(text, "%d", &limit), 1);
    EXPECT(limit > 300 && limit <= 4194304);
    EXPECT(getpid() < limit);
    int file = open("/proc/sys/kernel/pid_max", O_WRONLY);
    if (file < 0)
        return;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        EXPECT_ERROR(write(file, wrong[i], strlen(wrong[i])), EINVAL);
    EXPECT_EQ(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    pid_t child = fork();
    if (child == 0)
        _exit(setuid(1000) || open("/proc/sys/kernel/pid_max", O_WRONLY) >= 0);
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

static int written; /* the end of a pipe */

static void write_a_byte(int signal)
{
    (void)signal;
    if (write(written, "x", 1) < 0)
        _exit(99);
}

static void burn(void)
{
    for (volatile unsigned long i = 0;; i++)
        ;
}

/* At the soft limit a signal comes, each second once more, and at the hard one the end. */
TEST(accounting, rlimit_cpu)
{
    struct rlimit limit = {1, 3};
    int ends[2], status;
    char bytes[10];
    EXPECT_OK(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        written = ends[1];
        signal(SIGXCPU, write_a_byte);
        if (setrlimit(RLIMIT_CPU, &limit) == 0)
            burn();
        _exit(98);
    }
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status & 0x7f, SIGKILL);
    EXPECT_EQ(read(ends[0], bytes, sizeof(bytes)), 2);
}

/* A fork copies it, and its time begins anew. */
TEST(accounting, rlimit_cpu_of_a_child)
{
    struct rlimit limit;
    int status;
    EXPECT_OK(getrlimit(RLIMIT_CPU, &limit)); /* the test itself may have a hard one */
    limit.rlim_cur = 1;
    EXPECT_OK(setrlimit(RLIMIT_CPU, &limit));
    pid_t child = fork();
    if (child == 0)
        burn();
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status & 0x7f, SIGXCPU);
}
