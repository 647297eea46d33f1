/* What an eventfd costs that epoll watches, beside others that are not ready; and poll likewise. */
#include "bench/bench.h"
#include "lib/linux.h"

enum { FEW = 10, MANY = 10000, SPARE = 16 };

static int files[MANY];

/* Opens eventfds that stay as they are, up to `count` of them, and has epoll watch them. */
static void open_files(int epoll, int from, int count)
{
    struct epoll_event event = {.events = POLL_INPUT};
    for (int i = from; i < count; i++) {
        files[i] = (int)bench_need("eventfd2", sys_eventfd2(0, 0));
        bench_need("epoll_ctl", sys_epoll_ctl(epoll, EPOLL_ADD, files[i], &event));
    }
}

/* An event, and its reception. */
static uint64_t measure(int epoll, int file)
{
    struct epoll_event event;
    uint64_t one = 1, start = 0;
    for (int i = 0; i < WARM_UP + ROUNDS; i++) {
        if (i == WARM_UP)
            start = bench_start();
        bench_need("write", sys_write(file, &one, sizeof(one)));
        bench_need("epoll_wait", sys_epoll_wait(epoll, &event, 1, -1) == 1 ? 0 : -1);
        bench_need("read", sys_read(file, &one, sizeof(one)));
    }
    return bench_stop(start);
}

/* A look at files of which none is ready. */
static uint64_t measure_poll(struct poll_entry *entries, unsigned long count)
{
    enum { LOOKS = 10 };
    uint64_t start = bench_start();
    for (int i = 0; i < LOOKS; i++)
        bench_need("poll", sys_poll(entries, count, 0));
    return bench_stop(start) / LOOKS;
}

BENCH(event, "event.")
{
    static struct poll_entry entries[MANY];
    struct resource_limit limit = {MANY + SPARE, MANY + SPARE};
    bench_need("setrlimit", sys_setrlimit(LIMIT_FILES, &limit));
    int epoll = (int)bench_need("epoll_create1", sys_epoll_create1(0));
    int file = (int)bench_need("eventfd2", sys_eventfd2(0, 0));
    struct epoll_event event = {.events = POLL_INPUT};
    bench_need("epoll_ctl", sys_epoll_ctl(epoll, EPOLL_ADD, file, &event));
    bench_report("event.epoll", measure(epoll, file), ROUNDS);
    open_files(epoll, 0, FEW);
    bench_report("event.epoll.10", measure(epoll, file), ROUNDS);
    open_files(epoll, FEW, MANY);
    bench_report("event.epoll.10000", measure(epoll, file), ROUNDS);
    for (int i = 0; i < MANY; i++)
        entries[i] = (struct poll_entry){.file = files[i], .wanted = POLL_INPUT};
    bench_report("event.poll.10", measure_poll(entries, FEW), 1);
    bench_report("event.poll.10000", measure_poll(entries, MANY), 1);
    for (int i = 0; i < MANY; i++)
        sys_close(files[i]);
    sys_close(file);
    sys_close(epoll);
}
