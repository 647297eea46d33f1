/* A program's memory. */
#include "support.h"

enum { DATA = PROT_READ | PROT_WRITE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };

static char *map(size_t size, int protection)
{
    return mmap(NULL, size, protection, ANONYMOUS, -1, 0);
}

TEST(memory, fresh_pages_are_zero)
{
    char *memory = map(64 * PAGE, DATA);
    EXPECT(memory != MAP_FAILED);
    EXPECT_EQ((uintptr_t)memory % PAGE, 0);
    for (int i = 0; i < 64 * PAGE; i++)
        EXPECT_EQ(memory[i], 0);
    memset(memory, 'x', 64 * PAGE);
    EXPECT_OK(munmap(memory, 64 * PAGE));
    memory = map(64 * PAGE, DATA);
    for (int i = 0; i < 64 * PAGE; i++)
        EXPECT_EQ(memory[i], 0);
}

TEST(memory, mmap_refuses)
{
    EXPECT_ERROR(map(0, DATA), EINVAL);
    EXPECT_ERROR(mmap(NULL, PAGE, DATA, MAP_ANONYMOUS, -1, 0), EINVAL);
    EXPECT_ERROR(mmap(NULL, PAGE, DATA, MAP_PRIVATE, 77, 0), EBADF);
    EXPECT_ERROR(mmap((void *)0x10000001, PAGE, DATA, ANONYMOUS | MAP_FIXED, -1, 0), EINVAL);
    EXPECT_ERROR(mmap((void *)0x7ffffffff000, PAGE, DATA, ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM);
    EXPECT_ERROR(mmap((void *)0xffff800000000000, PAGE, DATA, ANONYMOUS | MAP_FIXED, -1, 0),
                 ENOMEM);
    EXPECT_ERROR(CALL(mmap, NULL, SIZE_MAX - PAGE, DATA, ANONYMOUS, -1, 0), ENOMEM);
    EXPECT_ERROR(map((size_t)1 << 47, DATA), ENOMEM);
    EXPECT_ERROR(CALL(mmap, NULL, PAGE, DATA, MAP_PRIVATE, open(".", O_RDONLY), 0), ENODEV);
    make_file("a", "text");
    EXPECT_ERROR(CALL(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE, open("a", O_RDONLY), 1), EINVAL);
    EXPECT_ERROR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, open("a", O_WRONLY), 0), EACCES);
    EXPECT_ERROR(mmap(NULL, PAGE, DATA, MAP_SHARED, open("a", O_RDONLY), 0), EACCES);
}

TEST(memory, a_hint_is_taken_if_free)
{
    char *memory = map(4 * PAGE, DATA);
    EXPECT_OK(munmap(memory + PAGE, PAGE));
    EXPECT_EQ(mmap(memory + PAGE, PAGE, DATA, ANONYMOUS, -1, 0), memory + PAGE);
    EXPECT(mmap(memory, PAGE, DATA, ANONYMOUS, -1, 0) != memory);
}

TEST(memory, fixed)
{
    enum { NO_REPLACE = 0x100000 };
    char *memory = map(3 * PAGE, DATA);
    memset(memory, 'x', 3 * PAGE);
    EXPECT_EQ(mmap(memory + PAGE, PAGE, DATA, ANONYMOUS | MAP_FIXED, -1, 0), memory + PAGE);
    EXPECT_EQ(memory[PAGE - 1], 'x');
    EXPECT_EQ(memory[PAGE], 0);
    EXPECT_EQ(memory[2 * PAGE], 'x');
    EXPECT_ERROR(mmap(memory, PAGE, DATA, ANONYMOUS | NO_REPLACE, -1, 0), EEXIST);
}

TEST(memory, munmap)
{
    char *memory = map(4 * PAGE, DATA);
    EXPECT_OK(munmap(memory + PAGE, 2 * PAGE));
    memory[0] = memory[3 * PAGE] = 'x';
    EXPECT_OK(munmap(memory + PAGE, PAGE)); /* nothing is there */
    EXPECT_OK(munmap(memory, 4 * PAGE));
    EXPECT_ERROR(munmap(memory + 1, PAGE), EINVAL);
    EXPECT_ERROR(munmap(memory, 0), EINVAL);
    EXPECT_ERROR(munmap((void *)0xffff800000000000, PAGE), EINVAL);
    EXPECT_OK(munmap(map(PAGE, DATA), 1)); /* sizes are rounded up */
}

