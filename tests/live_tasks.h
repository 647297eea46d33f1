#ifndef TESTS_LIVE_TASKS_H
#define TESTS_LIVE_TASKS_H

#include <kernel/task/executor.h>

/* How many tasks the executor has. */
static inline size_t live_tasks(const struct executor *executor)
{
    size_t count = 0;
    list_for_each(node, &executor->tasks)
        count++;
    return count;
}

#endif
