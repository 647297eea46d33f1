/*
 * Inodes. FAT has none: what there is to say of a file stands in its entry. So a file gets a number
 * when it is first looked up, and everything belongs to user 0. A file that is read-only has no w.
 */
#include <assert.h>
#include <drivers/time_of_day.h>
#include <fs/fat/fat.h>
#include <lib/string.h>
#include <mm/heap.h>

#define SECOND INT64_C(1000000000)

/* --- Times ----------------------------------------------------------------------------------- */

enum { FIRST_YEAR = 1980, LAST_YEAR = 2107, DATE_OFFSET = 2 };

static int64_t time_of(uint32_t date, uint32_t time)
{
    struct date_time read = {.year = FIRST_YEAR + (date >> 9),
                             .month = (uint8_t)(date >> 5 & 15),
                             .day = date & 31,
                             .hour = (uint8_t)(time >> 11),
                             .minute = (uint8_t)(time >> 5 & 63),
                             .second = (uint8_t)(2 * (time & 31))};
    if (read.month < 1 || read.month > 12 || read.day < 1)
        return 0;
    return date_time_to_seconds(&read) * SECOND;
}

/* Writes a date, and two bytes before it a time if there is room for one. */
static void put_time(uint8_t *date, bool has_time, int64_t nanoseconds)
{
    struct date_time time = date_time_from_seconds(nanoseconds / SECOND);
    if (time.year < FIRST_YEAR)
        time = (struct date_time){.year = FIRST_YEAR, .month = 1, .day = 1};
    if (time.year > LAST_YEAR)
        time = (struct date_time){.year = LAST_YEAR, .month = 12, .day = 31};
    put_little_16(date, (time.year - FIRST_YEAR) << 9 | (uint32_t)time.month << 5 | time.day);
    if (has_time)
        put_little_16(date - DATE_OFFSET,
                      (uint32_t)time.hour << 11 | (uint32_t)time.minute << 5 | time.second / 2U);
}

/* --- Entries --------------------------------------------------------------------------------- */

void fat_fill_entry(const struct fat_node *node, uint8_t bytes[FAT_SLOT])
{
    const struct inode *inode = &node->inode;
    bool is_directory = inode_is_directory(inode);
    uint32_t kept = bytes[FAT_ATTRIBUTES] & ~(uint32_t)(FAT_READ_ONLY | FAT_DIRECTORY);
    if (!is_directory)
        kept |= FAT_CHANGED;
    bytes[FAT_ATTRIBUTES] = (uint8_t)(kept | (is_directory ? FAT_DIRECTORY : 0U) |
                                      (inode->mode & FAT_MODE_WRITE ? 0U : FAT_READ_ONLY));
    put_time(bytes + FAT_WRITTEN + DATE_OFFSET, true, inode->modified);
    put_time(bytes + FAT_READ_DATE, false, inode->accessed);
    put_little_16(bytes + FAT_FIRST_LOW, node->first);
    if (node->fat->bits == 32)
        put_little_16(bytes + FAT_FIRST_HIGH, node->first >> 16);
    put_little_32(bytes + FAT_SIZE, is_directory ? 0 : (uint32_t)inode->size);
}

void fat_mark_dirty(struct fat_node *node)
{
    bool was_clean = list_empty(&node->fat->dirty);
    if (list_node_linked(&node->dirty) || node->fat->filesystem.is_read_only)
        return;
    inode_reference(&node->inode);
    list_push_back(&node->fat->dirty, &node->dirty);
    if (was_clean && page_cache_became_dirty)
        page_cache_became_dirty();
}

static enum error store(struct fat_node *node)
{
    struct fat *fat = node->fat;
    struct cached_block *cached;
    uint64_t place = node->slots.place;
    if (!place)
        return OK;
    enum error error = block_cache_get(&fat->cache, place / fat->sector, &cached);
    if (error)
        return error;
    fat_fill_entry(node, cached->bytes + place % fat->sector);
    block_cache_change(cached, STAGE_DIRECTORIES);
    block_cache_put(cached);
    return OK;
}

enum error fat_take_slots(struct fat_node *node, struct fat_node *other)
{
    const struct fat_slots before = node->slots;
    ASSERT(fat_is_locked(node->fat) && other->slots.place);
    node->slots = other->slots;
    enum error error = store(node);
    if (error)
        node->slots = before;
    else
        other->slots.place = 0;
    return error;
}

