/*
 * `show`: five tasks on one screen. Each one moves its own object by a step and sleeps, at its own
 * pace, and knows nothing of the others; meanwhile the prompt answers. They draw in the rows above
 * the scrolling region, and restore the cursor.
 */
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/monitor.h>
#include <kernel/task/sleep.h>
#include <lib/string.h>

enum {
    FIRST_FREE_ROW = 8,
    BALL_SPAN = 34,
    BALL_DEPTH = 3,
    ORBIT_ROW = 4,
    ORBIT_COLUMN = 60,
    BAR_SPAN = 30,
    TICKER_WIDTH = 76,
    LEAST_ROWS = 16,
    LEAST_COLUMNS = 80,
};

struct mover {
    struct task task;
    struct sleep sleep;
    void (*move)(unsigned step);
    unsigned milliseconds; /* from one step to the next */
    unsigned step;
};

static bool running;
static unsigned moves; /* of all tasks */

static void put(unsigned row, unsigned column, const char *text)
{
    console_printf("\0337\033[%u;%uH%s\0338", row, column, text);
}

/* Counts from 0 up to `span` and back, again and again. */
static unsigned swing(unsigned step, unsigned span)
{
    step %= 2 * span;
    return step < span ? step : 2 * span - step;
}

static void move_ticker(unsigned step)
{
    static const char text[] =
        "These are five tasks of one executor. Each sleeps, moves a step and "
        "sleeps again; none has a stack of its own. The prompt is a task as "
        "well, so go on typing, and look at 'tasks'. 'show stop' or Ctrl-C "
        "ends it.          ";
    char window[TICKER_WIDTH + 1];
    for (unsigned i = 0; i < TICKER_WIDTH; i++)
        window[i] = text[(step + i) % (sizeof(text) - 1)];
    window[TICKER_WIDTH] = '\0';
    put(1, 3, window);
}

static void put_ball(unsigned step, const char *text)
{
    put(3 + swing(step, BALL_DEPTH), 3 + swing(step, BALL_SPAN), text);
}

static void move_ball(unsigned step)
{
    if (step)
        put_ball(step - 1, " ");
    put_ball(step, "\033[93mo\033[0m");
}

static void put_planet(unsigned step, const char *text)
{
    static const int8_t circle[][2] = {{0, -8}, {-1, -7}, {-1, -4}, {-2, 0}, {-1, 4}, {-1, 7},
                                       {0, 8},  {1, 7},   {1, 4},   {2, 0},  {1, -4}, {1, -7}};
    const int8_t *place = circle[step % ARRAY_SIZE(circle)];
    put((unsigned)(ORBIT_ROW + place[0]), (unsigned)(ORBIT_COLUMN + place[1]), text);
}

static void move_planet(unsigned step)
{
    if (step)
        put_planet(step - 1, " ");
    else
        put(ORBIT_ROW, ORBIT_COLUMN, "\033[33m*\033[0m");
    put_planet(step, "\033[96m@\033[0m");
}

static void move_bar(unsigned step)
{
    char bar[BAR_SPAN + 2];
    memset(bar, '-', BAR_SPAN + 1);
    bar[swing(step, BAR_SPAN)] = '#';
    bar[BAR_SPAN + 1] = '\0';
    put(FIRST_FREE_ROW - 1, 3, bar);
}

static void move_clock(unsigned step)
{
    (void)step;
    console_printf("\0337\033[%u;%uH%6lu.%lu s %8u moves\0338", FIRST_FREE_ROW - 1,
                   ORBIT_COLUMN - 12, clock_now() / NANOSECONDS_PER_SECOND,
                   clock_now() / (NANOSECONDS_PER_SECOND / 10) % 10, moves);
}

static enum poll_result poll_mover(struct task *task)
{
    struct mover *mover = CONTAINER_OF(task, struct mover, task);
    if (!running) {
        sleep_cancel(&mover->sleep);
        return POLL_READY;
    }
    if (sleep_poll(&mover->sleep, task) == POLL_PENDING)
        return POLL_PENDING;
    mover->move(mover->step++);
    moves++;
    sleep_for(&mover->sleep, mover->milliseconds * NANOSECONDS_PER_MILLISECOND);
    return sleep_poll(&mover->sleep, task) == POLL_READY ? task_yield(task) : POLL_PENDING;
}

#define MOVER(task_name, move_hook, period)                                      \
    {                                                                            \
        .task = {.name = (task_name), .poll = poll_mover, .priority = TASK_LOW}, \
        .move = (move_hook), .milliseconds = (period)                            \
    }

static struct mover movers[] = {
    MOVER("ticker", move_ticker, 120), MOVER("ball", move_ball, 70),
    MOVER("planet", move_planet, 150), MOVER("bar", move_bar, 50),
    MOVER("clock", move_clock, 100),
};

/* Spawns the task, or wakes it if it is still live: then it has not noticed stop() yet. */
static void start(struct mover *mover)
{
    mover->step = 0;
    sleep_for(&mover->sleep, 0);
    if (task_is_live(&mover->task))
        task_wake(&mover->task);
    else
        executor_spawn(monitor_executor(), &mover->task);
}

static void stop(void)
{
    running = false;
    for (size_t i = 0; i < ARRAY_SIZE(movers); i++)
        task_wake(&movers[i].task);
    /* Let all rows scroll again, and clear those above. */
    console_printf("\0337\033[r\033[%u;80H\033[1J\0338\r", FIRST_FREE_ROW - 1);
}

static void start_all(void)
{
    command_set_stop(stop);
    running = true;
    moves = 0;
    /* Let only the rows from the first free one on scroll. */
    console_printf("\033[2J\033[%ur\033[%u;1H\r", FIRST_FREE_ROW, FIRST_FREE_ROW);
    for (size_t i = 0; i < ARRAY_SIZE(movers); i++)
        start(&movers[i]);
}

static bool fits(void)
{
    unsigned rows, columns;
    console_size(&rows, &columns);
    return rows >= LEAST_ROWS && columns >= LEAST_COLUMNS;
}

static const char *show_word(size_t index)
{
    return index == 0 ? "stop" : NULL;
}

COMMAND(show, "stop", "start five tasks that draw; 'stop' ends them", .words = show_word,
        .details = "Five tasks move something in the upper rows, each at its own pace. The prompt\n"
                   "goes on answering; 'tasks' shows them at work. Ctrl-C stops them as well.\n"
                   "While they move, the screen stays at its end: no paging back.\n")
{
    char word[COMMAND_WORD];
    bool given = command_word(&arguments, word);
    if (given && strcmp(word, "stop") != 0)
        console_printf("show: '%s' is not 'stop', the only word that it takes\n", word);
    else if (command_refuse_rest("show", arguments))
        return;
    else if (given && !running)
        console_printf("show: nothing is going on\n");
    else if (given)
        command_stop();
    else if (fits())
        start_all();
    else
        console_printf("show: this takes a screen of at least %d rows and %d columns\n", LEAST_ROWS,
                       LEAST_COLUMNS);
}
