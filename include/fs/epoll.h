/*
 * epoll: a file that knows which of many others are ready. A wait costs as much as there are files
 * that have become ready, however many are not.
 */
#ifndef FS_EPOLL_H
#define FS_EPOLL_H

#include <fs/file.h>

/* Linux's struct epoll_event (include/uapi/linux/eventpoll.h), and the bits of `events` beside
 * POLLIN ... */
struct PACKED epoll_event {
    uint32_t events;
    uint64_t data;
};
_Static_assert(sizeof(struct epoll_event) == 12, "include/uapi/linux/eventpoll.h");

#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP    (1u << 29)
#define EPOLLONESHOT   (1u << 30)
#define EPOLLET        (1u << 31)

/* A new one with one reference. ERROR_OUT_OF_FRAMES. As all below, in threads. */
enum error epoll_create(struct file **file);

/* Is the file one? */
bool file_is_epoll(const struct file *file);

/* Add, change and take away the file that descriptor `fd` is open for; both together name it.
 * ERROR_EXISTS, ERROR_NO_ENTRY; ERROR_NOT_PERMITTED for files that are always ready, ERROR_LOOP
 * when epoll files would contain each other or be nested too deep, ERROR_OUT_OF_FRAMES. */
enum error epoll_add(struct file *file, struct file *watched, int fd,
                     const struct epoll_event *event);
enum error epoll_change(struct file *file, const struct file *watched, int fd,
                        const struct epoll_event *event);
enum error epoll_remove(struct file *file, const struct file *watched, int fd);

/* How many files may be ready. */
size_t epoll_ready_count(const struct file *file);

/* What epoll_take() has found, for epoll_put_back(). */
struct epoll_taken {
    const struct file *file;
    int fd;
};

/* Tells of up to `limit` files that are ready; how many there are. May not wait. */
size_t epoll_take(struct file *file, struct epoll_event *events, struct epoll_taken *taken,
                  size_t limit);

/* The caller could not make use of the last `count` of these: they are told of again. */
void epoll_put_back(struct file *file, const struct epoll_taken *taken, size_t count);

/* Waits until a file may be ready, at most until `deadline` by the clock; UINT64_MAX is for ever.
 * *expired says that it was the deadline. ERROR_BROKEN_OFF: a signal has come. */
enum error epoll_wait(struct file *file, uint64_t deadline, bool *expired);

#endif
