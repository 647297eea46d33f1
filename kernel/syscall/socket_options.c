/*
 * The options of sockets. Unix sockets have only those of level SOL_SOCKET.
 */
#include <kernel/syscall/calls.h>
#include <kernel/syscall/device_events.h>
#include <kernel/syscall/socket_calls.h>
#include <kernel/syscall/times.h>
#include <kernel/task/clock.h>
#include <mm/user_copy.h>

enum {
    SOL_SOCKET = 1,
    SO_DEBUG = 1,
    SO_REUSEADDR = 2,
    SO_TYPE = 3,
    SO_ERROR = 4,
    SO_BROADCAST = 6,
    SO_SNDBUF = 7,
    SO_RCVBUF = 8,
    SO_KEEPALIVE = 9,
    SO_PRIORITY = 12,
    SO_LINGER = 13,
    SO_REUSEPORT = 15,
    SO_PASSCRED = 16,
    SO_PEERCRED = 17,
    SO_RCVTIMEO = 20,
    SO_SNDTIMEO = 21,
    SO_ACCEPTCONN = 30,
    SO_PROTOCOL = 38,
    SO_DOMAIN = 39,
    BUFFER_SIZE = 212992,
};

struct time_parts {
    int64_t seconds, microseconds;
};

/* Sets the limit of a wait, in nanoseconds; 0 is none. */
static enum error set_limit(uint64_t *limit, virt_addr_t from, size_t size)
{
    enum { EDGE = 1000000, DOM = 33 };
    struct time_parts time;
    if (size < sizeof(time))
        return ERROR_INVALID;
    enum error error = copy_from_user(&time, from, sizeof(time));
    if (error)
        return error;
    if (time.microseconds < 0 || time.microseconds >= EDGE)
        return ERROR_OUT_OF_DOMAIN;
    if (time.seconds < 0) {
        *limit = 1; /* practically no wait, as on Linux; read back it is 0 */
        return OK;
    }
    error = time_from_parts(time.seconds, time.microseconds, 1000, limit);
    if (*limit == INT64_MAX) /* it did not fit: no limit */
        *limit = 0;
    return error;
}

/* Options that have no effect on unix sockets are accepted. */
static enum error set_number(struct unix_socket *socket, unsigned option, int32_t value)
{
    switch (option) {
    case SO_PASSCRED:
        socket->wants_credentials = value;
        return OK;
    case SO_DEBUG:
    case SO_REUSEADDR:
    case SO_BROADCAST:
    case SO_SNDBUF:
    case SO_RCVBUF:
    case SO_KEEPALIVE:
    case SO_PRIORITY:
    case SO_LINGER:
        return OK;
    case SO_REUSEPORT:
        return ERROR_UNSUPPORTED;
    default:
        return ERROR_NO_OPTION;
    }
}

static enum error set_option(struct unix_socket *socket, unsigned option, virt_addr_t from,
                             size_t size)
{
    int32_t values[2];
    size_t wanted = option == SO_LINGER ? sizeof(values) : sizeof(values[0]);
    if (option == SO_RCVTIMEO)
        return set_limit(&socket->receive_limit, from, size);
    if (option == SO_SNDTIMEO)
        return set_limit(&socket->send_limit, from, size);
    if (size < wanted)
        return ERROR_INVALID;
    enum error error = copy_from_user(values, from, wanted);
    return error ? error : set_number(socket, option, values[0]);
}

static int64_t set(struct unix_socket *socket, const struct trap_frame *frame)
{
    int size = (int)argument_4(frame);
    if (size < 0)
        return syscall_result(ERROR_INVALID);
    if ((int)argument_1(frame) != SOL_SOCKET)
        return syscall_result(ERROR_UNSUPPORTED);
    return syscall_result(
        set_option(socket, (unsigned)argument_2(frame), argument_3(frame), (size_t)size));
}

int64_t syscall_setsockopt(struct trap_frame *frame)
{
    if (descriptor_is_of_device_events((int)argument_0(frame)))
        return 0; /* a filter for messages that never arrive */
    return socket_call(frame, set);
}

/* An option's value, and its size. */
struct option_value {
    union {
        int32_t number;
        int32_t linger[2];
        struct socket_credentials credentials;
        struct time_parts time;
    };
    uint32_t size;
};

static struct option_value number_value(int32_t number)
{
    return (struct option_value){.number = number, .size = sizeof(number)};
}

static struct option_value time_value(uint64_t limit)
{
    return (struct option_value){.time = {(int64_t)(limit / NANOSECONDS_PER_SECOND),
                                          (int64_t)(limit % NANOSECONDS_PER_SECOND / 1000)},
                                 .size = sizeof(struct time_parts)};
}

static enum error get_option(struct unix_socket *socket, unsigned option,
                             struct option_value *value)
{
    *value = number_value(0);
    switch (option) {
    case SO_TYPE:
        *value = number_value((int32_t)socket->type);
        return OK;
    case SO_DOMAIN:
        *value = number_value(AF_UNIX);
        return OK;
    case SO_ERROR:
        *value = number_value((int32_t)-syscall_result(socket->error));
        socket->error = OK;
        return OK;
    case SO_ACCEPTCONN:
        *value = number_value(socket->state == UNIX_LISTENING);
        return OK;
    case SO_PASSCRED:
        *value = number_value(socket->wants_credentials);
        return OK;
    case SO_SNDBUF:
    case SO_RCVBUF:
        *value = number_value(BUFFER_SIZE);
        return OK;
    case SO_PEERCRED:
        value->credentials = socket->peer_credentials;
        value->size = sizeof(value->credentials);
        return OK;
    case SO_LINGER:
        value->size = sizeof(value->linger);
        value->linger[1] = 0;
        return OK;
    case SO_RCVTIMEO:
        *value = time_value(socket->receive_limit);
        return OK;
    case SO_SNDTIMEO:
        *value = time_value(socket->send_limit);
        return OK;
    case SO_DEBUG:
    case SO_REUSEADDR:
    case SO_REUSEPORT:
    case SO_BROADCAST:
    case SO_KEEPALIVE:
    case SO_PRIORITY:
    case SO_PROTOCOL:
        return OK;
    default:
        return ERROR_NO_OPTION;
    }
}

static enum error give_option(struct unix_socket *socket, unsigned option, virt_addr_t to,
                              virt_addr_t size_at)
{
    struct option_value value;
    int32_t room;
    enum error error = copy_from_user(&room, size_at, sizeof(room));
    if (!error && room < 0)
        error = ERROR_INVALID;
    if (!error)
        error = get_option(socket, option, &value);
    if (error)
        return error;
    value.size = MIN(value.size, (uint32_t)room);
    error = copy_to_user(to, &value, value.size);
    return error ? error : copy_to_user(size_at, &value.size, sizeof(value.size));
}

static int64_t get(struct unix_socket *socket, const struct trap_frame *frame)
{
    if ((int)argument_1(frame) != SOL_SOCKET)
        return syscall_result(ERROR_UNSUPPORTED);
    return syscall_result(
        give_option(socket, (unsigned)argument_2(frame), argument_3(frame), argument_4(frame)));
}

int64_t syscall_getsockopt(struct trap_frame *frame)
{
    return socket_call(frame, get);
}
