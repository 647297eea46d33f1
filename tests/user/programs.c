/* Running programs: execve() and what comes with it. */
#include <elf.h>
#include <limits.h>
#include <sys/auxv.h>

#include "support.h"

/* Calls code on the stack: `mov eax, 42; ret`. */
static int run_code_on_the_stack(void)
{
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
    unsigned char on_stack[sizeof(code)];
    int (*function)(void);
    memcpy(on_stack, code, sizeof(code));
    const void *start = on_stack;
    memcpy(&function, &start, sizeof(function));
    __asm__ volatile("" : : "r"(on_stack) : "memory");
    return function();
}

/* Started again by a test, the program says what it was given. */
int test_child(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[2] : "";
    if (strcmp(what, "arguments") == 0)
        return argc == 5 && strcmp(argv[3], "") == 0 && strcmp(argv[4], "two words") == 0 ? 42 : 1;
    if (strcmp(what, "environment") == 0)
        return getenv("A") && strcmp(getenv("A"), "1") == 0 && !getenv("PATH") ? 42 : 1;
    if (strcmp(what, "count") == 0)
        return argc == 3003 ? 42 : 1;
    if (strcmp(what, "stack") == 0)
        return run_code_on_the_stack();
    if (strcmp(what, "open") == 0)
        return fcntl(atoi(argv[3]), F_GETFD) < 0 ? 43 : 42;
    if (strcmp(what, "signals") == 0) {
        struct sigaction handled, ignored;
        sigset_t blocked;
        sigaction(SIGUSR1, NULL, &handled);
        sigaction(SIGUSR2, NULL, &ignored);
        sigprocmask(SIG_BLOCK, NULL, &blocked);
        return handled.sa_handler == SIG_DFL && ignored.sa_handler == SIG_IGN &&
                       sigismember(&blocked, SIGHUP)
                   ? 42
                   : 1;
    }
    return 1;
}

static char *arguments[8], *environment[] = {"A=1", NULL};

static void run(void)
{
    execve("/proc/self/exe", arguments, environment);
    _exit(126);
}

/* The exit status of this program with some arguments. */
static int run_self(const char *what, const char *more, const char *last)
{
    const char *words[] = {"self", "--child", what, more, last, NULL};
    memcpy(arguments, words, sizeof(words));
    return WEXITSTATUS(status_of(run));
}

TEST(programs, arguments)
{
    EXPECT_EQ(run_self("arguments", "", "two words"), 42);
}

TEST(programs, environment)
{
    EXPECT_EQ(run_self("environment", NULL, NULL), 42);
}

