#include <assert.h>
#include <fs/cpio.h>
#include <lib/string.h>

enum { MAGIC = 6, FIELDS = 13, FIELD = 8, HEADER = MAGIC + FIELDS * FIELD };

/* The fields behind the magic, in their order; each has eight hexadecimal digits. */
enum {
    INODE,
    MODE,
    UID,
    GID,
    LINKS,
    MODIFIED,
    SIZE,
    DEVICE_MAJOR,
    DEVICE_MINOR,
    RDEV_MAJOR,
    RDEV_MINOR,
    NAME_SIZE,
    CHECKSUM, /* not used by this format */
};

static bool parse_digit(uint8_t byte, uint32_t *digit)
{
    uint8_t lower = byte | 0x20;
    if (byte >= '0' && byte <= '9')
        *digit = byte - (uint32_t)'0';
    else if (lower >= 'a' && lower <= 'f')
        *digit = lower - (uint32_t)'a' + 10;
    else
        return false;
    return true;
}

static bool parse_fields(const uint8_t *bytes, uint32_t fields[FIELDS])
{
    for (unsigned i = 0; i < FIELDS; i++) {
        fields[i] = 0;
        for (unsigned j = 0; j < FIELD; j++) {
            uint32_t digit;
            if (!parse_digit(*bytes++, &digit))
                return false;
            fields[i] = fields[i] << 4 | digit;
        }
    }
    return true;
}

/* Returns the next `size` bytes, and moves on to the next multiple of 4; NULL when the archive is
 * shorter. The last padding may be missing. */
static const uint8_t *take(struct cpio *archive, size_t size)
{
    ASSERT(archive->offset <= archive->size);
    if (size > archive->size - archive->offset)
        return NULL;
    const uint8_t *bytes = archive->bytes + archive->offset;
    archive->offset = MIN(ALIGN_UP(archive->offset + size, (size_t)4), archive->size);
    return bytes;
}

/* Several archives may follow each other, with zeros between them. */
static void skip_zeros(struct cpio *archive)
{
    while (archive->offset < archive->size && archive->bytes[archive->offset] == 0)
        archive->offset++;
}

static enum error parse(struct cpio *archive, struct cpio_entry *entry)
{
    uint32_t fields[FIELDS];
    if (archive->size - archive->offset < HEADER)
        return ERROR_INVALID;
    const uint8_t *header = archive->bytes + archive->offset;
    if (memcmp(header, "070701", MAGIC) != 0 || !parse_fields(header + MAGIC, fields))
        return ERROR_INVALID;
    if (fields[NAME_SIZE] == 0)
        return ERROR_INVALID;
    const uint8_t *start = take(archive, HEADER + (size_t)fields[NAME_SIZE]);
    const uint8_t *content = start ? take(archive, fields[SIZE]) : NULL;
    if (!content || start[HEADER + fields[NAME_SIZE] - 1] != '\0')
        return ERROR_INVALID;
    const char *name = (const char *)start + HEADER;
    while (*name == '/')
        name++;
    *entry = (struct cpio_entry){
        .name = name,
        .content = content,
        .size = fields[SIZE],
        .inode = fields[INODE],
        .mode = fields[MODE],
        .uid = fields[UID],
        .gid = fields[GID],
        .links = fields[LINKS],
        .modified = fields[MODIFIED],
        .rdev_major = fields[RDEV_MAJOR],
        .rdev_minor = fields[RDEV_MINOR],
    };
    return OK;
}

enum error cpio_next(struct cpio *archive, struct cpio_entry *entry)
{
    do {
        skip_zeros(archive);
        if (archive->offset == archive->size)
            return ERROR_NO_ENTRY;
        enum error error = parse(archive, entry);
        if (error)
            return error;
    } while (strcmp(entry->name, "TRAILER!!!") == 0);
    return OK;
}
