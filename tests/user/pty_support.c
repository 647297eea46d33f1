#include "pty_support.h"

struct pair open_pair(void)
{
    struct pair pair = {.master = posix_openpt(O_RDWR | O_NOCTTY), .other = -1};
    if (pair.master < 0 || grantpt(pair.master) < 0 || unlockpt(pair.master) < 0)
        return pair;
    const char *name = ptsname(pair.master);
    if (name)
        pair.other = open(name, O_RDWR | O_NOCTTY);
    return pair;
}

static void change(int terminal, size_t offset, tcflag_t clear, tcflag_t set)
{
    struct termios settings;
    if (tcgetattr(terminal, &settings) < 0)
        return;
    tcflag_t *flags = (tcflag_t *)(void *)((char *)&settings + offset);
    *flags = (*flags & ~clear) | set;
    tcsetattr(terminal, TCSANOW, &settings);
}

void change_input(int terminal, tcflag_t clear, tcflag_t set)
{
    change(terminal, offsetof(struct termios, c_iflag), clear, set);
}

void change_output(int terminal, tcflag_t clear, tcflag_t set)
{
    change(terminal, offsetof(struct termios, c_oflag), clear, set);
}

void change_local(int terminal, tcflag_t clear, tcflag_t set)
{
    change(terminal, offsetof(struct termios, c_lflag), clear, set);
}

void set_character(int terminal, int which, cc_t value)
{
    struct termios settings;
    if (tcgetattr(terminal, &settings) < 0)
        return;
    settings.c_cc[which] = value;
    tcsetattr(terminal, TCSANOW, &settings);
}

void type(int end, const char *text)
{
    if (write(end, text, strlen(text)) != (ssize_t)strlen(text))
        test_fail(__FILE__, __LINE__, "an end of the pair does not take all");
}

const char *seen(int end, size_t least)
{
    static char text[8192];
    size_t count = 0;
    struct pollfd ready = {.fd = end, .events = POLLIN};
    while (count < sizeof(text) - 1 && poll(&ready, 1, count < least ? 10000 : 100) == 1 &&
           ready.revents & POLLIN) {
        ssize_t more = read(end, text + count, sizeof(text) - 1 - count);
        if (more <= 0)
            break;
        count += (size_t)more;
    }
    text[count] = '\0';
    return text;
}

bool sees(int end, const char *expected)
{
    return strcmp(seen(end, strlen(expected)), expected) == 0;
}

void wait_for_bytes(int end, int expected)
{
    int count = -1;
    while (ioctl(end, FIONREAD, &count) == 0 && count != expected)
        pause_for(1);
    if (count != expected)
        test_fail(__FILE__, __LINE__, "an end of the pair does not tell how much can be read");
}

pid_t fork_session(struct pair *pair)
{
    pid_t child = fork();
    if (child == 0) {
        setsid();
        close(pair->master);
        if (ioctl(pair->other, TIOCSCTTY, 0) < 0)
            _exit(99);
    }
    return child;
}