TEST(memory, mprotect)
{
    char *memory = map(3 * PAGE, DATA);
    memset(memory, 'x', 3 * PAGE);
    EXPECT_OK(mprotect(memory + PAGE, PAGE, PROT_READ));
    EXPECT_EQ(memory[PAGE], 'x');
    EXPECT_ERROR(CALL(read, open("/dev/zero", O_RDONLY), memory + PAGE, 1), EFAULT);
    EXPECT_OK(mprotect(memory + PAGE, PAGE, DATA));
    memory[PAGE] = 'y';
    EXPECT_EQ(memory[2 * PAGE], 'x');
    EXPECT_OK(munmap(memory + PAGE, PAGE));
    EXPECT_ERROR(mprotect(memory, 3 * PAGE, PROT_READ), ENOMEM);
    EXPECT_ERROR(CALL(mprotect, memory + 1, PAGE, PROT_READ), EINVAL);
    EXPECT_OK(mprotect(memory, 0, PROT_READ));
}

TEST(memory, what_a_program_writes_can_run)
{
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov eax, 42; ret */
    char *memory = map(PAGE, DATA);
    memcpy(memory, code, sizeof(code));
    EXPECT_OK(mprotect(memory, PAGE, PROT_READ | PROT_EXEC));
    int (*function)(void) = (int (*)(void))(uintptr_t)memory;
    EXPECT_EQ(function(), 42);
    memory = map(PAGE, DATA | PROT_EXEC);
    memcpy(memory, code, sizeof(code));
    function = (int (*)(void))(uintptr_t)memory;
    EXPECT_EQ(function(), 42);
}

TEST(memory, brk)
{
    char *start = (char *)CALL(brk, 0);
    EXPECT_EQ(CALL(brk, start + 3333), (uintptr_t)start + 3333); /* as it is, not rounded */
    EXPECT_EQ(CALL(brk, 0), (uintptr_t)start + 3333);
    start[0] = start[3332] = 'x';
    EXPECT_EQ(CALL(brk, start + 10 * PAGE), (uintptr_t)start + 10 * PAGE);
    EXPECT_EQ(start[3332], 'x');
    EXPECT_EQ(start[9 * PAGE], 0);
    start[9 * PAGE] = 'x';
    EXPECT_EQ(CALL(brk, start), (uintptr_t)start);
    EXPECT_EQ(CALL(brk, start + 10 * PAGE), (uintptr_t)start + 10 * PAGE);
    EXPECT_EQ(start[9 * PAGE], 0);                         /* given back in between */
    EXPECT_EQ(CALL(brk, 1), (uintptr_t)start + 10 * PAGE); /* refused: the break as it is */
    EXPECT_EQ(CALL(brk, 0xffff800000000000), (uintptr_t)start + 10 * PAGE);
}

TEST(memory, fork_copies)
{
    char *memory = map(100 * PAGE, DATA);
    memset(memory, 'p', 100 * PAGE);
    int ends[2];
    EXPECT_OK(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        char byte;
        bool right = read(ends[0], &byte, 1) == 1; /* the parent has written */
        for (int i = 0; i < 100; i++)
            right = right && memory[i * PAGE] == 'p';
        memset(memory, 'c', 100 * PAGE);
        _exit(!right);
    }
    for (int i = 0; i < 100; i += 2)
        memory[i * PAGE] = 'q';
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(memory[i * PAGE], i % 2 ? 'p' : 'q');
}

TEST(memory, a_call_writes_to_a_shared_page)
{
    char *memory = map(PAGE, DATA);
    memory[0] = 'p';
    int ends[2];
    EXPECT_OK(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        bool right = read(ends[0], memory, 1) == 1 && memory[0] == 'x';
        _exit(!right);
    }
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(memory[0], 'p');
}