enum error fat_store_nodes(struct fat *fat)
{
    struct list_node *link;
    ASSERT(fat_is_locked(fat));
    while ((link = list_first(&fat->dirty))) {
        struct fat_node *node = CONTAINER_OF(link, struct fat_node, dirty);
        bool is_unused = !node->inode.links && node->inode.object.references == 1;
        enum error error = is_unused ? fat_set_length(node, 0) : store(node);
        if (error)
            return error;
        list_remove(link);
        inode_release(&node->inode);
    }
    return OK;
}

/* --- In memory ------------------------------------------------------------------------------- */

static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    struct fat_node *node = CONTAINER_OF(object, struct fat_node, inode.object);
    return page_cache_get_page(&node->cache, index, write, frame);
}

static void release(struct vm_object *object)
{
    struct fat_node *node = CONTAINER_OF(object, struct fat_node, inode.object);
    if (inode_type(&node->inode) == S_IFREG)
        page_cache_destroy(&node->cache);
    ASSERT(!list_node_linked(&node->dirty));
    kfree(node->chain);
    inode_end(&node->inode);
    kfree(node);
}

static const struct vm_object_operations object_operations = {.get_page = get_page,
                                                              .release = release};

struct fat_node *fat_make_node(struct fat *fat, uint32_t mode)
{
    struct fat_node *node = kzalloc(sizeof(*node));
    if (!node)
        return NULL;
    node->fat = fat;
    inode_init(&node->inode, &fat->filesystem, &object_operations, mode);
    node->inode.links = 1;
    if (inode_is_directory(&node->inode)) {
        node->inode.operations = fat->operations->directory;
        node->inode.file_operations = fat->operations->directory_files;
    } else {
        node->inode.operations = fat->operations->file;
        node->inode.file_operations = fat->operations->regular_files;
        page_cache_init(&node->cache, fat->operations->pages, &node->inode);
        node->cache.limit = UINT32_MAX;
    }
    list_node_init(&node->dirty);
    return node;
}

static struct inode *find(struct fat *fat, uint64_t place)
{
    list_for_each(link, &fat->filesystem.inodes) {
        struct inode *inode = CONTAINER_OF(link, struct inode, in_filesystem);
        if (fat_node_of(inode)->slots.place == place)
            return inode;
    }
    return NULL;
}

static void fill(struct fat_node *node, const struct fat_entry *entry)
{
    struct inode *inode = &node->inode;
    const uint8_t *bytes = entry->bytes;
    const struct fat *fat = node->fat;
    ASSERT(entry->is_there && entry->next > entry->position && entry->place);
    node->slots = (struct fat_slots){
        .place = entry->place,
        .position = entry->position,
        .count = (uint32_t)((entry->next - entry->position) / FAT_SLOT),
    };
    node->first = get_little_16(bytes + FAT_FIRST_LOW);
    if (fat->bits == 32)
        node->first |= (uint32_t)get_little_16(bytes + FAT_FIRST_HIGH) << 16;
    inode->size = inode_is_directory(inode) ? fat->cluster : get_little_32(bytes + FAT_SIZE);
    inode->sectors = (inode->size + fat->cluster - 1) / fat->cluster * (fat->cluster / 512);
    inode->modified = time_of(get_little_16(bytes + FAT_WRITTEN + DATE_OFFSET),
                              get_little_16(bytes + FAT_WRITTEN));
    inode->accessed = time_of(get_little_16(bytes + FAT_READ_DATE), 0);
    inode->changed = inode->modified;
}

enum error fat_get_inode(struct fat *fat, const struct fat_entry *entry, struct inode **inode)
{
    uint8_t attributes = entry->bytes[FAT_ATTRIBUTES];
    uint32_t type = attributes & FAT_DIRECTORY ? S_IFDIR : S_IFREG;
    *inode = find(fat, entry->place);
    if (*inode) {
        inode_reference(*inode);
        return OK;
    }
    struct fat_node *node = fat_make_node(
        fat, type | (attributes & FAT_READ_ONLY ? FAT_MODE_ALL & ~FAT_MODE_WRITE : FAT_MODE_ALL));
    if (!node)
        return ERROR_OUT_OF_FRAMES;
    fill(node, entry);
    *inode = &node->inode;
    return OK;
}
