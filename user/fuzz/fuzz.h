/*
 * Declarations that the files of the call fuzzer share. user/fuzz/main.c says how it works.
 *
 * A round's memory has fixed places, so that a value that means something to one call means it to
 * the next one, too:
 *
 *     ARENA       shared with the racer, which changes it while calls read it. Behind it follow a
 *                 page that is read-only, one without permissions, and nothing
 *     OWN         the round's own, where results are looked at
 *     PLAYGROUND  for calls that map, unmap and protect
 */
#ifndef USER_FUZZ_FUZZ_H
#define USER_FUZZ_FUZZ_H

#include <kernel/syscall/description.h>
#include <lib/random.h>
#include <types.h>

enum { PAGE = 4096, ARENA_SIZE = 32 * PAGE, OWN_SIZE = 32 * PAGE, PLAYGROUND_SIZE = 256 * PAGE };
#define ARENA      UINT64_C(0x10000000)
#define OWN        UINT64_C(0x20000000)
#define PLAYGROUND UINT64_C(0x30000000)

enum { CALL_NUMBERS = 512, CALLS_IN_ROUND = 250 };

/* What all processes of the fuzzer share. */
struct shared {
    uint64_t calls;    /* that were made */
    char failure[128]; /* why the fuzzer has failed; empty as long as it has not */
    struct {
        uint32_t made, succeeded;
    } counts[CALL_NUMBERS]; /* by number */
};
extern struct shared *shared;

/* Notes the first failure. A process that sees one goes on. */
void fail(const char *format, ...) PRINTF(1, 2);

/* Sleeps for so many microseconds. */
void sleep_for(int64_t microseconds);

/* The decimal number at the start of a text; 0 when there is none. */
uint64_t leading_number(const char *text);

/* The state of this process's random numbers. */
extern uint64_t seed;

/* A number below `limit`, which is not 0. */
static inline uint32_t below(uint32_t limit)
{
    return random_below(&seed, limit);
}

/* True once in `times` calls, on average. */
static inline bool once_in(uint32_t times)
{
    return below(times) == 0;
}

/* Any word. */
static inline uint64_t random_word(void)
{
    return (uint64_t)random_next(&seed) << 32 | random_next(&seed);
}

/* --- values.c -------------------------------------------------------------------------------- */

/* A descriptor that a call returned: later calls may use it. */
void remember_descriptor(int file);

/* Makes up the arguments of a call. */
void make_arguments(const struct call_description *call, uint64_t arguments[CALL_ARGUMENTS]);

/* A number with meaning: around zero, around powers of two, at the ends of types. */
uint64_t interesting_number(void);

/* An address: mostly one with `size` bytes of memory, sometimes a bad one. */
uint64_t make_pointer(uint64_t size);

/* A length in bytes. */
uint64_t make_size(void);

/* A descriptor: mostly one that this process may have opened. */
uint64_t make_descriptor(void);

/* A value for an argument that is no array and no bytes. */
uint64_t make_value(const struct call_argument *argument);

/* --- structures.c ---------------------------------------------------------------------------- */

/* Fills a structure in; some of its fields get values that make sense. */
void fill_structure(void *to, enum call_type type, size_t size);

/* --- results.c ------------------------------------------------------------------------------- */

/* Chooses the upper half of the words in the guard's memory, which another process must never see;
 * and returns the word with that index. */
void choose_secret(uint32_t value);
uint64_t secret_word(size_t index);

/* Checks what a call has returned and written. */
void check_result(uint64_t number, const struct call_description *call, const uint64_t *arguments,
                  int64_t result);

/* Checks text or data that the kernel has made. */
void check_bytes(const char *what, const void *bytes, size_t size);

/* --- round.c --------------------------------------------------------------------------------- */

/* Makes calls in the current directory, and ends the process. */
NORETURN void run_round(uint64_t round_seed);

/* One of these calls. */
void make_call(void);

/* --- others.c -------------------------------------------------------------------------------- */

/* Does something that takes more than one call: a child, a signal's frame, fresh memory, a file of
 * /proc. */
void do_something_else(void);

/* The other process of a round, which changes the arena for ever. */
NORETURN void run_racer(void);

/* Starts a thread of this process, which for ever changes what is mapped and which files are open.
 */
void start_racing_thread(void);

/* --- code.c ---------------------------------------------------------------------------------- */

/* Runs random bytes as a program, and ends the process. */
NORETURN void run_random_code(uint64_t round_seed);

/* --- clean.c --------------------------------------------------------------------------------- */

/* Kills all processes but this one and `spared`, and waits until they are gone. */
void end_processes(long spared);

/* Notes which files are there before the first round; removes all others. */
void remember_files(void);
void remove_files(void);

/* --- raw.asm --------------------------------------------------------------------------------- */

/* Any system call. */
int64_t raw_call(uint64_t number, const uint64_t arguments[CALL_ARGUMENTS]);

/* The same for calls that make a child: it ends at once, whatever memory and stack it has. */
int64_t raw_clone(uint64_t number, const uint64_t arguments[CALL_ARGUMENTS]);

/* Calls rt_sigreturn() with the stack pointer there. */
NORETURN void raw_sigreturn(uint64_t stack);

/* Jumps to an address, with these values in all registers, and the stack pointer there. */
NORETURN void raw_jump(uint64_t address, uint64_t stack, const uint64_t registers[14]);

#endif
