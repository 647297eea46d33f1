/*
 * A file of 1 MiB, and a file two directories deep: in the root's tmpfs, and on a disk with ext2.
 */
#include "bench/bench.h"
#include "lib/linux.h"

/* Whole pages: so the figures do not depend on where the linker puts it. */
static char block[4096] ALIGNED(4096);

static void make_file(const char *path)
{
    sys_close(
        (int)bench_need(path, sys_open(path, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, 0644)));
}

/* Writes a new file, again, and reads it, in pieces of `size` bytes. */
static void stream(const char *write_name, const char *again_name, const char *read_name,
                   size_t size)
{
    const char *path = "bench.file";
    make_file(path);
    int file = (int)bench_need(path, sys_open(path, OPEN_READ_WRITE, 0));
    uint64_t start = bench_start();
    for (size_t done = 0; done < MIB(1); done += size)
        bench_need("write", sys_write(file, block, size) == (long)size ? 0 : -1);
    bench_report(write_name, bench_stop(start), 1);
    bench_need("lseek", sys_lseek(file, 0, SEEK_START));
    start = bench_start();
    for (size_t done = 0; done < MIB(1); done += size)
        bench_need("write", sys_write(file, block, size) == (long)size ? 0 : -1);
    bench_report(again_name, bench_stop(start), 1);
    bench_need("lseek", sys_lseek(file, 0, SEEK_START));
    start = bench_start();
    for (size_t done = 0; done < MIB(1); done += size)
        bench_need("read", sys_read(file, block, size) == (long)size ? 0 : -1);
    bench_report(read_name, bench_stop(start), 1);
    sys_close(file);
    sys_unlink(path);
}

static void open_close(const char *path)
{
    sys_close((int)bench_need(path, sys_open(path, OPEN_READ, 0)));
}

static void look_up(const char *open_name, const char *stat_name)
{
    const char *path = "bench.a/b/file";
    struct stat stat;
    sys_mkdir("bench.a", 0755);
    sys_mkdir("bench.a/b", 0755);
    make_file(path);
    for (int i = 0; i < WARM_UP; i++)
        open_close(path);
    uint64_t start = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        open_close(path);
    bench_report(open_name, bench_stop(start), ROUNDS);
    start = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        bench_need(path, sys_stat(path, &stat));
    bench_report(stat_name, bench_stop(start), ROUNDS);
    sys_unlink(path);
    sys_rmdir("bench.a/b");
    sys_rmdir("bench.a");
}

BENCH(file, "file.")
{
    stream("file.write.1k", "file.overwrite.1k", "file.read.1k", KIB(1));
    stream("file.write.4k", "file.overwrite.4k", "file.read.4k", KIB(4));
    look_up("file.open_close", "file.stat");
}

/* Has the tables of the disk read that a new file needs. */
static void warm_up(void)
{
    make_file("bench.first");
    int file = (int)bench_need("bench.first", sys_open("bench.first", OPEN_READ_WRITE, 0));
    bench_need("write", sys_write(file, block, sizeof(block)));
    sys_close(file);
    sys_unlink("bench.first");
}

/* The disk is there a moment after the first program begins. */
BENCH(ext2, "ext2.")
{
    struct timespec pause = {.nanoseconds = 100000000};
    long error = -1;
    sys_mkdir("/disk", 0755);
    for (int i = 0; error < 0 && i < 20; i++) {
        error = sys_mount("/dev/vda", "/disk", "ext2", 0, NULL);
        if (error < 0)
            sys_nanosleep(&pause, NULL);
    }
    if (error < 0)
        return;
    sys_chdir("/disk");
    warm_up();
    stream("ext2.write.1k", "ext2.overwrite.1k", "ext2.read.1k", KIB(1));
    stream("ext2.write.4k", "ext2.overwrite.4k", "ext2.read.4k", KIB(4));
    look_up("ext2.open_close", "ext2.stat");
    sys_chdir("/");
}
