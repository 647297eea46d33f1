/* Shared by the tests in user mode. `PROGRAM SUITE` runs the suite of that name, which is the
 * program's own name. */
#include <ftw.h>
#include <stdarg.h>
#include <time.h>

#include "support.h"

enum { LIMIT = 60 }; /* seconds for a test */

void test_print(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof(line) - 2)
        length = sizeof(line) - 2;
    line[length] = '\n';
    if (write(STDOUT_FILENO, line, (size_t)length + 1) < 0)
        _exit(2);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

/* Makes an empty directory and goes there. */
static void enter(char *directory, size_t size)
{
    const char *folder = getenv("TMPDIR");
    snprintf(directory, size, "%s/cairn-user-XXXXXX", folder ? folder : "/tmp");
    if (!mkdtemp(directory) || chdir(directory) < 0) {
        test_print("    # no directory %s: errno %d", directory, errno);
        _exit(2);
    }
}

static void leave(const char *directory)
{
    if (chdir("/") == 0)
        nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void test_in_process(void (*body)(void))
{
    char directory[256];
    enter(directory, sizeof(directory));
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        alarm(LIMIT);
        body();
        _exit(test_failed());
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        test_fail(__FILE__, __LINE__, "the test cannot have a process");
    else
        kill(-child, SIGKILL); /* what it has left behind */
    leave(directory);
    if (WIFSIGNALED(status)) {
        test_fail(__FILE__, __LINE__, "a signal has ended the test:");
        test_print("    #   %d", WTERMSIG(status));
    } else if (status != 0) {
        test_fail(__FILE__, __LINE__, "the test's process has failed");
    }
}

void *read_only_page(void)
{
    return mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Where a page ends behind which there is none. */
static char *end_of_mapping(void)
{
    static char *end;
    if (!end) {
        char *pages =
            mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        munmap(pages + PAGE, PAGE);
        end = pages + PAGE;
    }
    return end;
}

static char *page_without_permissions(void)
{
    static char *page;
    if (!page)
        page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page;
}

void *bad_pointer(unsigned kind, size_t size)
{
    static char own_page[PAGE] __attribute__((aligned(PAGE)));
    static const uint64_t addresses[] = {
        0, 0x1000, 0xffff800000000000, 0xffffffff80100000, 0x0000800000000000, 0xdead000000000000,
    };
    enum { ADDRESSES = sizeof(addresses) / sizeof(addresses[0]) };
    if (kind < ADDRESSES)
        return (void *)addresses[kind];
    switch (kind - ADDRESSES) {
    case 0:
        return (void *)(-(uint64_t)(size + 1) / 2); /* the second half lies at address 0 */
    case 1:
        return page_without_permissions();
    case 2:                               /* bit 48 is in no index of a page table */
        *(volatile char *)own_page = 'a'; /* its page is there */
        return (void *)((uintptr_t)own_page | (uintptr_t)1 << 48);
    default:
        return end_of_mapping() - size / 2;
    }
}

siginfo_t fault_info;
sigjmp_buf before_fault;

static void keep_fault(int signal, siginfo_t *given, void *context)
{
    (void)signal, (void)context;
    fault_info = *given;
    siglongjmp(before_fault, 1);
}

void handle_faults(int flags)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    struct sigaction action = {.sa_sigaction = keep_fault, .sa_flags = SA_SIGINFO | flags};
    for (int i = 0; i < 5; i++)
        sigaction(faults[i], &action, NULL);
}

int status_of(void (*child)(void))
{
    int status = -1;
    pid_t process = fork();
    if (process == 0) {
        child();
        _exit(0);
    }
    if (process < 0 || waitpid(process, &status, 0) != process)
        return -1;
    return status;
}

pid_t start_sleeper(void)
{
    pid_t child = fork();
    while (child == 0)
        pause();
    return child;
}

void make_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text) || close(file) < 0)
        test_fail(__FILE__, __LINE__, "a file cannot be made");
}

bool has_text(const char *path, const char *text)
{
    char content[64];
    ssize_t length = read_whole(path, content, sizeof(content));
    return length == (ssize_t)strlen(text) && strcmp(content, text) == 0;
}

ssize_t read_whole(const char *path, char *text, size_t room)
{
    ssize_t got = -1, length = 0;
    int fd = open(path, O_RDONLY);
    while (fd >= 0 && (got = read(fd, text + length, room - 1 - (size_t)length)) > 0)
        length += got;
    if (fd >= 0)
        close(fd);
    if (got < 0)
        length = 0;
    text[length] = '\0';
    return got < 0 ? -1 : length;
}

void handle(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    if (sigaction(signal, &action, NULL) < 0)
        test_fail(__FILE__, __LINE__, "a signal cannot be handled");
}

void do_nothing(int signal)
{
    (void)signal;
}

void pause_for(long milliseconds)
{
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&left, &left) < 0 && errno == EINTR) {
    }
}

long milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void become_user(void)
{
    if (CALL(setgroups, 0, NULL) || CALL(setresgid, GROUP, GROUP, GROUP) ||
        CALL(setresuid, USER, USER, USER))
        _exit(2);
}

void let_sleep(pid_t process)
{
    char path[32], text[128];
    const char *state = NULL;
    snprintf(path, sizeof(path), "/proc/%d/stat", process);
    do {
        pause_for(5);
        if (read_whole(path, text, sizeof(text)) < 0)
            break;
        state = strrchr(text, ')'); /* the program's name is in brackets, and the state follows */
    } while (!state || state[2] != 'S');
}

/* The main function of a test's program that is started with `--child`; most have none. */
__attribute__((weak)) int test_child(int argc, char **argv)
{
    (void)argc, (void)argv;
    return 1;
}

int main(int argc, char **argv)
{
    unsigned failures = 0;
    if (argc > 1 && strcmp(argv[1], "--child") == 0)
        return test_child(argc, argv);
    /* Also where it was ignored outside, as under nohup: tests wait for its effect. */
    signal(SIGHUP, SIG_DFL);
    for (int i = 1; i < argc; i++)
        failures += test_run_suite(argv[i]);
    return failures != 0;
}
