/*
 * Names of unix sockets, and the text that a socket or pipe has received.
 */
#ifndef TESTS_USER_SOCKET_SUPPORT_H
#define TESTS_USER_SOCKET_SUPPORT_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "support.h"

/* The size of a name with that path; abstract when it begins with '@'. */
static inline socklen_t name_of(struct sockaddr_un *name, const char *path)
{
    memset(name, 0, sizeof(*name));
    name->sun_family = AF_UNIX;
    strcpy(name->sun_path, path);
    if (path[0] == '@')
        name->sun_path[0] = '\0';
    return offsetof(struct sockaddr_un, sun_path) + strlen(path) + (path[0] != '@');
}

static inline int bind_to(int fd, const char *path)
{
    struct sockaddr_un name;
    socklen_t size = name_of(&name, path);
    return bind(fd, (struct sockaddr *)&name, size);
}

static inline int connect_to(int fd, const char *path)
{
    struct sockaddr_un name;
    socklen_t size = name_of(&name, path);
    return connect(fd, (struct sockaddr *)&name, size);
}

static inline int send_to(int fd, const char *text, const char *path)
{
    struct sockaddr_un name;
    socklen_t size = name_of(&name, path);
    return (int)sendto(fd, text, strlen(text), 0, (struct sockaddr *)&name, size);
}

static inline int listener(int type, const char *path)
{
    int fd = socket(AF_UNIX, type, 0);
    return fd < 0 || bind_to(fd, path) < 0 || listen(fd, 5) < 0 ? -1 : fd;
}

/* A read's text, in static memory. */
static inline const char *text_of(int fd)
{
    static char text[256];
    ssize_t size = read(fd, text, sizeof(text) - 1);
    text[size < 0 ? 0 : size] = '\0';
    return size < 0 ? "(failed)" : text;
}

#define EXPECT_TEXT(fd, expected) EXPECT(strcmp(text_of(fd), expected) == 0)

#endif