TEST(programs, many_arguments)
{
    static char *many[3004] = {"self", "--child", "count"};
    for (int i = 3; i < 3003; i++)
        many[i] = "an argument of some length";
    pid_t child = fork();
    if (child == 0) {
        execve("/proc/self/exe", many, environment);
        _exit(1);
    }
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(programs, too_many_arguments)
{
    static char *many[40], word[131072];
    memset(word, 'x', sizeof(word) - 2);
    for (int i = 0; i < 39; i++)
        many[i] = word;
    EXPECT_ERROR(execve("/proc/self/exe", many, environment), E2BIG); /* 5 MB, of which 2 fit */
    static char long_word[131073];
    memset(long_word, 'x', sizeof(long_word) - 1);
    char *one[] = {long_word, NULL};
    EXPECT_ERROR(execve("/proc/self/exe", one, environment), E2BIG);
}

TEST(programs, close_on_exec)
{
    char number[8];
    make_file("a", "");
    snprintf(number, sizeof(number), "%d", open("a", O_RDONLY));
    EXPECT_EQ(run_self("open", number, NULL), 42);
    snprintf(number, sizeof(number), "%d", open("a", O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(run_self("open", number, NULL), 43);
}

TEST(programs, signals)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGHUP);
    handle(SIGUSR1, do_nothing, 0);
    signal(SIGUSR2, SIG_IGN);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
    EXPECT_EQ(run_self("signals", NULL, NULL), 42);
}

TEST(programs, what_cannot_be_run)
{
    char *none[] = {"x", NULL};
    EXPECT_ERROR(execve("none", none, none + 1), ENOENT);
    make_file("plain", "text");
    EXPECT_ERROR(execve("plain", none, none + 1), EACCES);
    EXPECT_OK(chmod("plain", 0755));
    EXPECT_ERROR(execve("plain", none, none + 1), ENOEXEC);
    EXPECT_ERROR(execve("plain/x", none, none + 1), ENOTDIR);
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_ERROR(execve("d", none, none + 1), EACCES);
    make_file("empty", "");
    EXPECT_OK(chmod("empty", 0755));
    EXPECT_ERROR(execve("empty", none, none + 1), ENOEXEC);
    make_file("cut", "\177ELF\2\1\1");
    EXPECT_OK(chmod("cut", 0755));
    EXPECT_ERROR(execve("cut", none, none + 1), ENOEXEC);
    make_file("script", "#!/nowhere/interpreter\n");
    EXPECT_OK(chmod("script", 0755));
    EXPECT_ERROR(execve("script", none, none + 1), ENOENT);
}

static void run_script(void)
{
    char *words[] = {"name", "two words", NULL};
    execve("script", words, environment);
    _exit(126);
}

/* #! INTERPRETER ARGUMENT: the interpreter gets its argument, the script's path and the other
 * arguments. */
TEST(programs, scripts)
{
    char self[PATH_MAX], line[PATH_MAX + 32];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    EXPECT(length > 0);
    self[length] = '\0';
    EXPECT_OK(symlink(self, "self")); /* for a short line */
    char directory[PATH_MAX];
    EXPECT(getcwd(directory, sizeof(directory)));
    snprintf(line, sizeof(line), "#! %s/self --child \n", directory);
    make_file("script", line);
    EXPECT_OK(chmod("script", 0755));
    EXPECT_EQ(status_of(run_script), 1 << 8); /* test_child() runs, and is told to do `script` */
    make_file("script", "#!");
    EXPECT_EQ(status_of(run_script), 126 << 8);
}

TEST(programs, auxiliary_vector)
{
    EXPECT_EQ(getauxval(AT_PAGESZ), PAGE);
    EXPECT_EQ(getauxval(AT_CLKTCK), 100);
    EXPECT_EQ(getauxval(AT_PHENT), 56);
    EXPECT(getauxval(AT_PHNUM) > 0);
    EXPECT_EQ(getauxval(AT_UID), getuid());
    EXPECT_EQ(getauxval(AT_EGID), getegid());
    EXPECT_EQ(getauxval(AT_SECURE), 0);
    EXPECT_EQ(getauxval(AT_BASE), 0);
    const unsigned char *header =
        (const unsigned char *)(getauxval(AT_PHDR) & ~(unsigned long)(PAGE - 1));
    EXPECT_EQ(memcmp(header, "\177ELF", 4), 0);
    const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
    int different = 0;
    for (int i = 1; i < 16; i++)
        different += random[i] != random[0];
    EXPECT(different > 0);
    EXPECT_STR((const char *)getauxval(AT_PLATFORM), "x86_64");
    EXPECT((const char *)getauxval(AT_EXECFN));
}

TEST(programs, its_own_file)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    EXPECT(length > 0);
    self[length] = '\0';
    EXPECT_STR(strrchr(self, '/'), "/programs");
    struct stat one, other;
    EXPECT_OK(stat("/proc/self/exe", &one));
    EXPECT_OK(stat(self, &other));
    EXPECT_EQ(one.st_ino, other.st_ino);
    EXPECT_ERROR(open("/proc/self/exe", O_WRONLY), ETXTBSY);
}

TEST(programs, one_that_runs_is_not_truncated)
{
    EXPECT_ERROR(open("/proc/self/exe", O_RDONLY | O_TRUNC), ETXTBSY);
    EXPECT_ERROR(open("/proc/self/exe", O_WRONLY), ETXTBSY);
    EXPECT_ERROR(truncate("/proc/self/exe", 0), ETXTBSY);
}

static void run_changed_program(void)
{
    execl("changed", "changed", "--child", "stack", (char *)NULL);
    _exit(126);
}

/* This program, with those flags for its stack (PT_GNU_STACK); how it ends then. */
static int status_with_stack_flags(uint32_t flags)
{
    int from = open("/proc/self/exe", O_RDONLY),
        to = open("changed", O_RDWR | O_CREAT | O_TRUNC, 0700);
    char block[PAGE];
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    for (ssize_t size; (size = read(from, block, sizeof(block))) > 0;)
        write(to, block, (size_t)size);
    pread(from, &header, sizeof(header), 0);
    for (unsigned i = 0; i < header.e_phnum; i++) {
        off_t place = (off_t)(header.e_phoff + i * sizeof(segment));
        pread(from, &segment, sizeof(segment), place);
        segment.p_flags = flags;
        if (segment.p_type == PT_GNU_STACK)
            pwrite(to, &segment, sizeof(segment), place);
    }
    close(from);
    close(to);
    return status_of(run_changed_program);
}

TEST(programs, the_stack_is_executable_only_where_the_file_says_so)
{
    EXPECT_EQ(status_with_stack_flags(PF_R | PF_W), SIGSEGV);
    EXPECT_EQ(status_with_stack_flags(PF_R | PF_W | PF_X), 42 << 8);
}

/* --- Interpreters ----------------------------------------------------------------------------- */

/* The smallest program that can be loaded: one segment, which ends with a status. */
struct tiny {
    Elf64_Ehdr header;
    Elf64_Phdr segments[2];
    unsigned char code[12];
    char interpreter[16];
};

