/* A program with the GNU C library at a fixed address: more of what its functions ask of the
 * kernel. */
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <malloc.h>
#include <nss.h>
#include <pwd.h>
#include <setjmp.h>
#include <spawn.h>
#include <time.h>

#include "support.h"

TEST(glibc_static, streams_in_place)
{
    char *line = NULL, *text;
    size_t size = 0;
    FILE *file = tmpfile();
    EXPECT(file);
    EXPECT_EQ(setvbuf(file, NULL, _IOFBF, 128), 0);
    for (int i = 0; i < 1000; i++)
        EXPECT(fprintf(file, "line %d\n", i) > 0);
    EXPECT_EQ(fseek(file, 70, SEEK_SET), 0);
    EXPECT_EQ(getline(&line, &size, file), 8);
    EXPECT_STR(line, "line 10\n");
    EXPECT_EQ(fseek(file, -9, SEEK_END), 0);
    EXPECT_EQ(fscanf(file, "line %zu", &size), 1);
    EXPECT_EQ(size, 999);
    EXPECT_EQ(fflush(file), 0);
    EXPECT_EQ(ftruncate(fileno(file), 7), 0);
    EXPECT_EQ(fseek(file, 0, SEEK_END), 0);
    EXPECT_EQ(ftell(file), 7);
    FILE *memory = open_memstream(&text, &size);
    fprintf(memory, "%s %.3f", "pi", 3.14159);
    EXPECT_EQ(fclose(memory), 0);
    EXPECT_STR(text, "pi 3.142");
}

TEST(glibc_static, blocks_that_grow_and_go_back)
{
    enum { LARGE = 3 * 1024 * 1024 };
    size_t before = mallinfo2().hblks;
    char *block = malloc(100);
    memcpy(block, "kept", sizeof("kept"));
    for (size_t size = 100; size <= LARGE; size += size / 2)
        EXPECT((block = realloc(block, size)));
    EXPECT_STR(block, "kept");
    EXPECT_EQ(mallinfo2().hblks, before + 1); /* a mapping of its own */
    block = realloc(block, 50);
    EXPECT_STR(block, "kept");
    free(block);
    EXPECT_EQ(mallinfo2().hblks, before);
    void *aligned = aligned_alloc(PAGE, LARGE);
    EXPECT_EQ((uintptr_t)aligned % PAGE, 0);
    memset(aligned, 1, LARGE);
    free(aligned);
    char *end = sbrk(0);
    for (int i = 0; i < 1000; i++)
        memset(malloc(1000), i, 1000);
    EXPECT((char *)sbrk(0) > end);
    EXPECT_EQ(malloc_trim(0) & ~1, 0);
}

static sigjmp_buf place;
static volatile int jumps;

static void jump(int signal)
{
    jumps++;
    siglongjmp(place, signal);
}

TEST(glibc_static, jumps_out_of_handlers)
{
    static char stack[16 * 1024];
    stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
    sigset_t mask;
    EXPECT_OK(sigaltstack(&other, NULL));
    handle(SIGSEGV, jump, SA_ONSTACK);
    handle(SIGUSR1, jump, SA_ONSTACK);
    for (int i = 0; i < 100; i++) {
        int signal = sigsetjmp(place, 1);
        if (signal == 0)
            *(volatile int *)NULL = 1;
        EXPECT_EQ(signal, SIGSEGV);
        signal = sigsetjmp(place, 1);
        if (signal == 0)
            raise(SIGUSR1);
        EXPECT_EQ(signal, SIGUSR1);
    }
    EXPECT_EQ(jumps, 200);
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    EXPECT(!sigismember(&mask, SIGSEGV));
    EXPECT(!sigismember(&mask, SIGUSR1));
    EXPECT_OK(sigaltstack(NULL, &other));
    EXPECT_EQ(other.ss_flags, 0);
}

