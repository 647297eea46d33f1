/*
 * Directories on the disk: slots of 32 bytes. An entry is the slots of its long name, the last part
 * first, and then the slot that tells of the file. A slot whose first byte is 0 ends the directory.
 */
#include <assert.h>
#include <fs/fat/fat.h>
#include <lib/string.h>

enum { SLOT_END = 0, SLOT_FREE = 0xe5 };

/* Offsets in a slot of a long name, and the bits of its number. */
enum { SUM = 13, LAST_PART = 0x40, NUMBER = 0x3f, UNITS_PER_SLOT = 13 };

/* Where a slot of a long name has its units. */
static const uint8_t unit_offsets[UNITS_PER_SLOT] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

/* --- Slots ----------------------------------------------------------------------------------- */

/* The root of 12 and 16 bits has a place of its own, and no clusters. */
static bool is_fixed(const struct fat_node *directory)
{
    return directory->fat->bits != 32 && directory->is_root;
}

static enum error get_size(struct fat_node *directory, uint64_t *size)
{
    const struct fat *fat = directory->fat;
    if (is_fixed(directory)) {
        *size = (uint64_t)fat->root_sectors * fat->sector;
        return OK;
    }
    enum error error = fat_load_chain(directory);
    *size = (uint64_t)directory->length * fat->cluster;
    return error;
}

/* The sector of the byte `position` of a directory, which is that long. */
static uint64_t sector_at(const struct fat_node *directory, uint64_t position)
{
    const struct fat *fat = directory->fat;
    ASSERT(is_fixed(directory) || position / fat->cluster < directory->length);
    if (is_fixed(directory))
        return fat->root + position / fat->sector;
    return fat_sector_of(fat, directory->chain[position / fat->cluster]) +
           position % fat->cluster / fat->sector;
}

/* Copies a slot, and tells its place. */
static enum error read_slot(struct fat_node *directory, uint64_t position, uint8_t slot[FAT_SLOT],
                            uint64_t *place)
{
    struct fat *fat = directory->fat;
    *place = sector_at(directory, position) * fat->sector + position % fat->sector;
    return block_cache_read(&fat->cache, *place, slot, FAT_SLOT);
}

static enum error write_slot(struct fat *fat, uint64_t place, const uint8_t *bytes, size_t size)
{
    struct cached_block *cached;
    enum error error = block_cache_get(&fat->cache, place / fat->sector, &cached);
    if (error)
        return error;
    memcpy(cached->bytes + place % fat->sector, bytes, size);
    block_cache_change(cached, STAGE_DIRECTORIES);
    block_cache_put(cached);
    return OK;
}

/* --- Reading --------------------------------------------------------------------------------- */

/* A long name as far as it was read. */
struct long_name {
    uint16_t units[FAT_NAME_UNITS + UNITS_PER_SLOT];
    unsigned parts;   /* 0: there is none */
    unsigned missing; /* parts */
    uint8_t sum;
};

static void take_part(struct long_name *name, const uint8_t *slot)
{
    enum { PARTS_MAX = 20 };
    unsigned number = slot[0] & NUMBER;
    if (slot[0] & LAST_PART && number > 0 && number <= PARTS_MAX)
        *name = (struct long_name){.parts = number, .missing = number, .sum = slot[SUM]};
    if (number == 0 || number != name->missing || slot[SUM] != name->sum) {
        name->parts = name->missing = 0;
        return;
    }
    name->missing--;
    for (unsigned i = 0; i < UNITS_PER_SLOT; i++)
        name->units[name->missing * UNITS_PER_SLOT + i] =
            (uint16_t)get_little_16(slot + unit_offsets[i]);
}

/* Can a path have that name? */
static bool can_be_in_path(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!name[i] || name[i] == '/')
            return false;
    }
    return length > 0 && length <= NAME_MAX;
}

/* The long name ends with a unit of 0, unless it fills its slots. One that no path can have is
 * ignored: the file has its short name alone then. */
static void choose_name(struct fat_entry *entry, const struct long_name *name)
{
    size_t count = 0, most = (size_t)name->parts * UNITS_PER_SLOT;
    if (name->parts > 0 && name->missing == 0 && name->sum == fat_short_sum(entry->bytes)) {
        while (count < most && count < FAT_NAME_UNITS && name->units[count])
            count++;
    }
    entry->name_length = fat_name_from_units(name->units, count, entry->name);
    if (!can_be_in_path(entry->name, entry->name_length))
        entry->name_length = fat_show_short(entry->bytes, entry->bytes[FAT_CASES], entry->name);
    entry->is_shown = can_be_in_path(entry->name, entry->name_length);
}