TEST(memory, shared_with_a_child)
{
    char *memory = mmap(NULL, 2 * PAGE, DATA, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(memory != MAP_FAILED);
    memory[0] = 'p';
    pid_t child = fork();
    if (child == 0) {
        memory[0]++;
        memory[PAGE] = 'c';
        _exit(0);
    }
    EXPECT_EQ(waitpid(child, NULL, 0), child);
    EXPECT_EQ(memory[0], 'q');
    EXPECT_EQ(memory[PAGE], 'c');
}

TEST(memory, a_private_file)
{
    static char text[PAGE + 100];
    memset(text, 't', sizeof(text));
    int file = open("a", O_RDWR | O_CREAT, 0644);
    EXPECT_EQ(write(file, text, sizeof(text)), sizeof(text));
    char *memory = mmap(NULL, 2 * PAGE, DATA, MAP_PRIVATE, file, 0);
    EXPECT(memory != MAP_FAILED);
    close(file);
    EXPECT_EQ(memory[PAGE + 99], 't');
    for (int i = PAGE + 100; i < 2 * PAGE; i++)
        EXPECT_EQ(memory[i], 0);
    memory[5] = 'x'; /* seen by nobody else */
    char byte;
    EXPECT_EQ(pread(open("a", O_RDONLY), &byte, 1, 5), 1);
    EXPECT_EQ(byte, 't');
    char *second = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, open("a", O_RDONLY), PAGE);
    EXPECT_EQ(second[99], 't');
    EXPECT_EQ(second[100], 0);
}

TEST(memory, a_shared_file)
{
    make_file("a", "0123456789");
    int file = open("a", O_RDWR);
    char *memory = mmap(NULL, PAGE, DATA, MAP_SHARED, file, 0);
    EXPECT(memory != MAP_FAILED);
    memory[3] = 'x';
    char byte;
    EXPECT_EQ(pread(file, &byte, 1, 3), 1);
    EXPECT_EQ(byte, 'x');
    EXPECT_EQ(pwrite(file, "y", 1, 4), 1);
    EXPECT_EQ(memory[4], 'y');
    EXPECT_OK(msync(memory, PAGE, MS_SYNC));
}

/* mprotect() gives no right that open() has not given. */
TEST(memory, a_shared_file_that_is_open_for_reading)
{
    make_file("a", "0123456789");
    int file = open("a", O_RDONLY);
    char *memory = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
    EXPECT(memory != MAP_FAILED);
    EXPECT_ERROR(mprotect(memory, PAGE, DATA), EACCES);
    EXPECT_EQ(memory[3], '3');
    EXPECT_OK(munmap(memory, PAGE));
    EXPECT((memory = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0)) != MAP_FAILED);
    EXPECT_OK(mprotect(memory, PAGE, DATA));
    memory[3] = 'x';
}

TEST(memory, much_is_not_touched)
{
    char *memory = map((size_t)8 << 30, PROT_NONE);
    EXPECT(memory != MAP_FAILED);
    EXPECT_OK(mprotect(memory + ((size_t)4 << 30), PAGE, DATA));
    memory[(size_t)4 << 30] = 'x';
    EXPECT_OK(munmap(memory, (size_t)8 << 30));
}

TEST(memory, madvise_gives_back)
{
    char *memory = map(4 * PAGE, DATA);
    memset(memory, 'x', 4 * PAGE);
    EXPECT_OK(madvise(memory + PAGE, PAGE, MADV_DONTNEED));
    EXPECT_EQ(memory[0], 'x');
    EXPECT_EQ(memory[PAGE], 0);
    EXPECT_ERROR(madvise(memory + 1, PAGE, MADV_DONTNEED), EINVAL);
    EXPECT_ERROR(madvise(memory, PAGE, 9999), EINVAL);
}

/* Each call uses a page of the stack, and looks whether it still has what it has put there. */
static int depth(int rest)
{
    volatile char block[PAGE];
    memset((char *)(uintptr_t)block, rest, sizeof(block));
    return rest == 0 ? 0 : depth(rest - 1) + (block[PAGE / 2] == (char)rest);
}

TEST(memory, the_stack_grows)
{
    EXPECT_EQ(depth(1000), 1000);
}

TEST(memory, many_areas)
{
    enum { AREAS = 1000 };
    char *memory = map(2 * AREAS * PAGE, DATA);
    for (int i = 0; i < AREAS; i++)
        EXPECT_OK(mprotect(memory + 2 * i * PAGE, PAGE, PROT_READ));
    for (int i = 0; i < AREAS; i++)
        memory[(2 * i + 1) * PAGE] = 'x';
    for (int i = 0; i < AREAS; i++)
        EXPECT_OK(munmap(memory + 2 * i * PAGE, PAGE));
    for (int i = 0; i < AREAS; i++)
        EXPECT_EQ(memory[(2 * i + 1) * PAGE], 'x');
}
