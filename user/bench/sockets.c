/* One byte through a pair of unix sockets, to another process and back. */
#include "bench/bench.h"
#include "lib/linux.h"

static void pass(int socket)
{
    char byte = 0;
    if (sys_write(socket, &byte, 1) != 1 || sys_read(socket, &byte, 1) != 1)
        bench_need("the socket", -1);
}

BENCH(socket, "socket.")
{
    enum { FAMILY_UNIX = 1, TYPE_STREAM = 1 };
    int ends[2];
    bench_need("socketpair", sys_socketpair(FAMILY_UNIX, TYPE_STREAM, 0, ends));
    int child = (int)bench_need("fork", sys_fork());
    if (child == 0) {
        char byte;
        sys_close(ends[0]);
        while (sys_read(ends[1], &byte, 1) == 1)
            sys_write(ends[1], &byte, 1);
        sys_exit_group(0);
    }
    sys_close(ends[1]);
    for (int i = 0; i < WARM_UP; i++)
        pass(ends[0]);
    uint64_t start = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        pass(ends[0]);
    bench_report("socket.ping_pong", bench_stop(start), ROUNDS);
    sys_close(ends[0]);
    sys_wait4(child, NULL, 0, NULL);
}
