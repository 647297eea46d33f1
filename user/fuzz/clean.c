/*
 * Removes what a round has left: kills its processes, and removes its files.
 */
#include <lib/string.h>

#include "fuzz/fuzz.h"
#include "lib/linux.h"

/* --- Directories ----------------------------------------------------------------------------- */

/* A directory that is read. */
struct listing {
    long directory;
    long at, size;
    _Alignas(struct directory_entry) char entries[1024];
};

static void begin_listing(struct listing *listing, const char *path)
{
    listing->directory = sys_open(path, OPEN_READ | OPEN_DIRECTORY, 0);
    listing->at = listing->size = 0;
}

/* The name of the next entry; NULL at the end, where the directory is closed. */
static const char *next_name(struct listing *listing)
{
    if (listing->at >= listing->size) {
        listing->size =
            sys_getdents64((int)listing->directory, listing->entries, sizeof(listing->entries));
        listing->at = 0;
    }
    if (listing->size <= 0) {
        sys_close((int)listing->directory);
        return NULL;
    }
    const struct directory_entry *entry = (const void *)(listing->entries + listing->at);
    listing->at += entry->size;
    return entry->name;
}

/* --- Processes ------------------------------------------------------------------------------- */

/* Kills all processes but this one and `spared`. Returns how many there were. */
static unsigned kill_others(long spared)
{
    struct listing listing;
    unsigned killed = 0;
    begin_listing(&listing, "/proc");
    for (const char *name; (name = next_name(&listing));) {
        int id = (int)leading_number(name);
        if (id > 1 && id != spared && sys_kill(id, SIGNAL_KILL) == 0)
            killed++;
    }
    return killed;
}

void end_processes(long spared)
{
    enum { TRIES = 1000, PAUSE = 1000 };
    for (int i = 0; kill_others(spared) > 0; i++) {
        while (sys_wait4(-1, NULL, WAIT_NO_HANG, NULL) > 0) {
        }
        if (i == TRIES) {
            fail("a process does not die");
            return;
        }
        sleep_for(i ? PAUSE : 0);
    }
}

/* --- Files ----------------------------------------------------------------------------------- */

/* The directories in which rounds may leave files. `known` holds the names that were there before
 * the first round, one behind the other. */
static struct {
    const char *path;
    char known[1024];
} places[] = {{.path = "/"}, {.path = "/tmp"}, {.path = "/dev"}};

static const char *end_of(const char *names)
{
    while (*names)
        names += strlen(names) + 1;
    return names;
}

static bool is_known(const char *names, const char *name)
{
    for (; *names; names += strlen(names) + 1) {
        if (strcmp(names, name) == 0)
            return true;
    }
    return false;
}

void remember_files(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        struct listing listing;
        begin_listing(&listing, places[i].path);
        for (const char *name; (name = next_name(&listing));) {
            size_t used = (size_t)(end_of(places[i].known) - places[i].known);
            if (used + strlen(name) + 2 <= sizeof(places[i].known))
                string_copy(places[i].known + used, name, sizeof(places[i].known) - used);
        }
    }
}

/* Removes what is in the current directory, but for the known names. The names "." and ".." cannot
 * be removed. */
static void remove_all(const char *known, int depth)
{
    enum { DEEPEST = 15 };
    static char names[DEEPEST + 1][256];
    struct listing listing;
    begin_listing(&listing, ".");
    for (const char *name; (name = next_name(&listing));) {
        if (is_known(known, name) || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            sys_unlink(name) >= 0 || depth == DEEPEST)
            continue;
        string_copy(names[depth], name, sizeof(names[depth]));
        if (sys_chdir(names[depth]) < 0)
            continue;
        remove_all("", depth + 1);
        sys_fchdir((int)listing.directory);
        sys_rmdir(names[depth]);
    }
}

void remove_files(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        sys_chdir(places[i].path);
        remove_all(places[i].known, 0);
    }
    sys_chdir("/");
}
