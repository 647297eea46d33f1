#include <assert.h>
#include <kernel/process/users.h>
#include <mm/heap.h>

static struct tree users;
static size_t all_threads;

static struct user *find(uint32_t number)
{
    struct tree_node *node = tree_find_from(&users, number);
    return node && node->key == number ? CONTAINER_OF(node, struct user, node) : NULL;
}

struct user *user_add(uint32_t number, size_t threads)
{
    struct user *user = find(number);
    if (!user) {
        user = kzalloc(sizeof(*user));
        if (!user)
            return NULL;
        tree_insert(&users, &user->node, number);
    }
    user->threads += threads;
    all_threads += threads;
    return user;
}

void user_remove(struct user *user, size_t threads)
{
    ASSERT(user->threads >= threads);
    ASSERT(all_threads >= threads);
    user->threads -= threads;
    all_threads -= threads;
    if (user->threads > 0)
        return;
    tree_remove(&users, &user->node);
    kfree(user);
}

size_t users_threads(void)
{
    return all_threads;
}