enum error fat_read_entry(struct fat_node *directory, uint64_t position, struct fat_entry *entry)
{
    struct long_name name = {.parts = 0};
    uint64_t size;
    ASSERT(position % FAT_SLOT == 0);
    enum error error = get_size(directory, &size);
    entry->is_there = false;
    entry->position = position;
    for (; !error && position + FAT_SLOT <= size; position += FAT_SLOT) {
        uint8_t *slot = entry->bytes;
        error = read_slot(directory, position, slot, &entry->place);
        if (error || slot[0] == SLOT_END)
            return error;
        if (slot[0] != SLOT_FREE && (slot[FAT_ATTRIBUTES] & 0x3f) == FAT_LONG_NAME) {
            if (slot[0] & LAST_PART)
                entry->position = position;
            take_part(&name, slot);
        } else if (slot[0] == SLOT_FREE || slot[FAT_ATTRIBUTES] & FAT_LABEL) {
            name.parts = name.missing = 0;
            entry->position = position + FAT_SLOT;
        } else {
            if (name.missing > 0 || name.parts == 0)
                entry->position = position;
            choose_name(entry, &name);
            entry->is_there = true;
            entry->next = position + FAT_SLOT;
            return OK;
        }
    }
    return error;
}

static bool has_name(const struct fat_entry *entry, const char *name, size_t length)
{
    char short_name[FAT_SHORT_SHOWN];
    if (fat_names_equal(entry->name, entry->name_length, name, length))
        return true;
    size_t short_length = fat_show_short(entry->bytes, 0, short_name);
    return fat_names_equal(short_name, short_length, name, length);
}

enum error fat_find_entry(struct fat_node *directory, const char *name, size_t length,
                          struct fat_entry *entry)
{
    uint64_t position = 0;
    ASSERT(filesystem_has_names_locked(&directory->fat->filesystem));
    do {
        enum error error = fat_read_entry(directory, position, entry);
        if (error)
            return error;
        if (!entry->is_there)
            return ERROR_NO_ENTRY;
        position = entry->next;
    } while (!has_name(entry, name, length));
    return OK;
}

/* --- Adding ---------------------------------------------------------------------------------- */

enum error fat_clear_clusters(struct fat_node *directory, uint32_t from)
{
    struct fat *fat = directory->fat;
    ASSERT(fat_is_locked(fat) && from <= directory->length);
    for (uint32_t i = from; i < directory->length; i++) {
        uint64_t sector = fat_sector_of(fat, directory->chain[i]);
        for (uint32_t j = 0; j < fat->cluster / fat->sector; j++) {
            struct cached_block *cached;
            enum error error = block_cache_make(&fat->cache, sector + j, &cached);
            if (error)
                return error;
            block_cache_change(cached, STAGE_DIRECTORIES);
            block_cache_put(cached);
        }
    }
    return OK;
}

/* Makes room for so many slots behind the directory's end. */
static enum error extend(struct fat_node *directory, uint64_t size, uint64_t wanted)
{
    enum { SIZE_MOST = 65536 * FAT_SLOT };
    const struct fat *fat = directory->fat;
    uint32_t length = directory->length;
    if (is_fixed(directory) || wanted > SIZE_MOST)
        return ERROR_FULL;
    enum error error = fat_set_length(
        directory, length + (uint32_t)((wanted - size + fat->cluster - 1) / fat->cluster));
    return error ? error : fat_clear_clusters(directory, length);
}

/* Finds `count` slots that are free and follow each other. */
static enum error find_room(struct fat_node *directory, unsigned count, uint64_t *found)
{
    uint64_t size, position, place;
    uint8_t slot[FAT_SLOT] = {SLOT_END};
    bool ended = false;
    unsigned free = 0;
    enum error error = get_size(directory, &size);
    for (position = 0; !error && position + FAT_SLOT <= size && free < count;
         position += FAT_SLOT) {
        if (!ended)
            error = read_slot(directory, position, slot, &place);
        ended |= slot[0] == SLOT_END;
        free = ended || slot[0] == SLOT_FREE ? free + 1 : 0;
    }
    *found = position - (uint64_t)free * FAT_SLOT;
    if (!error && free < count)
        error = extend(directory, size, *found + (uint64_t)count * FAT_SLOT);
    return error;
}

