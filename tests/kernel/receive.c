/*
 * `receive=COUNT` (hexadecimal) on the command line takes that many bytes from COM1, as fast as
 * they come, and tells their CRC-32 and how many the port has lost. tests/e2e/com1.py sends them.
 */
#include <kernel/input.h>
#include <kernel/log/console.h>
#include <kernel/main.h>
#include <kernel/task/executor.h>
#include <lib/number.h>

struct receiver {
    struct task task;
    struct waker waker;
    uint64_t missing;
    uint32_t crc; /* inverted, as the CRC is computed (ISO 3309) */
};

static uint32_t crc_add(uint32_t crc, uint8_t byte)
{
    enum { POLYNOMIAL = (int)0xedb88320 };
    crc ^= byte;
    for (unsigned bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (crc & 1 ? (uint32_t)POLYNOMIAL : 0);
    return crc;
}

static enum poll_result poll_receiver(struct task *task)
{
    struct receiver *receiver = CONTAINER_OF(task, struct receiver, task);
    uint8_t byte;
    while (receiver->missing) {
        if (stream_poll(&com1.received, &receiver->waker, task, &byte) == POLL_PENDING)
            return POLL_PENDING;
        receiver->crc = crc_add(receiver->crc, byte);
        receiver->missing--;
    }
    return POLL_READY;
}

static bool receive(const char *value)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct receiver receiver = {.crc = ~0u};
    if (!parse_hexadecimal(value, &receiver.missing))
        return false;
    list_pop_front(&com1.received.readers.wakers); /* the monitor's reader of the port */
    console_printf("receive: go on\n");
    task_init(&receiver.task, "receiver", poll_receiver, NULL);
    executor_spawn(&executor, &receiver.task);
    executor_block_on(&executor, &receiver.task);
    console_printf("receive: CRC-32 %08x, %lu lost\n", ~receiver.crc, com1.received.lost);
    return true;
}

BOOT_MODE(receive, receive);
