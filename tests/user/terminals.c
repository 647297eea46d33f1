/* The settings of a terminal and their effects, at a pseudo-terminal. */
#include "pty_support.h"

enum { CTRL_Q = 17, CTRL_S = 19 };

/* Types at the terminal: is `expected` what a program reads? */
static bool reads(struct pair *pair, const char *typed, const char *expected)
{
    type(pair->master, typed);
    return sees(pair->other, expected);
}

/* Does the terminal show this text? */
static bool shows(struct pair *pair, const char *expected)
{
    return sees(pair->master, expected);
}

static void make_raw(int terminal)
{
    struct termios settings;
    tcgetattr(terminal, &settings);
    cfmakeraw(&settings);
    tcsetattr(terminal, TCSANOW, &settings);
}

TEST(terminals, first_settings)
{
    static const cc_t characters[] = {
        [VINTR] = 3,     [VQUIT] = 28,   [VERASE] = 127, [VKILL] = 21, [VEOF] = 4,
        [VMIN] = 1,      [VSTART] = 17,  [VSTOP] = 19,   [VSUSP] = 26, [VREPRINT] = 18,
        [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22};
    struct pair pair = open_pair();
    struct termios settings;
    EXPECT_OK(tcgetattr(pair.other, &settings));
    EXPECT_EQ(settings.c_iflag, ICRNL | IXON);
    EXPECT_EQ(settings.c_oflag, OPOST | ONLCR);
    EXPECT_EQ(settings.c_cflag, B38400 | CS8 | CREAD);
    EXPECT_EQ(settings.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN);
    for (size_t i = 0; i < sizeof(characters); i++)
        EXPECT_EQ(settings.c_cc[i], characters[i]);
}

TEST(terminals, settings_are_kept)
{
    struct pair pair = open_pair();
    struct termios settings, again;
    tcgetattr(pair.other, &settings);
    settings.c_iflag = IGNBRK | PARMRK | INLCR | IXANY | IMAXBEL | IUTF8;
    settings.c_oflag = OPOST | OLCUC | TAB3;
    settings.c_lflag = ECHOPRT | NOFLSH | TOSTOP;
    settings.c_cc[VEOL] = 'x';
    settings.c_cc[VTIME] = 7;
    cfsetospeed(&settings, B9600);
    EXPECT_OK(tcsetattr(pair.other, TCSADRAIN, &settings));
    EXPECT_OK(tcgetattr(pair.other, &again));
    EXPECT_EQ(again.c_iflag, settings.c_iflag);
    EXPECT_EQ(again.c_oflag, settings.c_oflag);
    EXPECT_EQ(again.c_lflag, settings.c_lflag);
    EXPECT_EQ(again.c_cc[VEOL], 'x');
    EXPECT_EQ(again.c_cc[VTIME], 7);
    EXPECT_EQ(cfgetospeed(&again), B9600);
    settings.c_cflag = CS5 | PARENB;
    EXPECT_OK(tcsetattr(pair.other, TCSANOW, &settings));
    EXPECT_OK(tcgetattr(pair.other, &again));
    EXPECT_EQ(again.c_cflag & (CSIZE | PARENB | CREAD), CS8 | CREAD);
}

/* --- Input ----------------------------------------------------------------------------------- */

TEST(terminals, line_ends_of_input)
{
    struct pair pair = open_pair();
    change_local(pair.other, ECHO, 0);
    EXPECT(reads(&pair, "a\rb\n", "a\nb\n"));
    change_input(pair.other, ICRNL, INLCR);
    EXPECT(reads(&pair, "\n\x04", "\r"));
    change_input(pair.other, INLCR, IGNCR);
    EXPECT(reads(&pair, "a\rb\n", "ab\n"));
    change_input(pair.other, IGNCR, 0);
    EXPECT(reads(&pair, "a\rb\n", "a\rb\n"));
}

TEST(terminals, changes_of_input)
{
    struct pair pair = open_pair();
    make_raw(pair.other);
    EXPECT(reads(&pair, "\341B", "\341B"));
    change_input(pair.other, 0, ISTRIP);
    EXPECT(reads(&pair, "\341B", "aB"));
    change_input(pair.other, ISTRIP, IUCLC);
    change_local(pair.other, 0, IEXTEN);
    EXPECT(reads(&pair, "ABC", "abc"));
    change_input(pair.other, IUCLC, PARMRK);
    EXPECT(reads(&pair, "a\377b", "a\377\377b"));
    change_input(pair.other, PARMRK, 0);
    EXPECT(reads(&pair, "a\377b", "a\377b"));
}

TEST(terminals, editing)
{
    struct pair pair = open_pair();
    EXPECT(reads(&pair, "abc\177\177d\n", "ad\n"));
    EXPECT(shows(&pair, "abc\b \b\b \bd\r\n"));
    EXPECT(reads(&pair, "one two\027three\n", "one three\n"));
    EXPECT(reads(&pair, "gone\025left\n", "left\n"));
    seen(pair.master, 1);
    EXPECT(reads(&pair, "a\022\n", "a\n"));
    EXPECT(shows(&pair, "a^R\r\na\r\n"));
    EXPECT(reads(&pair, "\026\003\n", "\003\n"));
    EXPECT(shows(&pair, "^\b^C\r\n"));
    change_local(pair.other, IEXTEN, 0);
    EXPECT(reads(&pair, "a\027b\n", "a\027b\n"));
    change_local(pair.other, ECHOE, IEXTEN);
    seen(pair.master, 1);
    EXPECT(reads(&pair, "ab\177\n", "a\n"));
    EXPECT(shows(&pair, "ab^?\r\n"));
}

TEST(terminals, ends_of_lines_and_files)
{
    struct pair pair = open_pair();
    char text[16];
    set_character(pair.other, VEOL, '#');
    EXPECT(reads(&pair, "a#", "a#"));
    set_character(pair.other, VEOL, 0);
    set_character(pair.other, VEOL2, '%');
    EXPECT(reads(&pair, "b%", "b%"));
    type(pair.master, "part\004");
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 4);
    type(pair.master, "\004");
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 0);
    type(pair.master, "longer\n");
    EXPECT_EQ(read(pair.other, text, 3), 3);
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 4);
}

