#include <assert.h>
#include <kernel/syscall/parts.h>
#include <mm/user_copy.h>

/* Linux looks at all sizes before the first address. */
enum error parts_from_user(struct buffer_part *parts, virt_addr_t from, size_t count)
{
    ASSERT(count <= PARTS_MAX);
    enum error error = copy_from_user(parts, from, count * sizeof(*parts));
    for (size_t i = 0; !error && i < count; i++)
        error = parts[i].size > INT64_MAX ? ERROR_INVALID : OK;
    for (size_t i = 0; !error && i < count; i++)
        error = user_range_is_valid(parts[i].address, parts[i].size) ? OK : ERROR_BAD_ADDRESS;
    return error;
}
