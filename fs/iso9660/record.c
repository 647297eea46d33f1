/*
 * Directory records, and what Rock Ridge adds to them. A record has a fixed part (ECMA-119 9.1), a
 * name, and a system use area: entries with a signature of two letters each, which go on in other
 * sectors where the area is too small ("CE"). Rock Ridge's entries there give the file a name, a
 * mode and owners as Unix has them. Without them names are in capitals, with a version behind.
 */
#include <assert.h>
#include <drivers/time_of_day.h>
#include <fs/iso9660/iso9660.h>
#include <kernel/log/log.h>
#include <lib/string.h>

enum record_field {
    LENGTH = 0,
    FIRST = 2,
    SIZE = 10,
    DATE = 18,
    FLAGS = 25,
    NAME_LENGTH = 32,
    NAME = 33,
    DATE_BYTES = 7,
};
enum record_flag { DIRECTORY = 2, GOES_ON = 0x80 };

#define NANOSECONDS INT64_C(1000000000)

enum error iso_damaged(const struct iso *iso, const char *what)
{
    log_warn("iso9660: %s: %s", iso->cache.device->name, what);
    return ERROR_DEVICE;
}

/* --- System use areas ------------------------------------------------------------------------ */

/* Of each entry: its signature, its length, its version, and its data. */
enum { ENTRY_LENGTH = 2, ENTRY_DATA = 4 };

/* A sector's part that has entries, and where more of them are. */
struct area {
    uint32_t sector, offset, length;
};

/* Is told of one entry, `length` bytes from the signature on. */
typedef void visit_entry(void *context, const uint8_t *entry, size_t length);

static bool is_entry(const uint8_t *entry, const char *signature)
{
    return entry[0] == (uint8_t)signature[0] && entry[1] == (uint8_t)signature[1];
}

/* Visits the entries of one area; `area` becomes the one where they go on, with length 0 if they do
 * not. */
static void visit_area(const uint8_t *bytes, struct area *area, visit_entry *visit, void *context)
{
    size_t end = area->length, length;
    area->length = 0;
    for (size_t at = 0; at + ENTRY_DATA <= end; at += length) {
        const uint8_t *entry = bytes + at;
        length = entry[ENTRY_LENGTH];
        if (length < ENTRY_DATA || length > end - at || is_entry(entry, "ST"))
            break;
        if (is_entry(entry, "CE") && length >= 28)
            *area = (struct area){get_little_32(entry + 4), get_little_32(entry + 12),
                                  get_little_32(entry + 20)};
        else
            visit(context, entry, length);
    }
}

/* Visits all entries of the record that begins at `bytes` in its sector. */
static enum error visit_entries(struct iso *iso, const uint8_t *bytes, visit_entry *visit,
                                void *context)
{
    enum { MOST_AREAS = 64 /* a chain that comes back to itself ends */ };
    size_t start = NAME + (bytes[NAME_LENGTH] | 1U) + iso->skip;
    struct area area = {.length = bytes[LENGTH] > start ? (uint32_t)(bytes[LENGTH] - start) : 0};
    visit_area(bytes + start, &area, visit, context);
    for (unsigned i = 0; area.length > 0; i++) {
        struct cached_block *cached;
        if (i == MOST_AREAS || area.offset > ISO_SECTOR || area.length > ISO_SECTOR - area.offset ||
            area.sector >= iso->sectors)
            return iso_damaged(iso, "a system use area is in an impossible place");
        enum error error = block_cache_get(&iso->cache, area.sector, &cached);
        if (error)
            return error;
        visit_area(cached->bytes + area.offset, &area, visit, context);
        block_cache_put(cached);
    }
    return OK;
}

/* --- Records --------------------------------------------------------------------------------- */

/* The years from 1900 on, month, day, hour, minute, second, and quarters of an hour from UTC. */
static int64_t time_of(const uint8_t *date)
{
    struct date_time time = {.year = 1900 + date[0],
                             .month = date[1],
                             .day = date[2],
                             .hour = date[3],
                             .minute = date[4],
                             .second = date[5]};
    if (time.month < 1 || time.month > 12)
        return 0;
    return (date_time_to_seconds(&time) - (int8_t)date[6] * INT64_C(900)) * NANOSECONDS;
}