TEST(terminals, echo)
{
    struct pair pair = open_pair();
    EXPECT(reads(&pair, "\001\n", "\001\n"));
    EXPECT(shows(&pair, "^A\r\n"));
    change_local(pair.other, ECHOCTL, 0);
    EXPECT(reads(&pair, "\001\n", "\001\n"));
    EXPECT(shows(&pair, "\001\r\n"));
    change_local(pair.other, ECHO, ECHONL);
    EXPECT(reads(&pair, "secret\n", "secret\n"));
    EXPECT(shows(&pair, "\r\n"));
    change_local(pair.other, ECHONL, 0);
    EXPECT(reads(&pair, "secret\n", "secret\n"));
    EXPECT(shows(&pair, ""));
}

TEST(terminals, echo_of_erased_text)
{
    struct pair pair = open_pair();
    change_local(pair.other, 0, ECHOPRT);
    EXPECT(reads(&pair, "abc\177\177d\n", "ad\n"));
    EXPECT(shows(&pair, "abc\\cb/d\r\n"));
    change_local(pair.other, ECHOPRT | ECHOKE, 0);
    EXPECT(reads(&pair, "abc\025\n", "\n"));
    EXPECT(shows(&pair, "abc^U\r\n\r\n"));
    change_local(pair.other, ECHOK, 0);
    EXPECT(reads(&pair, "abc\025\n", "\n"));
    EXPECT(shows(&pair, "abc^U\r\n"));
}

TEST(terminals, characters_of_several_bytes)
{
    struct pair pair = open_pair();
    change_input(pair.other, 0, IUTF8);
    EXPECT(reads(&pair, "a\xc3\xa4\177\n", "a\n"));
    EXPECT(shows(&pair, "a\xc3\xa4\b \b\r\n"));
    change_input(pair.other, IUTF8, 0);
    EXPECT(reads(&pair, "a\xc3\xa4\177\n", "a\xc3\n"));
}

/* --- Output ---------------------------------------------------------------------------------- */

