/* Code that a program, its child or a system call writes runs as it was written last. */
#include "isolation_support.h"

typedef int function(void);

static void put_code(unsigned char *at, int value)
{
    at[0] = 0xb8; /* mov value, %eax; ret */
    memcpy(at + 1, &value, sizeof(value));
    at[5] = 0xc3;
}

TEST(changing_code, code_that_changes_runs_as_it_is_now)
{
    unsigned char *page = code_page();
    for (int i = 0; i < 1000; i++) {
        put_code(page, i);
        EXPECT_EQ(((function *)page)(), i);
    }
    /* It changes the instruction behind itself: movb $42, 1(%rip); mov $1, %eax; ret */
    memcpy(page, "\xc6\x05\x01\x00\x00\x00\x2a\xb8\x01\x00\x00\x00\xc3", 13);
    EXPECT_EQ(((function *)page)(), 42);
}

TEST(changing_code, code_that_a_child_changes_is_its_own)
{
    unsigned char *page = code_page();
    put_code(page, 1);
    EXPECT_EQ(((function *)page)(), 1);
    pid_t child = fork();
    if (child == 0) {
        put_code(page, 2);
        _exit(((function *)page)());
    }
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 2);
    EXPECT_EQ(((function *)page)(), 1);
}

TEST(changing_code, code_that_a_call_reads_in)
{
    unsigned char *page = code_page(), code[6];
    int ends[2];
    EXPECT_OK(pipe(ends));
    for (int i = 0; i < 10; i++) {
        put_code(code, i);
        EXPECT_EQ(write(ends[1], code, sizeof(code)), sizeof(code));
        EXPECT_EQ(read(ends[0], page, sizeof(code)), sizeof(code));
        EXPECT_EQ(((function *)page)(), i);
    }
}