/* "TF": which times there are, and these in the order of the bits. */
static void take_times(struct iso_record *record, const uint8_t *entry, size_t length)
{
    enum { KINDS = 7, IS_LONG = 0x80 };
    int64_t *const times[KINDS] = {
        [1] = &record->modified, [2] = &record->accessed, [3] = &record->changed};
    uint8_t flags = entry[ENTRY_DATA];
    const uint8_t *date = entry + ENTRY_DATA + 1;
    if (flags & IS_LONG)
        return;
    for (unsigned kind = 0; kind < KINDS && date + DATE_BYTES <= entry + length; kind++) {
        if (!(flags & 1U << kind))
            continue;
        if (times[kind])
            *times[kind] = time_of(date);
        date += DATE_BYTES;
    }
}

/* "NM": a part of the name. Parts that stand for "." and ".." have no text. */
static void take_name(struct iso_record *record, const uint8_t *entry, size_t length)
{
    ASSERT(length > ENTRY_DATA && record->name_length <= ISO_NAME_MAX);
    size_t size = length - ENTRY_DATA - 1;
    if (size > ISO_NAME_MAX - record->name_length)
        size = ISO_NAME_MAX - record->name_length;
    memcpy(record->name + record->name_length, entry + ENTRY_DATA + 1, size);
    record->name_length += size;
}

static uint32_t device_number(uint32_t high, uint32_t low)
{
    return high ? (low & 0xff) | (high & 0xfff) << 8 | (low & ~UINT32_C(0xff)) << 12 : low;
}

static void take_entry(void *context, const uint8_t *entry, size_t length)
{
    struct iso_record *record = context;
    const uint8_t *data = entry + ENTRY_DATA;
    if (is_entry(entry, "PX") && length >= 36) {
        record->mode = get_little_32(data);
        record->links = get_little_32(data + 8);
        record->uid = get_little_32(data + 16);
        record->gid = get_little_32(data + 24);
    } else if (is_entry(entry, "NM") && length > ENTRY_DATA) {
        take_name(record, entry, length);
    } else if (is_entry(entry, "TF") && length > ENTRY_DATA) {
        take_times(record, entry, length);
    } else if (is_entry(entry, "PN") && length >= 20) {
        record->rdev = device_number(get_little_32(data), get_little_32(data + 8));
    }
}

/* The standard's own name: in small letters, without the version, or a dot at the end. */
static void take_plain_name(struct iso_record *record, const uint8_t *name, size_t length)
{
    size_t end = 0;
    while (end < length && name[end] != ';')
        end++;
    if (end > 1 && name[end - 1] == '.')
        end--;
    for (size_t i = 0; i < end; i++)
        record->name[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 'a' - 'A' : name[i]);
    record->name_length = end;
}

/* The first two records of a directory stand for itself and its parent. */
static void choose_name(struct iso_record *record, const uint8_t *name, size_t length)
{
    if (length == 1 && name[0] <= 1) {
        record->name_length = name[0] + 1U;
        memcpy(record->name, "..", record->name_length);
    } else if (record->name_length == 0) {
        take_plain_name(record, name, length);
    }
    ASSERT(record->name_length <= ISO_NAME_MAX);
    record->name[record->name_length] = '\0';
}

static enum error check_content(const struct iso *iso, const struct iso_record *record,
                                uint8_t flags)
{
    uint32_t count = record->size / ISO_SECTOR + (record->size % ISO_SECTOR != 0);
    if (flags & GOES_ON)
        return iso_damaged(iso, "a file in several pieces, which is not supported");
    if (count && (record->first >= iso->sectors || count > iso->sectors - record->first))
        return iso_damaged(iso, "a file's content is not on the disk");
    return OK;
}

static enum error parse(struct iso *iso, const uint8_t *bytes, struct iso_record *record)
{
    bool is_directory = bytes[FLAGS] & DIRECTORY;
    record->first = get_little_32(bytes + FIRST);
    record->size = get_little_32(bytes + SIZE);
    record->mode = is_directory ? S_IFDIR | 0555 : S_IFREG | 0444;
    record->links = 1;
    record->modified = record->accessed = record->changed = time_of(bytes + DATE);
    if (iso->has_rock_ridge) {
        enum error error = visit_entries(iso, bytes, take_entry, record);
        if (error)
            return error;
    }
    choose_name(record, bytes + NAME, bytes[NAME_LENGTH]);
    if (is_directory != ((record->mode & S_IFMT) == S_IFDIR))
        return iso_damaged(iso, "a directory's mode is that of a file, or the other way");
    if (is_directory)
        record->place = (uint64_t)record->first * ISO_SECTOR;
    return check_content(iso, record, bytes[FLAGS]);
}

