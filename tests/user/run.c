/*
 * run-tests [NAME ...]: runs each program of /tests with its own name as the suite, in the order of
 * their names, or those that are named. A word such as STEPS=100 is put into the environment of
 * those that follow. It is the first program of the system that they run on: it mounts what they
 * need, and writes to the serial port. Its exit status is 0 if all have succeeded.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(const char *name)
{
    char path[300];
    int status = 0;
    snprintf(path, sizeof(path), "/tests/%s", name);
    pid_t child = fork();
    if (child == 0) {
        execl(path, path, name, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    dprintf(STDOUT_FILENO, "run-tests: %s ended with status %d\n", name, status);
    return status != 0;
}

static int is_program(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void open_output(void)
{
    mount("proc", "/proc", "proc", 0, NULL);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    int file = open("/dev/ttyS0", O_RDWR | O_NOCTTY);
    for (int i = 0; file >= 0 && i <= STDERR_FILENO; i++)
        dup2(file, i);
}

int main(int argc, char **argv)
{
    struct dirent **programs;
    int failures = 0, count = argc - 1;
    if (getpid() == 1)
        open_output();
    for (int i = 1; i < argc; i++) {
        if (strchr(argv[i], '='))
            putenv(argv[i]);
        else
            failures += run(argv[i]);
    }
    if (argc <= 1)
        count = scandir("/tests", &programs, is_program, alphasort);
    for (int i = 0; argc <= 1 && i < count; i++)
        failures += run(programs[i]->d_name);
    dprintf(STDOUT_FILENO, "run-tests: %d programs, %d failed\n", count, failures);
    return count <= 0 || failures != 0;
}
