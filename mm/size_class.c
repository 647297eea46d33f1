/*
 * 34 size classes: in steps of 16 bytes up to 128, then four to a doubling. So a block wastes at
 * most 15 bytes, or a fifth of itself.
 *
 * A slab has as many pages, 16 at most, as its blocks fill completely or nearly so. It has room for
 * 16 blocks or more, unless 16 pages are too small for that. The slab's header takes the room of
 * one block.
 */
#include <layout.h>
#include <mm/size_class.h>

/* X(number, for sizes above this one, up to this one, pages) */
#define FOR_EACH_CLASS(X)  \
    X(0, 0, 16, 1)         \
    X(1, 16, 32, 1)        \
    X(2, 32, 48, 1)        \
    X(3, 48, 64, 1)        \
    X(4, 64, 80, 1)        \
    X(5, 80, 96, 1)        \
    X(6, 96, 112, 1)       \
    X(7, 112, 128, 1)      \
    X(8, 128, 160, 1)      \
    X(9, 160, 192, 1)      \
    X(10, 192, 224, 1)     \
    X(11, 224, 256, 1)     \
    X(12, 256, 320, 5)     \
    X(13, 320, 384, 3)     \
    X(14, 384, 448, 7)     \
    X(15, 448, 512, 4)     \
    X(16, 512, 640, 5)     \
    X(17, 640, 768, 6)     \
    X(18, 768, 896, 7)     \
    X(19, 896, 1024, 8)    \
    X(20, 1024, 1280, 10)  \
    X(21, 1280, 1536, 12)  \
    X(22, 1536, 1792, 14)  \
    X(23, 1792, 2048, 16)  \
    X(24, 2048, 2560, 15)  \
    X(25, 2560, 3072, 15)  \
    X(26, 3072, 3584, 14)  \
    X(27, 3584, 4096, 16)  \
    X(28, 4096, 5120, 15)  \
    X(29, 5120, 6144, 15)  \
    X(30, 6144, 7168, 14)  \
    X(31, 7168, 8192, 16)  \
    X(32, 8192, 10240, 15) \
    X(33, 10240, 12288, 15)

#define STEPS(number, above, size, slab_pages) \
    [(above) / SIZE_CLASS_STEP + 1 ...(size) / SIZE_CLASS_STEP] = (number),
#define GEOMETRY(number, above, size, slab_pages) \
    [number] = {.block_size = (size), .pages = (slab_pages)},

const uint8_t size_class_table[SIZE_CLASS_LARGEST / SIZE_CLASS_STEP + 1] = {FOR_EACH_CLASS(STEPS)};

const struct size_class size_classes[SIZE_CLASSES] = {FOR_EACH_CLASS(GEOMETRY)};

#define CHECK(number, above, size, slab_pages)                          \
    _Static_assert((size) > (above) && (size) % SIZE_CLASS_STEP == 0 && \
                       (size) <= (slab_pages)*PAGE_SIZE / 2,            \
                   "a slab holds its header and a block at least, in steps");
FOR_EACH_CLASS(CHECK)
