#include <fs/page_cache.h>
#include <kernel/process/file_limits.h>
#include <kernel/process/process.h>

static uint64_t size_limit(void)
{
    return user_thread_is_running() ? process_current()->limits[RLIMIT_FSIZE].soft : LIMIT_NONE;
}

static void size_exceeded(void)
{
    signal_send_self(SIGXFSZ);
}

void file_limits_start(void)
{
    page_cache_size_limit = size_limit;
    page_cache_size_exceeded = size_exceeded;
}
