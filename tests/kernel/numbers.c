#include "numbers.h"

static enum poll_result poll_sender(struct task *task)
{
    struct number_task *sender = CONTAINER_OF(task, struct number_task, task);
    return channel_poll_send(sender->numbers, &sender->waker, task, &sender->number, &sender->done);
}

static enum poll_result poll_receiver(struct task *task)
{
    struct number_task *receiver = CONTAINER_OF(task, struct number_task, task);
    return channel_poll_receive(receiver->numbers, &receiver->waker, task, &receiver->number,
                                &receiver->done);
}

static enum poll_result poll_number(struct future *future, struct task *task)
{
    struct number_future *number = CONTAINER_OF(future, struct number_future, future);
    return channel_poll_receive(number->numbers, &future->waker, task, &number->number,
                                &number->done);
}

struct number_task number_sender(struct channel *numbers)
{
    return (struct number_task){
        .task = {.name = "sender", .poll = poll_sender}, .numbers = numbers, .number = 42};
}

struct number_task number_receiver(struct channel *numbers)
{
    return (struct number_task){.task = {.name = "receiver", .poll = poll_receiver},
                                .numbers = numbers};
}

struct number_future number_future(struct channel *numbers)
{
    return (struct number_future){.future = {.poll = poll_number}, .numbers = numbers};
}
