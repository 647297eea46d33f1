/* execve(): what a program gets, and what cannot be run. */
#include <elf.h>
#include <limits.h>
#include <sys/auxv.h>

#include "support.h"

/* Puts code on the stack and calls it: `mov eax, 42; ret`. */
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

static bool has_words(int argc, char **argv, int count, const char *last)
{
    return argc == count && strcmp(argv[count - 1], last) == 0;
}

static bool signals_are_kept(void)
{
    struct sigaction handled, ignored;
    sigset_t blocked;
    sigaction(SIGUSR1, NULL, &handled);
    sigaction(SIGUSR2, NULL, &ignored);
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    return handled.sa_handler == SIG_DFL && ignored.sa_handler == SIG_IGN &&
           sigismember(&blocked, SIGHUP);
}

/* Tests run this program again, with the name of a check behind `--child`. It ends with this status
 * when all is as it should be. */
enum { WELL = 42 };

int test_child(int argc, char **argv)
{
    const char *check = argc > 2 ? argv[2] : "";
    bool well = false;
    if (strcmp(check, "stack") == 0)
        return run_code_on_the_stack();
    if (strcmp(check, "arguments") == 0)
        well = has_words(argc, argv, 5, "two words") && strcmp(argv[3], "") == 0;
    else if (strcmp(check, "many") == 0)
        well = has_words(argc, argv, 3003, "an argument of some length");
    else if (strcmp(check, "script") == 0)
        well = has_words(argc, argv, 4, "two words");
    else if (strcmp(check, "environment") == 0)
        well = getenv("A") && strcmp(getenv("A"), "1") == 0 && !getenv("PATH");
    else if (strcmp(check, "open") == 0)
        well = fcntl(atoi(argv[3]), F_GETFD) >= 0;
    else if (strcmp(check, "closed") == 0)
        well = fcntl(atoi(argv[3]), F_GETFD) < 0;
    else if (strcmp(check, "signals") == 0)
        well = signals_are_kept();
    return well ? WELL : 1;
}

static char *environment[] = {"A=1", NULL};

/* Runs a program, and returns its exit status; the error's number if it cannot be run; -1: a signal
 * has ended it. */
static int run_with(const char *path, char *const *words)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        execve(path, words, environment);
        _exit(errno);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run(char *path)
{
    return run_with(path, (char *[]){path, NULL});
}

/* Runs this program's own check, which may have two arguments. */
static int run_check(char *check, char *first, char *second)
{
    return run_with("/proc/self/exe", (char *[]){"self", "--child", check, first, second, NULL});
}

TEST(programs, arguments)
{
    EXPECT_EQ(run_check("arguments", "", "two words"), WELL);
}

TEST(programs, environment)
{
    EXPECT_EQ(run_check("environment", NULL, NULL), WELL);
}

TEST(programs, many_arguments)
{
    static char *many[3004] = {"self", "--child", "many"};
    for (int i = 3; i < 3003; i++)
        many[i] = "an argument of some length";
    EXPECT_EQ(run_with("/proc/self/exe", many), WELL);
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
    EXPECT_EQ(run_check("open", number, NULL), WELL);
    snprintf(number, sizeof(number), "%d", open("a", O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(run_check("closed", number, NULL), WELL);
}

TEST(programs, signals)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGHUP);
    handle(SIGUSR1, do_nothing, 0);
    signal(SIGUSR2, SIG_IGN);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
    EXPECT_EQ(run_check("signals", NULL, NULL), WELL);
}

static void make_executable(const char *path, const char *text)
{
    make_file(path, text);
    EXPECT_OK(chmod(path, 0755));
}

TEST(programs, what_cannot_be_run)
{
    EXPECT_EQ(run("none"), ENOENT);
    make_file("plain", "text");
    EXPECT_EQ(run("plain"), EACCES);
    EXPECT_OK(chmod("plain", 0755));
    EXPECT_EQ(run("plain"), ENOEXEC);
    EXPECT_EQ(run("plain/x"), ENOTDIR);
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_EQ(run("d"), EACCES);
    make_executable("empty", "");
    EXPECT_EQ(run("empty"), ENOEXEC);
    make_executable("cut", "\177ELF\2\1\1");
    EXPECT_EQ(run("cut"), ENOEXEC);
}

