/*
 * Linux's interface on x86-64, as far as the programs here use it: numbers, structures, and the
 * system calls as C functions (user/lib/calls.asm). Linux's manual pages, section 2, describe them.
 *
 * A function returns Linux's result as it is: a failure is a negative error number, such as
 * -E_NO_ENTRY. There is no `errno`.
 */
#ifndef USER_LIB_LINUX_H
#define USER_LIB_LINUX_H

#include <types.h>

enum {
    E_NO_ENTRY = 2,
    E_NO_PROCESS = 3,
    E_INTERRUPTED = 4,
    E_NO_CHILD = 10,
    E_IS_DIRECTORY = 21,
};

enum {
    OPEN_READ = 0,
    OPEN_WRITE = 01,
    OPEN_READ_WRITE = 02,
    OPEN_CREATE = 0100,
    OPEN_TRUNCATE = 01000,
    OPEN_APPEND = 02000,
    OPEN_DIRECT = 040000,
    OPEN_DIRECTORY = 0200000,
    OPEN_CLOSE_ON_EXEC = 02000000,
};

enum { SEEK_START = 0 };

/* Files. */
long sys_open(const char *path, int flags, unsigned mode);
long sys_close(int file);
long sys_read(int file, void *to, size_t size);
long sys_write(int file, const void *from, size_t size);
long sys_pread64(int file, void *to, size_t size, long place);
long sys_pwrite64(int file, const void *from, size_t size, long place);
long sys_lseek(int file, long offset, int whence);
long sys_ftruncate(int file, long size);
long sys_dup2(int file, int number);
long sys_pipe2(int ends[2], int flags);
long sys_socketpair(int family, int type, int protocol, int ends[2]);
long sys_access(const char *path, int mode);

/* Waiting for several files. */
enum { POLL_INPUT = 1 };
struct poll_entry { /* Linux's struct pollfd */
    int file;
    short wanted, ready;
};
struct PACKED epoll_event {
    uint32_t events;
    uint64_t data;
};
enum { EPOLL_ADD = 1 };
long sys_poll(struct poll_entry *entries, unsigned long count, int milliseconds);
long sys_eventfd2(unsigned count, int flags);
long sys_epoll_create1(int flags);
long sys_epoll_ctl(int epoll, int operation, int file, const struct epoll_event *event);
long sys_epoll_wait(int epoll, struct epoll_event *events, int limit, int milliseconds);

/* Directories. */
long sys_chdir(const char *path);
long sys_fchdir(int directory);
long sys_chroot(const char *path);
long sys_getcwd(char *to, size_t size);
long sys_mkdir(const char *path, unsigned mode);
long sys_rmdir(const char *path);
long sys_unlink(const char *path);
long sys_symlink(const char *target, const char *path);
long sys_mknod(const char *path, unsigned mode, unsigned device);
long sys_rename(const char *from, const char *to);

struct directory_entry { /* Linux's struct linux_dirent64 */
    uint64_t inode;
    int64_t next;
    uint16_t size; /* of the whole entry, the name and its padding included */
    uint8_t type;
    char name[];
};

/* Fills `entries` with struct directory_entry, one behind the other. */
long sys_getdents64(int directory, void *entries, size_t size);

struct timespec {
    int64_t seconds, nanoseconds;
};

struct stat {
    uint64_t device, inode, links;
    uint32_t mode, user, group, padding;
    uint64_t special_device;
    int64_t size, block_size, blocks;
    struct timespec accessed, modified, changed;
    int64_t unused[3];
};
_Static_assert(sizeof(struct stat) == 144, "Linux's struct stat");

/* A file's kind, size, owner and times. */
long sys_stat(const char *path, struct stat *stat);

/* Processes. */
long sys_getpid(void);
long sys_fork(void);
__attribute__((returns_twice)) long sys_vfork(void);
long sys_execve(const char *path, const char *const argv[], const char *const envp[]);
NORETURN void sys_exit_group(int status);

/* In wait4's status: zero, or the number of the signal that ended the process. */
#define STATUS_SIGNAL(status) ((status)&0x7f)
#define STATUS_CODE(status)   (((status) >> 8) & 0xff)
enum { WAIT_NO_HANG = 1 };
long sys_wait4(int process, int *status, int options, void *usage);
long sys_setsid(void);

