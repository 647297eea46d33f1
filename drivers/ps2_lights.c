/*
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-key)", command ED: the
 * command, an acknowledgement, the lights, an acknowledgement. Each takes up to 20 ms, and
 * scancodes arrive meanwhile. So a task of its own does this, and no other task waits for it.
 *
 *            set                     room             answer: done
 *     IDLE --------> TO_SEND -----------------> SENT ---------------> the next byte, or IDLE
 *                       ^                        |
 *                       +------------------------+
 *                             answer: again
 *
 * When the time is up, or the keyboard asks too often, the lights stay as they are until the next
 * change.
 */
#include <assert.h>
#include <drivers/ps2_keyboard.h>
#include <drivers/ps2_lights.h>
#include <kernel/log/log.h>
#include <kernel/task/sleep.h>

enum { SET_LIGHTS = 0xed, ENABLE_SCANNING = 0xf4 };

enum { LIMIT_MILLISECONDS = 100 /* for a byte */, REPEATS = 3 };

static uint8_t wanted; /* by ps2_lights_set() */
static uint8_t shown;  /* by the keyboard, or refused by it */

static struct {
    enum { IDLE, TO_SEND, SENT } state;
    uint8_t bytes[2];   /* the command and the lights */
    unsigned at;        /* the byte that is sent now */
    unsigned repeats;   /* how often the keyboard has asked for that byte again */
    uint64_t deadline;  /* of that byte, by the clock */
    struct sleep sleep; /* SENT: until the deadline. TO_SEND: until the next try */
    struct waker waker; /* SENT: waits for the answer */
} talk;

static void begin_byte(unsigned at)
{
    ASSERT(at < sizeof(talk.bytes));
    talk.at = at;
    talk.repeats = 0;
    talk.deadline = clock_now() + LIMIT_MILLISECONDS * NANOSECONDS_PER_MILLISECOND;
    talk.state = TO_SEND;
}

static void begin(void)
{
    talk.bytes[0] = SET_LIGHTS;
    talk.bytes[1] = wanted;
    begin_byte(0);
}

static void end(void)
{
    shown = talk.bytes[1];
    talk.state = IDLE;
    sleep_cancel(&talk.sleep);
    ps2_keyboard_end_talk();
}

/* One line of the log is enough: a keyboard that cannot do this never can. */
static void give_up(void)
{
    static bool logged;
    if (!logged)
        log_info("keyboard: it does not let its lights be set");
    logged = true;
    if (talk.at == 1)
        ps2_keyboard_send(ENABLE_SCANNING); /* else it waits for the lights, and sends no keys */
    end();
}

static bool is_late(void)
{
    return clock_now() >= talk.deadline;
}

static enum poll_result poll_to_send(struct task *task)
{
    if (ps2_keyboard_send(talk.bytes[talk.at]) == OK) {
        talk.state = SENT;
        sleep_until(&talk.sleep, talk.deadline);
        return POLL_READY;
    }
    if (is_late()) {
        give_up();
        return POLL_READY;
    }
    sleep_for(&talk.sleep, NANOSECONDS_PER_MILLISECOND);
    return sleep_poll(&talk.sleep, task);
}

static void take_answer(uint8_t answer)
{
    if (answer == PS2_RESEND && talk.repeats++ < REPEATS)
        talk.state = TO_SEND;
    else if (answer == PS2_RESEND)
        give_up();
    else if (talk.at == 0)
        begin_byte(1);
    else
        end();
}

static enum poll_result poll_sent(struct task *task)
{
    uint8_t answer;
    if (ps2_keyboard_poll_answer(&talk.waker, task, &answer) == POLL_READY) {
        take_answer(answer);
        return POLL_READY;
    }
    if (sleep_poll(&talk.sleep, task) == POLL_PENDING)
        return POLL_PENDING;
    waker_cancel(&talk.waker);
    give_up();
    return POLL_READY;
}

static enum poll_result poll_lights(struct task *task)
{
    enum poll_result result = POLL_READY;
    while (result == POLL_READY) {
        if (talk.state == IDLE && shown == wanted)
            break;
        if (talk.state == IDLE)
            begin();
        result = talk.state == TO_SEND ? poll_to_send(task) : poll_sent(task);
    }
    return POLL_PENDING;
}

static struct task lights_task = {.name = "keyboard lights", .poll = poll_lights};

void ps2_lights_start(struct executor *executor)
{
    executor_spawn(executor, &lights_task);
}

void ps2_lights_set(uint8_t lights)
{
    wanted = lights;
    task_wake(&lights_task);
}