/* #! INTERPRETER ARGUMENT: the interpreter gets its argument, the script's path and the script's
 * arguments. */
TEST(programs, scripts)
{
    char self[PATH_MAX], directory[PATH_MAX], line[PATH_MAX + 32];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    EXPECT(length > 0);
    self[length] = '\0';
    EXPECT_OK(symlink(self, "self")); /* for a short line */
    EXPECT(getcwd(directory, sizeof(directory)));
    snprintf(line, sizeof(line), "#! %s/self --child \n", directory);
    make_executable("script", line);
    EXPECT_EQ(run_with("script", (char *[]){"name", "two words", NULL}), WELL);
    make_file("script", "#!"); /* the empty path is the directory */
    EXPECT_EQ(run("script"), EACCES);
    make_file("script", "#!    \n");
    EXPECT_EQ(run("script"), ENOEXEC);
    make_file("script", "#!/nowhere/interpreter\n");
    EXPECT_EQ(run("script"), ENOENT);
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
    EXPECT(strstr((const char *)getauxval(AT_EXECFN), "programs"));
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
}

TEST(programs, one_that_runs_is_not_written)
{
    EXPECT_ERROR(open("/proc/self/exe", O_RDONLY | O_TRUNC), ETXTBSY);
    EXPECT_ERROR(open("/proc/self/exe", O_WRONLY), ETXTBSY);
    EXPECT_ERROR(truncate("/proc/self/exe", 0), ETXTBSY);
}

/* Runs a copy of this program whose file asks for such a stack (PT_GNU_STACK), and code on it. */
static int run_with_stack_flags(uint32_t flags)
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
    return run_with("changed", (char *[]){"changed", "--child", "stack", NULL});
}

TEST(programs, the_stack_is_executable_only_where_the_file_says_so)
{
    EXPECT_EQ(run_with_stack_flags(PF_R | PF_W), -1);
    EXPECT_EQ(run_with_stack_flags(PF_R | PF_W | PF_X), 42);
}

/* --- Interpreters ----------------------------------------------------------------------------- */

/* A small program that can be loaded: one segment, whose code is exit(status). */
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

/* The interpreter, which loads shared libraries, runs in the program's place. */
TEST(programs, an_interpreter)
{
    make_tiny("tiny", ET_DYN, 41, NULL);
    EXPECT_EQ(run("tiny"), 41);
    make_tiny("tiny", ET_DYN, 41, "loader");
    EXPECT_EQ(run("tiny"), ENOENT);
    make_tiny("loader", ET_DYN, 42, NULL);
    EXPECT_EQ(run("tiny"), 42);
    make_tiny("loader", ET_EXEC, 43, NULL);
    EXPECT_EQ(run("tiny"), 43);
    EXPECT_OK(chmod("loader", 0600));
    EXPECT_EQ(run("tiny"), EACCES);
    make_tiny("tiny", ET_DYN, 41, "");
    EXPECT_EQ(run("tiny"), ENOEXEC);
}

/* The path's last byte, 0, must be within the segment. */
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
    EXPECT_EQ(run("tiny"), ENOEXEC);
}

/* --- Scripts whose interpreters are scripts --------------------------------------------------- */

static void make_script(int number, const char *interpreter)
{
    char name[16], line[64];
    snprintf(name, sizeof(name), "script%d", number);
    snprintf(line, sizeof(line), "#!%s\n", interpreter);
    make_executable(name, line);
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
        EXPECT_EQ(run("script0"), depth <= 5 ? 41 : ELOOP);
    }
}

/* The kernel reads only the beginning of a line. The interpreter's name must end in it, but its
 * argument may be cut. */
TEST(programs, a_script_with_a_long_line)
{
    char line[400] = "#!";
    memset(line + 2, 'x', sizeof(line) - 3);
    make_tiny("tiny", ET_DYN, 41, NULL);
    make_executable("script", line);
    EXPECT_EQ(run("script"), ENOEXEC);
    memcpy(line, "#! tiny ", 8);
    make_file("script", line);
    EXPECT_EQ(run("script"), 41);
    memset(line + 8, ' ', sizeof(line) - 9);
    make_file("script", line);
    EXPECT_EQ(run("script"), 41);
}
