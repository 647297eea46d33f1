/* A program with the GNU C library, statically linked: what its start and its usual functions need.
 */
#include <ctype.h>
#include <dirent.h>
#include <locale.h>
#include <math.h>
#include <spawn.h>
#include <sys/time.h>
#include <time.h>

#include "support.h"

extern char **environ;

TEST(glibc, printf_and_files)
{
    FILE *file = fopen("a", "w");
    EXPECT(file);
    for (int i = 0; i < 10000; i++)
        fprintf(file, "%d %g %s\n", i, sqrt(i), "word");
    EXPECT_EQ(fclose(file), 0);
    file = fopen("a", "r");
    int number, lines = 0;
    double root;
    char word[8];
    while (fscanf(file, "%d %lg %7s", &number, &root, word) == 3)
        lines++;
    EXPECT_EQ(lines, 10000);
    EXPECT(fabs(root - sqrt(9999)) < 0.001);
}

TEST(glibc, malloc)
{
    enum { BLOCKS = 1000 };
    static char *blocks[BLOCKS];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            size_t size = (size_t)(i * 37 % 3000 + 1) * (i % 100 == 0 ? 100 : 1);
            blocks[i] = malloc(size);
            EXPECT(blocks[i]);
            memset(blocks[i], i, size);
        }
        for (int i = 0; i < BLOCKS; i++) {
            EXPECT_EQ(blocks[i][0], (char)i);
            free(blocks[i]);
        }
    }
}

TEST(glibc, environment_and_time)
{
    EXPECT_EQ(setenv("CAIRN", "stones", 1), 0);
    EXPECT_STR(getenv("CAIRN"), "stones");
    struct timeval now;
    EXPECT_EQ(gettimeofday(&now, NULL), 0);
    EXPECT(labs(time(NULL) - now.tv_sec) <= 1);
    struct tm *utc = gmtime(&now.tv_sec);
    EXPECT(utc->tm_year >= 120);
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

TEST(glibc, qsort)
{
    static int numbers[10000];
    for (int i = 0; i < 10000; i++)
        numbers[i] = i * 7919 % 10007;
    qsort(numbers, 10000, sizeof(int), compare);
    for (int i = 1; i < 10000; i++)
        EXPECT(numbers[i - 1] <= numbers[i]);
}

int test_child(int argc, char **argv)
{
    return argc == 3 ? atoi(argv[2]) : 1;
}

TEST(glibc, spawn)
{
    char *arguments[] = {"self", "--child", "17", NULL};
    pid_t child;
    int status;
    EXPECT_EQ(posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ), 0);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 17);
    EXPECT_EQ(posix_spawn(&child, "/nowhere", NULL, NULL, arguments, environ), ENOENT);
}

TEST(glibc, pipes_of_streams)
{
    int ends[2];
    char line[64];
    EXPECT_EQ(pipe(ends), 0);
    if (fork() == 0) {
        FILE *output = fdopen(ends[1], "w");
        fprintf(output, "from the child\n");
        exit(fclose(output));
    }
    FILE *input = fdopen(ends[0], "r");
    EXPECT(fgets(line, sizeof(line), input));
    EXPECT_STR(line, "from the child\n");
    EXPECT(wait(NULL) > 0);
}
