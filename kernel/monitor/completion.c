#include <kernel/monitor/completion.h>
#include <lib/string.h>

static size_t common_length(const char *a, const char *b, size_t limit)
{
    size_t length = 0;
    while (length < limit && a[length] == b[length])
        length++;
    return length;
}

struct completion completion_find(completion_list list, const char *typed, size_t length)
{
    struct completion completion = {0};
    const char *word;
    for (size_t i = 0; (word = list(i)); i++) {
        if (strncmp(word, typed, length) != 0)
            continue;
        if (completion.matches++ == 0) {
            completion.first = word;
            completion.common = strlen(word);
        }
        completion.common = common_length(word, completion.first, completion.common);
    }
    return completion;
}