static bool is_record(const uint8_t *bytes, size_t left)
{
    return left > NAME && bytes[LENGTH] <= left && bytes[LENGTH] > NAME && bytes[NAME_LENGTH] > 0 &&
           bytes[LENGTH] >= NAME + bytes[NAME_LENGTH];
}

enum error iso_read_record(struct iso *iso, uint64_t place, struct iso_record *record)
{
    struct cached_block *cached;
    size_t within = place % ISO_SECTOR;
    enum error error = block_cache_get(&iso->cache, place / ISO_SECTOR, &cached);
    if (error)
        return error;
    const uint8_t *bytes = cached->bytes + within;
    memset(record, 0, sizeof(*record));
    record->place = place;
    record->is_there = bytes[LENGTH] != 0; /* no record crosses the end of a sector */
    record->next = record->is_there ? place + bytes[LENGTH] : place - within + ISO_SECTOR;
    if (record->is_there)
        error = is_record(bytes, ISO_SECTOR - within)
                    ? parse(iso, bytes, record)
                    : iso_damaged(iso, "a directory's record has an impossible length");
    block_cache_put(cached);
    return error;
}

/* --- The root's first record ----------------------------------------------------------------- */

static void look_for_sharing(void *context, const uint8_t *entry, size_t length)
{
    struct iso *iso = context;
    if (is_entry(entry, "SP") && length >= 7 && entry[4] == 0xbe && entry[5] == 0xef) {
        iso->has_rock_ridge = true;
        iso->skip = entry[6];
    }
}

enum error iso_find_rock_ridge(struct iso *iso, uint32_t root)
{
    struct cached_block *cached;
    enum error error = block_cache_get(&iso->cache, root, &cached);
    if (error)
        return error;
    if (is_record(cached->bytes, ISO_SECTOR))
        error = visit_entries(iso, cached->bytes, look_for_sharing, iso);
    block_cache_put(cached);
    return error;
}

/* --- Symbolic links -------------------------------------------------------------------------- */

/* "SL": parts of the target, each with flags, a length and its text. */
enum part_flag { PART_GOES_ON = 1, PART_CURRENT = 2, PART_PARENT = 4, PART_ROOT = 8 };

struct target {
    char *text;
    size_t size, length;
    bool needs_slash; /* before the next part */
    bool is_cut;
};

static void append(struct target *target, const void *text, size_t length)
{
    ASSERT(target->length <= target->size);
    if (length > target->size - target->length) {
        target->is_cut = true;
        return;
    }
    memcpy(target->text + target->length, text, length);
    target->length += length;
}

static void take_part(struct target *target, uint8_t flags, const uint8_t *text, size_t length)
{
    if (target->needs_slash)
        append(target, "/", 1);
    target->needs_slash = !(flags & (PART_GOES_ON | PART_ROOT));
    if (flags & PART_ROOT)
        append(target, "/", 1);
    else if (flags & PART_PARENT)
        append(target, "..", 2);
    else if (flags & PART_CURRENT)
        append(target, ".", 1);
    else
        append(target, text, length);
}

static void take_parts(void *context, const uint8_t *entry, size_t length)
{
    struct target *target = context;
    if (!is_entry(entry, "SL"))
        return;
    for (size_t at = ENTRY_DATA + 1; at + 2 <= length && entry[at + 1] <= length - at - 2;
         at += 2U + entry[at + 1])
        take_part(target, entry[at], entry + at + 2, entry[at + 1]);
}

enum error iso_read_target(struct iso *iso, uint64_t place, char *target, size_t size,
                           size_t *length)
{
    struct target whole = {.text = target, .size = size};
    struct cached_block *cached;
    size_t within = place % ISO_SECTOR;
    enum error error = block_cache_get(&iso->cache, place / ISO_SECTOR, &cached);
    if (error)
        return error;
    if (is_record(cached->bytes + within, ISO_SECTOR - within))
        error = visit_entries(iso, cached->bytes + within, take_parts, &whole);
    block_cache_put(cached);
    *length = whole.length;
    return !error && whole.is_cut ? ERROR_TOO_LONG : error;
}
