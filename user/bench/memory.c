/* Page faults, and the mapping of memory. */
#include "bench/bench.h"
#include "lib/linux.h"

enum { PAGE = 4096, FEW_PAGES = 16 };

static void write_pages(volatile char *memory)
{
    for (int i = 0; i < ROUNDS; i++)
        memory[i * PAGE] = 1;
}

/* Touches fresh pages, and gives them back: the ticks of both. All rounds at once, for a page can
 * be touched for the first time only once. */
static void touch(uint64_t *touched, uint64_t *unmapped)
{
    char *memory = bench_map(ROUNDS);
    uint64_t start = bench_start();
    write_pages(memory);
    *touched = bench_stop(start);
    start = bench_start();
    sys_munmap(memory, ROUNDS * PAGE);
    *unmapped = bench_stop(start);
}

static void read_zeros(void)
{
    volatile char *memory = bench_map(ROUNDS);
    uint64_t start = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        (void)memory[i * PAGE];
    bench_report("fault.zero_read", bench_stop(start), ROUNDS);
    sys_munmap((void *)(uintptr_t)memory, ROUNDS * PAGE);
}

/* The child keeps its copy, and waits for the end of the pipe. */
static void copy_on_write(void)
{
    int ends[2];
    char byte;
    char *memory = bench_map(ROUNDS);
    write_pages(memory);
    bench_need("pipe2", sys_pipe2(ends, 0));
    long child = bench_need("fork", sys_fork());
    if (child == 0) {
        sys_close(ends[1]);
        sys_exit_group(sys_read(ends[0], &byte, 1) != 0);
    }
    uint64_t start = bench_start();
    write_pages(memory);
    bench_report("fault.copy_on_write", bench_stop(start), ROUNDS);
    sys_close(ends[1]);
    sys_close(ends[0]);
    sys_wait4((int)child, NULL, 0, NULL);
    sys_munmap(memory, ROUNDS * PAGE);
}

BENCH(fault, "fault.")
{
    uint64_t touched, unmapped;
    touch(&touched, &unmapped); /* the kernel's own first times are over then */
    touch(&touched, &unmapped);
    bench_report("fault.first_touch", touched, ROUNDS);
    read_zeros();
    copy_on_write();
}

BENCH(memory, "memory.")
{
    uint64_t touched, unmapped;
    touch(&touched, &unmapped);
    touch(&touched, &unmapped);
    bench_report("memory.unmap", unmapped, ROUNDS);
    for (int i = 0; i < WARM_UP; i++)
        sys_munmap(bench_map(FEW_PAGES), FEW_PAGES * PAGE);
    uint64_t start = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        sys_munmap(bench_map(FEW_PAGES), FEW_PAGES * PAGE);
    bench_report("memory.map_unmap", bench_stop(start), ROUNDS);
}
