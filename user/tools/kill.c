/* kill [-SIGNAL] PID ...: sends processes a signal, TERM if none is given. */
#include <lib/number.h>
#include <lib/string.h>

#include "lib/linux.h"
#include "lib/print.h"

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"HUP", SIGNAL_HANG_UP}, {"INT", SIGNAL_INTERRUPT},  {"QUIT", SIGNAL_QUIT},
    {"KILL", SIGNAL_KILL},   {"TERM", SIGNAL_TERMINATE}, {"CONT", SIGNAL_CONTINUE},
    {"STOP", SIGNAL_STOP},   {"USR1", SIGNAL_USER_1},    {"USR2", SIGNAL_USER_2},
};

/* The number of a signal's name, or -1. */
static int parse_signal(const char *word)
{
    uint64_t number;
    if (parse_number(word, &number))
        return number <= 64 ? (int)number : -1;
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        if (strcmp(signals[i].name, word) == 0)
            return signals[i].number;
    }
    return -1;
}

int main(int count, const char *const arguments[])
{
    int first = count > 1 && *arguments[1] == '-' ? 2 : 1, status = 0;
    int signal = first == 2 ? parse_signal(arguments[1] + 1) : SIGNAL_TERMINATE;
    if (signal < 0 || first == count) {
        print(ERRORS, "kill: kill [-SIGNAL] PID ...\n");
        return 1;
    }
    for (int i = first; i < count; i++) {
        uint64_t process;
        bool known = parse_number(arguments[i], &process) && process <= INT32_MAX;
        long error = known ? sys_kill((int)process, signal) : -E_NO_PROCESS;
        if (error < 0)
            status = print_error("kill", arguments[i], error);
    }
    return status;
}
