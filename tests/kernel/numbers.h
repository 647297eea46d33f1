/*
 * Tasks and futures that pass a number over a channel: post 12's example, an async function that
 * awaits another one, "async number: 42".
 */
#ifndef TESTS_KERNEL_NUMBERS_H
#define TESTS_KERNEL_NUMBERS_H

#include <kernel/task/channel.h>
#include <kernel/task/future.h>

struct number_task {
    struct task task;
    struct waker waker;
    struct channel *numbers;
    uint8_t number; /* 42, or the received number */
    bool done;      /* it was sent, or received */
};

/* A task that sends 42 over a channel of bytes, and one that receives a number. The caller spawns
 * them. */
struct number_task number_sender(struct channel *numbers);
struct number_task number_receiver(struct channel *numbers);

struct number_future {
    struct future future;
    struct channel *numbers;
    uint8_t number;
    bool done;
};

/* The future of a number from the channel. */
struct number_future number_future(struct channel *numbers);

#endif