/* Is there an entry with that short name? */
static enum error has_short(struct fat_node *directory, const uint8_t short_name[FAT_SHORT],
                            bool *has)
{
    struct fat_entry entry = {.next = 0};
    do {
        enum error error = fat_read_entry(directory, entry.next, &entry);
        if (error)
            return error;
        *has = entry.is_there && memcmp(entry.bytes, short_name, FAT_SHORT) == 0;
    } while (entry.is_there && !*has);
    return OK;
}

/* A short name that no other entry has. After a few tries its number comes from the name, so that
 * many names that are alike do not take ever more tries. */
static enum error choose_short(struct fat_node *directory, const char *name, size_t length,
                               uint8_t short_name[FAT_SHORT], uint8_t *cases, bool *is_whole)
{
    enum { FEW = 4, TRIES = 1000, FIRST = 10000, NUMBERS = 90000 };
    uint32_t hash = 0;
    bool has = true;
    for (size_t i = 0; i < length; i++)
        hash = hash * 31 + (uint8_t)name[i];
    for (unsigned i = 1; has && i < TRIES; i++) {
        unsigned number = i <= FEW ? i : FIRST + (hash + i) % NUMBERS;
        *is_whole = fat_make_short(name, length, number, short_name, cases);
        enum error error = has_short(directory, short_name, &has);
        if (error)
            return error;
        if (has && *is_whole)
            return ERROR_EXISTS;
    }
    return has ? ERROR_FULL : OK;
}

static void make_part(const uint16_t *units, size_t count, unsigned part, unsigned parts,
                      uint8_t sum, uint8_t slot[FAT_SLOT])
{
    memset(slot, 0, FAT_SLOT);
    slot[0] = (uint8_t)((part + 1) | (part + 1 == parts ? LAST_PART : 0U));
    slot[FAT_ATTRIBUTES] = FAT_LONG_NAME;
    slot[SUM] = sum;
    for (unsigned i = 0; i < UNITS_PER_SLOT; i++) {
        size_t at = part * UNITS_PER_SLOT + i;
        put_little_16(slot + unit_offsets[i], at < count ? units[at] : at == count ? 0 : 0xffff);
    }
}

enum error fat_add_entry(struct fat_node *directory, const char *name, size_t length,
                         const uint8_t bytes[FAT_SLOT], struct fat_node *node)
{
    uint16_t units[FAT_NAME_UNITS];
    uint8_t last[FAT_SLOT], slot[FAT_SLOT];
    uint64_t position = 0, place = 0;
    size_t count;
    bool is_whole;
    ASSERT(fat_is_locked(directory->fat));
    if (!fat_name_to_units(name, length, units, &count))
        return ERROR_INVALID;
    memcpy(last, bytes, FAT_SLOT);
    enum error error = choose_short(directory, name, length, last, &last[FAT_CASES], &is_whole);
    unsigned parts = is_whole ? 0 : (unsigned)((count + UNITS_PER_SLOT - 1) / UNITS_PER_SLOT);
    if (!error)
        error = find_room(directory, parts + 1, &position);
    for (unsigned i = 0; !error && i <= parts; i++) {
        uint64_t at = position + (uint64_t)i * FAT_SLOT;
        place = sector_at(directory, at) * directory->fat->sector + at % directory->fat->sector;
        if (i < parts)
            make_part(units, count, parts - 1 - i, parts, fat_short_sum(last), slot);
        error = write_slot(directory->fat, place, i < parts ? slot : last, FAT_SLOT);
    }
    if (error)
        return error;
    node->slots = (struct fat_slots){place, position, parts + 1};
    return OK;
}

enum error fat_remove_entry(struct fat_node *directory, const struct fat_slots *slots)
{
    const uint8_t free = SLOT_FREE;
    struct fat *fat = directory->fat;
    ASSERT(fat_is_locked(fat) && slots->place);
    enum error error = fat_load_chain(directory);
    for (uint32_t i = 0; !error && i < slots->count; i++) {
        uint64_t at = slots->position + (uint64_t)i * FAT_SLOT;
        error =
            write_slot(fat, sector_at(directory, at) * fat->sector + at % fat->sector, &free, 1);
    }
    return error;
}
