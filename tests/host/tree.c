/*
 * The balanced tree against an array that is kept in order.
 */
#include <lib/random.h>
#include <lib/tree.h>
#include <string.h>

#include "../test.h"

enum { MOST = 300 };

struct element {
    struct tree_node node;
    bool inside;
};

static struct tree tree;
static struct element elements[MOST];
static struct element *order[MOST]; /* the model */
static size_t count;

static struct element *element_of(struct tree_node *node)
{
    return node ? CONTAINER_OF(node, struct element, node) : NULL;
}

static uint64_t largest(const struct tree_node *node)
{
    return node ? node->largest : 0;
}

static void start(void)
{
    tree = (struct tree){0};
    memset(elements, 0, sizeof(elements));
    count = 0;
}

/* The first place in the order whose key is above `key`. */
static size_t place_after(uint64_t key)
{
    size_t place = 0;
    while (place < count && order[place]->node.key <= key)
        place++;
    return place;
}

static void insert(struct element *element, uint64_t key)
{
    size_t place = place_after(key);
    memmove(&order[place + 1], &order[place], (count - place) * sizeof(order[0]));
    order[place] = element;
    count++;
    element->inside = true;
    tree_insert(&tree, &element->node, key);
}

static void take_out(struct element *element)
{
    size_t place = 0;
    while (order[place] != element)
        place++;
    count--;
    memmove(&order[place], &order[place + 1], (count - place) * sizeof(order[0]));
    element->inside = false;
    tree_remove(&tree, &element->node);
}

/* How deep the subtree is. Every link and priority has to fit, and every largest value. */
static unsigned check(struct tree_node *node, struct tree_node *parent, size_t *nodes)
{
    if (!node)
        return 0;
    ++*nodes;
    unsigned left = check(node->left, node, nodes), right = check(node->right, node, nodes);
    uint64_t expected = MAX(node->value, largest(node->left));
    expected = MAX(expected, largest(node->right));
    if (node->parent != parent || (parent && parent->priority < node->priority) ||
        node->largest != expected)
        *nodes = MOST * 2; /* more than there can be */
    return 1 + MAX(left, right);
}

static void expect_model(void)
{
    size_t nodes = 0;
    check(tree.root, NULL, &nodes);
    EXPECT_EQ(nodes, count);
    struct tree_node *node = tree_find_from(&tree, 0);
    for (size_t i = 0; i < count; i++, node = tree_next(node))
        EXPECT(element_of(node) == order[i]);
    EXPECT(!node);
    node = tree_find_to(&tree, UINT64_MAX);
    for (size_t i = count; i-- > 0; node = tree_previous(node))
        EXPECT(element_of(node) == order[i]);
    EXPECT(!node);
}

static void expect_found(uint64_t key)
{
    size_t after = place_after(key), from = key ? place_after(key - 1) : 0;
    EXPECT(element_of(tree_find_from(&tree, key)) == (from < count ? order[from] : NULL));
    EXPECT(element_of(tree_find_to(&tree, key)) == (after ? order[after - 1] : NULL));
}

/* The last element with such a value, from one on downwards. */
static void expect_large(struct element *from, uint64_t value)
{
    size_t place = count;
    while (order[place - 1] != from)
        place--;
    while (place > 0 && order[place - 1]->node.value < value)
        place--;
    struct tree_node *node = place ? &order[place - 1]->node : NULL;
    EXPECT(tree_last_with(&from->node, value) == node);
}

TEST(tree, an_empty_tree_finds_nothing)
{
    start();
    EXPECT(!tree_find_from(&tree, 0));
    EXPECT(!tree_find_to(&tree, UINT64_MAX));
    insert(&elements[0], 5);
    take_out(&elements[0]);
    expect_model();
}

TEST(tree, random_operations_agree_with_a_model)
{
    uint64_t state = 7;
    start();
    for (unsigned step = 0; step < 30000 && !test_failed(); step++) {
        struct element *element = &elements[random_below(&state, MOST)];
        uint64_t key = random_below(&state, 200); /* many are equal */
        if (!element->inside) {
            insert(element, key);
        } else if (key % 4 < 2) {
            tree_set_value(&element->node, random_below(&state, 1000));
            expect_large(element, 1000 - random_below(&state, 1000 / count));
        } else {
            take_out(element);
        }
        expect_found(random_below(&state, 202));
        if (step % 16 == 0)
            expect_model();
    }
}

TEST(tree, stays_shallow_when_keys_come_in_order)
{
    size_t nodes = 0;
    start();
    for (size_t i = 0; i < MOST; i++)
        insert(&elements[i], i);
    EXPECT(check(tree.root, NULL, &nodes) < 30);
    expect_model();
}
