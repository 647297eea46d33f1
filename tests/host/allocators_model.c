/*
 * Each allocator against the model: a million operations, and more while memory is short.
 */
#include <string.h>

#include "../test.h"
#include "allocator_subject.h"

enum { OPERATIONS = 1000000 };

static void against_model(const struct kind *kind)
{
    EXPECT(subject_set_up(kind, MIB(128)));
    struct model *model = model_create(subject.allocator, 1);
    size_t failures = model_operate(model, OPERATIONS, MIB(24));
    model_free_all(model);
    const char *complaint = model->complaint;
    model_destroy(model);
    EXPECT_STR(complaint ? complaint : "", "");
    EXPECT(failures == 0 || !kind->reuses);
    EXPECT(subject_tear_down());
}

TEST(allocators_model, bump_agrees_with_the_model)
{
    against_model(&kinds[BUMP]);
}

TEST(allocators_model, linked_list_agrees_with_the_model)
{
    against_model(&kinds[LINKED_LIST]);
}

TEST(allocators_model, fixed_block_agrees_with_the_model)
{
    against_model(&kinds[FIXED_BLOCK]);
}

/* Memory runs out at any point, and is there again. */
static void against_model_out_of_memory(const struct kind *kind)
{
    EXPECT(subject_set_up(kind, MIB(16)));
    struct model *model = model_create(subject.allocator, 2);
    size_t failures = 0;
    for (size_t round = 0; round < 300 && !model->complaint; round++) {
        subject.arena->limit = subject.arena->committed + model_random(model, 64);
        failures += model_operate(model, 300, MIB(8));
        subject.allocator->check(subject.allocator);
        if (round % 50 == 49)
            model_free_all(model);
    }
    model_free_all(model);
    const char *complaint = model->complaint;
    model_destroy(model);
    EXPECT_STR(complaint ? complaint : "", "");
    EXPECT(failures > 100);
    EXPECT(subject_tear_down());
}

TEST(allocators_model, out_of_memory_changes_nothing)
{
    FOR_EACH_KIND(kind)
    {
        against_model_out_of_memory(kind);
        if (test_failed())
            return;
    }
}
