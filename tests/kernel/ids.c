/*
 * The numbers of processes and threads: which one is next, and what happens when none is left.
 */
#include <kernel/process/ids.h>

#include "../test.h"

static struct id *taken[ID_LEAST_LIMIT];

static unsigned take_all(void)
{
    unsigned count = 0;
    while (count < ID_LEAST_LIMIT && (taken[count] = id_create()))
        count++;
    return count;
}

static void release_all(unsigned count)
{
    while (count > 0)
        id_release(taken[--count]);
}

TEST(ids, no_number_is_given_out_twice_and_none_beyond_the_limit)
{
    EXPECT_EQ(id_set_limit(ID_LEAST_LIMIT), OK);
    unsigned count = take_all();
    EXPECT_EQ(count, ID_LEAST_LIMIT - 1); /* 1 to 300 */
    for (unsigned i = 0; i < count; i++)
        EXPECT_EQ(taken[i]->number, i + 1);
    EXPECT(!id_create());
    EXPECT_EQ(id_last(), ID_LEAST_LIMIT - 1);
    EXPECT_EQ(id_count_created(), count);
    EXPECT_EQ(id_set_limit(ID_LEAST_LIMIT + 1), OK);
    struct id *more = id_create();
    EXPECT(more && more->number == ID_LEAST_LIMIT);
    EXPECT(!id_create());
    id_release(taken[10]); /* a low number is given out once */
    EXPECT(!id_create());
    taken[10] = taken[--count];
    id_release(taken[10]); /* 300 */
    taken[10] = id_create();
    EXPECT(taken[10] && taken[10]->number == ID_FIRST_REUSED);
    id_release(more);
    release_all(count);
    EXPECT(!id_find(1));
}

TEST(ids, the_limit_has_limits)
{
    EXPECT_EQ(id_set_limit(ID_LEAST_LIMIT - 1), ERROR_INVALID);
    EXPECT_EQ(id_set_limit(ID_MOST_LIMIT + 1), ERROR_INVALID);
    EXPECT_EQ(id_set_limit(UINT64_MAX), ERROR_INVALID);
    EXPECT_EQ(id_set_limit(ID_MOST_LIMIT), OK);
    EXPECT_EQ(id_limit(), ID_MOST_LIMIT);
    EXPECT_EQ(id_set_limit(ID_FIRST_LIMIT), OK);
}