TEST(terminals, line_ends_of_output)
{
    struct pair pair = open_pair();
    type(pair.other, "a\nb\tc\r");
    EXPECT(shows(&pair, "a\r\nb\tc\r"));
    change_output(pair.other, ONLCR, 0);
    type(pair.other, "a\n");
    EXPECT(shows(&pair, "a\n"));
    change_output(pair.other, 0, OCRNL);
    type(pair.other, "a\r");
    EXPECT(shows(&pair, "a\n"));
    change_output(pair.other, OCRNL, ONOCR | ONLRET);
    type(pair.other, "\n\rb\r");
    EXPECT(shows(&pair, "\nb\r"));
    change_output(pair.other, ONOCR | ONLRET, TAB3);
    type(pair.other, "\rab\tc");
    EXPECT(shows(&pair, "\rab      c"));
    change_output(pair.other, TAB3, OLCUC);
    type(pair.other, "aBc\xe4");
    EXPECT(shows(&pair, "ABC\xc4"));
    change_output(pair.other, OPOST, ONLCR);
    type(pair.other, "a\n");
    EXPECT(shows(&pair, "a\n"));
}

/* Types later, from another process. */
static void type_after(int end, long delay, const char *text)
{
    if (fork() == 0) {
        pause_for(delay);
        type(end, text);
        _exit(0);
    }
}

/* Ctrl-S has arrived: the terminal takes no output. Linux passes it on a little later. */
static void wait_until_stopped(int terminal)
{
    struct pollfd ready = {.fd = terminal, .events = POLLOUT};
    while (poll(&ready, 1, 0) == 1)
        pause_for(1);
}

TEST(terminals, flow_control)
{
    struct pair pair = open_pair();
    struct pollfd ready = {.fd = pair.other, .events = POLLOUT};
    type(pair.master, (char[]){CTRL_S, 0});
    wait_until_stopped(pair.other);
    type_after(pair.other, 0, "late");
    EXPECT(shows(&pair, ""));
    type(pair.master, (char[]){CTRL_Q, 0});
    EXPECT(shows(&pair, "late"));
    change_input(pair.other, IXON, 0);
    EXPECT(reads(&pair, (char[]){CTRL_S, '\n', 0}, (char[]){CTRL_S, '\n', 0}));
    EXPECT_EQ(poll(&ready, 1, 0), 1);
    change_input(pair.other, 0, IXON | IXANY);
    seen(pair.master, 1);
    type(pair.master, (char[]){CTRL_S, 0});
    wait_until_stopped(pair.other);
    type_after(pair.other, 0, "late");
    EXPECT(shows(&pair, ""));
    type(pair.master, "x");
    EXPECT_EQ(strlen(seen(pair.master, 5)), 5); /* the echo and the output, in either order */
}

TEST(terminals, stopped_by_a_program)
{
    struct pair pair = open_pair();
    EXPECT_OK(tcflow(pair.other, TCOOFF));
    type_after(pair.other, 0, "late");
    EXPECT(shows(&pair, ""));
    type(pair.master, (char[]){CTRL_Q, 0}); /* does not start it again */
    EXPECT(shows(&pair, ""));
    EXPECT_OK(tcflow(pair.other, TCOON));
    EXPECT(shows(&pair, "late"));
    EXPECT_OK(tcflow(pair.other, TCIOFF));
    EXPECT(shows(&pair, (char[]){CTRL_S, 0}));
    EXPECT_OK(tcflow(pair.other, TCION));
    EXPECT(shows(&pair, (char[]){CTRL_Q, 0}));
    EXPECT_ERROR(ioctl(pair.other, TCXONC, 9), EINVAL);
}

/* --- Other requests -------------------------------------------------------------------------- */

/* TIOCSTI: at the program's controlling terminal, and for root at any. From 6.2 on, Linux has a
 * setting that refuses it. */
TEST(terminals, a_program_types)
{
    NEEDS_ROOT();
    if (has_text("/proc/sys/dev/tty/legacy_tiocsti", "0\n"))
        return;
    struct pair pair = open_pair();
    char text[8];
    EXPECT_OK(ioctl(pair.other, TIOCSTI, "x"));
    EXPECT_OK(ioctl(pair.other, TIOCSTI, "\n"));
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 2);
    EXPECT(text[0] == 'x' && text[1] == '\n');
    EXPECT_ERROR(ioctl(pair.other, TIOCSTI, NULL), EFAULT);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        _exit(setuid(USER) || ioctl(pair.other, TIOCSTI, "x") == 0 || errno != EPERM);
    }
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(terminals, the_line_discipline)
{
    struct pair pair = open_pair();
    int number = -1, other = 1000, left = -1;
    EXPECT_OK(ioctl(pair.other, TIOCGETD, &number));
    EXPECT_EQ(number, 0);
    EXPECT_OK(ioctl(pair.other, TIOCSETD, &number));
    EXPECT_ERROR(ioctl(pair.other, TIOCSETD, &other), EINVAL);
    EXPECT_ERROR(ioctl(pair.other, TIOCGETD, NULL), EFAULT);
    EXPECT_OK(ioctl(pair.other, TIOCOUTQ, &left));
    EXPECT_EQ(left, 0);
    EXPECT_OK(tcsendbreak(pair.other, 1));
    EXPECT_OK(ioctl(pair.other, TCSBRKP, 1));
}

