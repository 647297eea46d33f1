/*
 * count-command COMMAND [ARGUMENT ...]: runs a command WARM_UP times, and once more between the two
 * instructions that tests/tools/count_modes.c looks for. Its status is the command's.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define WARM_UP 2

extern char **environ;

static int run(char **command)
{
    pid_t child;
    int status = 0;
    int error = posix_spawnp(&child, command[0], NULL, NULL, command, environ);
    if (error == 0 && waitpid(child, &status, 0) == child && WIFEXITED(status))
        return WEXITSTATUS(status);
    fprintf(stderr, "count-command: %s: %s\n", command[0],
            error ? strerror(error) : "ended by a signal");
    exit(1);
}

int main(int count, char **arguments)
{
    if (count < 2)
        return 2;
    for (int i = 0; i < WARM_UP; i++)
        run(arguments + 1);
    __asm__ volatile("nopl 0x6e4d4b31(%%rax)" ::: "memory");
    int status = run(arguments + 1);
    __asm__ volatile("nopl 0x6e4d4b32(%%rax)" ::: "memory");
    return status;
}