static void make_tiny(const char *path, uint16_t type, unsigned char status,
                      const char *interpreter)
{
    enum { FIXED = 0x4000000 };
    const unsigned char code[] = {0xbf, status, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05};
    uint64_t base = type == ET_EXEC ? FIXED : 0;
    struct tiny tiny = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = type,
                   .e_machine = EM_X86_64,
                   .e_version = EV_CURRENT,
                   .e_entry = base + offsetof(struct tiny, code),
                   .e_phoff = offsetof(struct tiny, segments),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = interpreter ? 2 : 1},
        .segments = {{.p_type = PT_LOAD,
                      .p_flags = PF_R | PF_X,
                      .p_vaddr = base,
                      .p_filesz = sizeof(struct tiny),
                      .p_memsz = sizeof(struct tiny),
                      .p_align = PAGE},
                     {.p_type = PT_INTERP,
                      .p_offset = offsetof(struct tiny, interpreter),
                      .p_filesz = interpreter ? strlen(interpreter) + 1 : 0}},
    };
    memcpy(tiny.code, code, sizeof(code));
    memcpy(tiny.interpreter, interpreter ? interpreter : "", interpreter ? strlen(interpreter) : 0);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
    if (write(file, &tiny, sizeof(tiny)) != sizeof(tiny) || close(file) < 0)
        test_fail(__FILE__, __LINE__, "a program cannot be made");
}

static void run_tiny(void)
{
    execl("tiny", "tiny", (char *)NULL);
    _exit(errno);
}

/* The interpreter, which loads shared libraries, runs in the program's place. */
TEST(programs, an_interpreter)
{
    make_tiny("tiny", ET_DYN, 41, NULL);
    EXPECT_EQ(status_of(run_tiny), 41 << 8);
    make_tiny("tiny", ET_DYN, 41, "loader");
    EXPECT_EQ(status_of(run_tiny), ENOENT << 8);
    make_tiny("loader", ET_DYN, 42, NULL);
    EXPECT_EQ(status_of(run_tiny), 42 << 8);
    make_tiny("loader", ET_EXEC, 43, NULL);
    EXPECT_EQ(status_of(run_tiny), 43 << 8);
    EXPECT_OK(chmod("loader", 0600));
    EXPECT_EQ(status_of(run_tiny), EACCES << 8);
    make_tiny("tiny", ET_DYN, 41, "");
    EXPECT_EQ(status_of(run_tiny), ENOEXEC << 8);
}

/* Its path has to end within the segment. */
TEST(programs, an_interpreter_without_an_end)
{
    make_tiny("tiny", ET_DYN, 41, "loader");
    Elf64_Phdr segment;
    int file = open("tiny", O_RDWR);
    const off_t place = offsetof(struct tiny, segments) + sizeof(segment);
    EXPECT_EQ(pread(file, &segment, sizeof(segment), place), sizeof(segment));
    segment.p_filesz--;
    EXPECT_EQ(pwrite(file, &segment, sizeof(segment), place), sizeof(segment));
    close(file);
    EXPECT_EQ(status_of(run_tiny), ENOEXEC << 8);
}

/* --- Scripts that are run by scripts ---------------------------------------------------------- */

static void run_first_script(void)
{
    execl("script0", "script0", (char *)NULL);
    _exit(errno);
}

static void make_script(int number, const char *interpreter)
{
    char name[16], line[64];
    snprintf(name, sizeof(name), "script%d", number);
    snprintf(line, sizeof(line), "#!%s\n", interpreter);
    make_file(name, line);
    chmod(name, 0755);
}

TEST(programs, scripts_of_scripts)
{
    char next[16];
    make_tiny("tiny", ET_DYN, 41, NULL);
    for (int depth = 1; depth <= 6; depth++) {
        for (int i = 0; i < depth - 1; i++) {
            snprintf(next, sizeof(next), "script%d", i + 1);
            make_script(i, next);
        }
        make_script(depth - 1, "tiny");
        EXPECT_EQ(status_of(run_first_script), (depth <= 5 ? 41 : ELOOP) << 8);
    }
    make_script(0, "   ");
    EXPECT_EQ(status_of(run_first_script), ENOEXEC << 8);
}

/* The kernel looks at a part of a line. Where that ends, the interpreter's name may be cut, which
 * is an error, or its argument. */
TEST(programs, a_script_with_a_long_line)
{
    char line[400] = "#!";
    memset(line + 2, 'x', sizeof(line) - 3);
    make_tiny("tiny", ET_DYN, 41, NULL);
    make_script(0, "tiny");
    make_file("script0", line);
    EXPECT_EQ(status_of(run_first_script), ENOEXEC << 8);
    memcpy(line, "#! tiny ", 8);
    make_file("script0", line);
    EXPECT_EQ(status_of(run_first_script), 41 << 8);
    memset(line + 8, ' ', sizeof(line) - 9);
    make_file("script0", line);
    EXPECT_EQ(status_of(run_first_script), 41 << 8);
}