TEST(glibc_static, dates_and_clocks)
{
    char text[64];
    struct tm date = {.tm_year = 124, .tm_mon = 1, .tm_mday = 29, .tm_hour = 12};
    EXPECT_EQ(setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1), 0);
    tzset();
    time_t time_of_date = mktime(&date);
    EXPECT_EQ(time_of_date, 1709226000);
    EXPECT(strftime(text, sizeof(text), "%a %d %b %Y %H:%M %Z", gmtime(&time_of_date)) > 0);
    EXPECT_STR(text, "Thu 29 Feb 2024 17:00 GMT");
    struct timespec before, after, pause = {.tv_nsec = 2000000};
    EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &before));
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL), 0);
    EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &after));
    int64_t slept = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
    EXPECT(slept >= pause.tv_nsec);
    clock_t start = clock();
    while (clock() - start < CLOCKS_PER_SEC / 50)
        ;
    EXPECT_OK(clock_getres(CLOCK_REALTIME, &after));
}

/* The build machine's own nsswitch.conf may name libraries, which a static program of another
 * version must not load. */
TEST(glibc_static, users_and_groups)
{
    EXPECT_EQ(__nss_configure_lookup("passwd", "files"), 0);
    EXPECT_EQ(__nss_configure_lookup("group", "files"), 0);
    struct passwd *user = getpwnam("root");
    EXPECT(user);
    EXPECT_EQ(user->pw_uid, 0);
    EXPECT_STR(user->pw_dir, "/root");
    EXPECT_STR(getpwuid(0)->pw_name, "root");
    EXPECT(!getpwnam("nobody-of-this-name"));
    EXPECT_EQ(getgrnam("root")->gr_gid, 0);
    EXPECT_STR(getgrgid(0)->gr_name, "root");
}

static int files_seen;

static int see(const char *path, const struct stat *status, int kind, struct FTW *level)
{
    (void)path, (void)status, (void)level;
    files_seen += kind == FTW_F;
    return 0;
}

TEST(glibc_static, trees_and_patterns)
{
    glob_t found;
    char name[32];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "d%d", i);
        EXPECT_OK(mkdir(name, 0755));
        snprintf(name, sizeof(name), "d%d/a.txt", i);
        make_file(name, "a");
        snprintf(name, sizeof(name), "d%d/b.c", i);
        make_file(name, "b");
    }
    EXPECT_EQ(glob("d[12]/*.txt", 0, NULL, &found), 0);
    EXPECT_EQ(found.gl_pathc, 2);
    EXPECT_STR(found.gl_pathv[1], "d2/a.txt");
    EXPECT_EQ(glob("*.none", 0, NULL, &found), GLOB_NOMATCH);
    EXPECT_EQ(nftw(".", see, 4, FTW_PHYS), 0);
    EXPECT_EQ(files_seen, 6);
    EXPECT(strstr(realpath("d1/../d2/./b.c", NULL), "/d2/b.c"));
}

int test_child(int argc, char **argv)
{
    char line[64] = "";
    if (argc != 2 || strcmp(argv[0], "spawned"))
        return 1;
    return fgets(line, sizeof(line), stdin) && puts(line) >= 0 ? (int)strlen(line) : 2;
}

/* posix_spawn() is vfork and exec with files and signals set up between them. */
TEST(glibc_static, spawns_with_other_files)
{
    char *arguments[] = {"spawned", "--child", NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t all;
    int status;
    pid_t child;
    make_file("in", "seven..");
    sigfillset(&all);
    EXPECT_EQ(posix_spawn_file_actions_init(&files), 0);
    EXPECT_EQ(posix_spawn_file_actions_addopen(&files, 0, "in", O_RDONLY, 0), 0);
    EXPECT_EQ(posix_spawn_file_actions_addopen(&files, 1, "out", O_WRONLY | O_CREAT, 0600), 0);
    EXPECT_EQ(posix_spawnattr_init(&attributes), 0);
    EXPECT_EQ(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP),
              0);
    EXPECT_EQ(posix_spawnattr_setsigdefault(&attributes, &all), 0);
    EXPECT_EQ(posix_spawn(&child, "/proc/self/exe", &files, &attributes, arguments, environ), 0);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 7);
    struct stat out;
    EXPECT_OK(stat("out", &out));
    EXPECT_EQ(out.st_size, 8);
    EXPECT_EQ(posix_spawn_file_actions_addopen(&files, 0, "none", O_RDONLY, 0), 0);
    EXPECT_EQ(posix_spawn(&child, "/proc/self/exe", &files, NULL, arguments, environ), ENOENT);
}
