/* mremap(): a mapping grows, shrinks and moves, with its pages. */
#include "mapping_support.h"

TEST(remapping, refuses)
{
    char *memory = map(4, DATA);
    EXPECT_ERROR(CALL(mremap, memory + 1, PAGE, PAGE, 0), EINVAL);
    EXPECT_ERROR(CALL(mremap, memory, PAGE, 0, 0), EINVAL);
    EXPECT_ERROR(CALL(mremap, memory, PAGE, PAGE, 0x80), EINVAL);
    EXPECT_ERROR(CALL(mremap, memory, PAGE, PAGE, MREMAP_FIXED, memory), EINVAL);
    EXPECT_ERROR(
        CALL(mremap, memory, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, memory + 2 * PAGE + 1),
        EINVAL);
    EXPECT_ERROR(
        CALL(mremap, memory, 2 * PAGE, 2 * PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, memory + PAGE),
        EINVAL);
    EXPECT_ERROR(CALL(mremap, memory, 0, PAGE, MREMAP_MAYMOVE), EINVAL);
    EXPECT_OK(munmap(memory + 3 * PAGE, PAGE));
    EXPECT_ERROR(CALL(mremap, memory + 3 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
    EXPECT_ERROR(CALL(mremap, memory + 2 * PAGE, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE), EFAULT);
    EXPECT_ERROR(CALL(mremap, memory, PAGE, 2 * PAGE, 0), ENOMEM);
}

TEST(remapping, in_place)
{
    char *memory = map(4, DATA);
    memset(memory, 'x', 4 * PAGE);
    EXPECT_EQ(mremap(memory, 4 * PAGE, 2 * PAGE, 0), memory);
    unsigned char there[4];
    EXPECT_ERROR(mincore(memory, 3 * PAGE, there), ENOMEM);
    EXPECT_EQ(mremap(memory, 2 * PAGE, 4 * PAGE, 0), memory);
    EXPECT_EQ(memory[PAGE], 'x');
    EXPECT_EQ(memory[2 * PAGE], 0);
    memory[3 * PAGE] = 'y';
    EXPECT_EQ(mremap(memory, 4 * PAGE, 4 * PAGE, 0), memory);
}

TEST(remapping, moves_pages)
{
    enum { PAGES = 600 }; /* in more than one page table */
    char *memory = map(PAGES + 1, DATA);
    for (int i = 0; i < PAGES; i += 3)
        memory[i * PAGE] = (char)i;
    char *moved = mremap(memory, PAGES * PAGE, 2 * PAGES * PAGE, MREMAP_MAYMOVE);
    EXPECT(moved != MAP_FAILED);
    EXPECT(moved != memory);
    for (int i = 0; i < 2 * PAGES; i++)
        EXPECT_EQ(moved[i * PAGE], i < PAGES && i % 3 == 0 ? (char)i : 0);
    unsigned char there[1];
    EXPECT_ERROR(mincore(memory, PAGE, there), ENOMEM);
    EXPECT_OK(mincore(memory + PAGES * PAGE, PAGE, there));
}

TEST(remapping, to_a_fixed_place)
{
    char *memory = map(4, DATA), *place = map(4, DATA);
    memset(memory, 'm', 4 * PAGE);
    memset(place, 'p', 4 * PAGE);
    EXPECT_EQ(mremap(memory + PAGE, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place + PAGE),
              place + PAGE);
    EXPECT_EQ(place[0], 'p');
    EXPECT_EQ(place[PAGE], 'm');
    EXPECT_EQ(place[2 * PAGE], 'p');
    EXPECT_EQ(memory[0], 'm');
    EXPECT_EQ(memory[3 * PAGE], 'm');
    unsigned char there[1];
    EXPECT_ERROR(mincore(memory + PAGE, PAGE, there), ENOMEM);
    EXPECT_ERROR(mincore(memory + 2 * PAGE, PAGE, there), ENOMEM);
}

/* The pages move, and the area stays: it is zeros again, or the file. */
TEST(remapping, without_unmapping)
{
    const int keep = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    char *memory = map(4, DATA);
    memset(memory, 'x', 4 * PAGE);
    EXPECT_ERROR(CALL(mremap, memory, 4 * PAGE, 4 * PAGE, MREMAP_DONTUNMAP, 0), EINVAL);
    EXPECT_ERROR(CALL(mremap, memory, 4 * PAGE, 2 * PAGE, keep, 0), EINVAL);
    EXPECT_ERROR(CALL(mremap, memory, 4 * PAGE, 4 * PAGE, keep, memory + 1), EINVAL);
    EXPECT_ERROR(CALL(mremap, memory, 4 * PAGE, 4 * PAGE, keep, memory + PAGE), EINVAL);
    char *moved = (char *)CALL(mremap, memory + PAGE, 2 * PAGE, 2 * PAGE, keep, 0);
    EXPECT(moved != MAP_FAILED && moved != memory + PAGE);
    EXPECT(moved[0] == 'x' && moved[2 * PAGE - 1] == 'x');
    EXPECT(memory[PAGE - 1] == 'x' && memory[PAGE] == 0 && memory[3 * PAGE - 1] == 0);
    EXPECT_EQ(memory[3 * PAGE], 'x');
    memory[PAGE] = 'y';
    EXPECT_EQ(moved[0], 'x');
    char *place = map(2, DATA);
    EXPECT_EQ((char *)CALL(mremap, memory, 2 * PAGE, 2 * PAGE, keep | MREMAP_FIXED, place), place);
    EXPECT(place[0] == 'x' && place[PAGE] == 'y' && memory[0] == 0 && memory[PAGE] == 0);
}

TEST(remapping, of_a_file)
{
    make_pages("a", 6);
    char *memory = map_file("a", 2, DATA, MAP_SHARED);
    EXPECT(mmap(memory + 2 * PAGE, PAGE, PROT_NONE, ANONYMOUS, -1, 0) != MAP_FAILED);
    char *moved = mremap(memory + PAGE, PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    EXPECT(moved != MAP_FAILED);
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(moved[i * PAGE], 'b' + i);
    char *second = mremap(moved, 0, 2 * PAGE, MREMAP_MAYMOVE); /* the same once more */
    EXPECT(second != MAP_FAILED);
    second[PAGE] = 'x';
    EXPECT_EQ(moved[PAGE], 'x');
}

/* The child's copies and the parent's are the pages that moved. */
TEST(remapping, after_a_fork)
{
    char *memory = map(3, DATA);
    memset(memory, 'p', 2 * PAGE);
    pid_t child = fork();
    if (child == 0) {
        char *moved = mremap(memory, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
        moved[0] = 'c';
        _exit(!(moved[0] == 'c' && moved[PAGE] == 'p' && moved[2 * PAGE] == 0));
    }
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(memory[0], 'p');
}