/* --- Raw mode -------------------------------------------------------------------------------- */

static void set_reading(int terminal, cc_t minimum, cc_t tenths)
{
    set_character(terminal, VMIN, minimum);
    set_character(terminal, VTIME, tenths);
}

TEST(terminals, a_read_that_does_not_wait)
{
    struct pair pair = open_pair();
    char text[16];
    make_raw(pair.other);
    set_reading(pair.other, 0, 0);
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 0);
    type(pair.master, "abc");
    wait_for_bytes(pair.other, 3);
    EXPECT_EQ(read(pair.other, text, 2), 2);
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 1);
}

TEST(terminals, a_read_with_a_time_limit)
{
    struct pair pair = open_pair();
    char text[16];
    make_raw(pair.other);
    set_reading(pair.other, 0, 3);
    long start = milliseconds_now();
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 0);
    EXPECT(milliseconds_now() - start >= 290);
    set_reading(pair.other, 0, 200);
    type_after(pair.master, 50, "a");
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 1);
}

TEST(terminals, a_read_of_several_bytes)
{
    struct pair pair = open_pair();
    struct pollfd ready = {.fd = pair.other, .events = POLLIN};
    char text[16];
    make_raw(pair.other);
    set_reading(pair.other, 3, 0);
    type(pair.master, "ab");
    EXPECT_EQ(poll(&ready, 1, 50), 0);
    type_after(pair.master, 50, "cd");
    ssize_t count = read(pair.other, text, sizeof(text));
    EXPECT(count >= 3);
    set_reading(pair.other, 1, 0);
    type(pair.master, "x");
    EXPECT_EQ(poll(&ready, 1, -1), 1);
}

TEST(terminals, a_read_with_a_time_limit_between_bytes)
{
    struct pair pair = open_pair();
    char text[16];
    make_raw(pair.other);
    set_reading(pair.other, 5, 2);
    type_after(pair.master, 400, "ab"); /* the time runs from the first byte on */
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 2);
    type(pair.master, "abcde");
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 5);
    EXPECT_EQ(fcntl(pair.other, F_SETFL, O_RDWR | O_NONBLOCK), 0);
    EXPECT_ERROR(read(pair.other, text, sizeof(text)), EAGAIN);
}

TEST(terminals, changes_of_mode_keep_the_input)
{
    struct pair pair = open_pair();
    char text[16];
    type(pair.master, "typed");
    EXPECT(shows(&pair, "typed"));
    change_local(pair.other, ICANON, 0);
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 5);
    type(pair.master, "more");
    EXPECT(shows(&pair, "more"));
    change_local(pair.other, 0, ICANON);
    EXPECT_EQ(read(pair.other, text, sizeof(text)), 4);
}

TEST(terminals, flushing)
{
    struct pair pair = open_pair();
    struct termios settings;
    int count = -1;
    type(pair.master, "gone\n");
    wait_for_bytes(pair.other, 5);
    EXPECT_OK(tcflush(pair.other, TCIFLUSH));
    EXPECT_OK(ioctl(pair.other, FIONREAD, &count));
    EXPECT_EQ(count, 0);
    type(pair.master, "gone\n");
    wait_for_bytes(pair.other, 5);
    tcgetattr(pair.other, &settings);
    EXPECT_OK(tcsetattr(pair.other, TCSAFLUSH, &settings));
    EXPECT_OK(ioctl(pair.other, FIONREAD, &count));
    EXPECT_EQ(count, 0);
    EXPECT_OK(tcdrain(pair.other));
    EXPECT_ERROR(ioctl(pair.other, TCFLSH, 9), EINVAL);
    EXPECT_ERROR(ioctl(pair.other, TCGETS, NULL), EFAULT);
    EXPECT_ERROR(ioctl(pair.other, 0x5499, NULL), ENOTTY);
}