/* Signals. A set of signals has the bit `number - 1` for each. */
enum {
    SIGNAL_HANG_UP = 1,
    SIGNAL_INTERRUPT = 2,
    SIGNAL_QUIT = 3,
    SIGNAL_KILL = 9,
    SIGNAL_USER_1 = 10,
    SIGNAL_USER_2 = 12,
    SIGNAL_TERMINATE = 15,
    SIGNAL_CHILD = 17,
    SIGNAL_CONTINUE = 18,
    SIGNAL_STOP = 19,
};
#define SIGNAL_BIT(number) (UINT64_C(1) << ((number)-1))
enum { SIGNALS_SET = 2 }; /* sigprocmask: blocks exactly these */

#define SIGNAL_DEFAULT ((void (*)(int))0)
#define SIGNAL_IGNORE  ((void (*)(int))1)
enum { ACTION_RESTORER = 0x04000000 };
struct signal_action { /* the kernel's struct sigaction */
    void (*handler)(int signal);
    uint64_t flags;
    void (*restorer)(void);
    uint64_t blocked; /* while the handler runs */
};

/* Signals, with sets of 64 bits. */
long sys_kill(int process, int signal);
long sys_sigaction(int signal, const struct signal_action *, struct signal_action *old,
                   size_t set_size);
long sys_sigprocmask(int how, const uint64_t *set, uint64_t *old, size_t set_size);
long sys_setitimer(int timer, const int64_t value[4], int64_t old[4]);
long sys_sigsuspend(const uint64_t *blocked, size_t set_size);

/* A handler returns to here (user/lib/start.asm). */
void signal_return(void);

/* Sets what a signal does: a handler, SIGNAL_DEFAULT or SIGNAL_IGNORE. */
static inline long signal_handle(int signal, void (*handler)(int signal))
{
    struct signal_action action = {handler, ACTION_RESTORER, signal_return, 0};
    return sys_sigaction(signal, &action, NULL, sizeof(uint64_t));
}

/* Memory. */
enum { MAP_READ = 1, MAP_WRITE = 2 };                         /* protection */
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 32 }; /* flags */
void *sys_mmap(void *address, size_t size, int protection, int flags, int file, long offset);
long sys_mprotect(void *address, size_t size, int protection);
long sys_munmap(void *address, size_t size);
long sys_madvise(void *address, size_t size, int advice);

/* Threads. */
enum { FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_PRIVATE = 128 }; /* operations */
long sys_futex(int *word, int operation, unsigned value, const void *timeout);

/* Starts a thread by clone(2). It calls `run` on the stack that ends at `stack_end`, a multiple of
 * 16, and ends when that returns. Its number is stored in *parent_id and *child_id as `flags` say.
 */
long thread_clone(unsigned flags, void *stack_end, int *parent_id, int *child_id,
                  void (*run)(void *argument), void *argument);

/* Terminals. */
enum {
    TERMINAL_GET = 0x5401,             /* TCGETS: fails when `file` is no terminal */
    TERMINAL_SET_CONTROLLING = 0x540e, /* TIOCSCTTY */
    TERMINAL_WAIT_SHOWN =
        0x5607, /* VT_WAITACTIVE: until virtual terminal `argument` is on the screen */
};
long sys_ioctl(int file, unsigned request, uint64_t argument);

/* Limits. */
enum { LIMIT_FILES = 7 }; /* descriptors */
struct resource_limit {
    uint64_t soft, hard;
};
long sys_setrlimit(int resource, const struct resource_limit *limit);

/* The system. */
enum { /* of reboot(2) */
       REBOOT_MAGIC_1 = (int)0xfee1dead,
       REBOOT_MAGIC_2 = 672274793,
};
#define REBOOT_RESTART   0x01234567u
#define REBOOT_HALT      0xcdef0123u
#define REBOOT_POWER_OFF 0x4321fedcu
long sys_reboot(int magic1, int magic2, unsigned what);
enum { MOUNT_READ_ONLY = 1, MOUNT_MOVE = 8192 };
long sys_mount(const char *device, const char *path, const char *type, unsigned long flags,
               const void *data);
long sys_umount2(const char *path, int flags);
long sys_sync(void);
long sys_finit_module(int file, const char *words, int flags);
long sys_nanosleep(const struct timespec *time, struct timespec *left);

#endif
