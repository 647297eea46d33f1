/*
 * The executor's protocol of waking, sleeping, ending and cancelling (kernel/task/executor.c), step by step, with an
 * interrupt or an NMI possible before each step. A step is one access to memory that others see.
 *
 * Checked: no wake is lost (the processor does not halt while a live task has been given something and not taken it); no
 * task is polled after its end or its release; each task is released once; a task in the queue has not been released.
 *
 * scripts/check-models.sh also checks that the model finds what each of these breaks:
 *     LATE_WAITING     the task counts as waiting only from the end of its poll on
 *     EARLY_RELEASE    an ended task is released although it is in the queue
 *     NO_SECOND_LOOK   what an interrupt has added behind the last task is not looked for
 *     LOOK_THEN_MASK   the look before the halt is made with interrupts unmasked
 */
#define TASKS 2
#define NONE 0                          /* of a link: no task; of the tail: the queue's head */

byte head, tail;                        /* tail: the task whose `next` is the queue's end */
byte next[TASKS + 1];
bool waiting[TASKS + 1], live[TASKS + 1], cancelled[TASKS + 1];
bool ended[TASKS + 1];                  /* its last poll is behind it, its end is not */
byte released[TASKS + 1];
bool owed[TASKS + 1];                   /* the task has been given something, and has not taken it */

bool unmasked = true;                    /* RFLAGS.IF */
bool in_interrupt, in_nmi, nmi_since_look;
byte interrupts = 2, nmis = 1, cancels = 1, spawns = 2;

inline wake(task, was, link) {
    atomic { was = waiting[task]; waiting[task] = false }
    if
    :: was ->
        assert(released[task] == 0);
        next[task] = NONE;
        atomic { link = tail; tail = task }
        if
        :: link == NONE -> head = task
        :: else -> next[link] = task
        fi
    :: else
    fi;
    was = false; link = NONE
}

/* What a handler does: gives some task something and wakes it. A task that is over may be woken, too. */
inline handle(task, was, link) {
    if
    :: released[1] == 0 -> task = 1
    :: released[2] == 0 -> task = 2
    :: released[1] != 0 && released[2] != 0 -> task = NONE
    fi;
    if
    :: task != NONE -> owed[task] = true; wake(task, was, link)
    :: else
    fi;
    task = NONE
}

active proctype interrupt() provided (!in_nmi) {
    byte task, link;
    bool was;
    do
    :: atomic { unmasked && interrupts > 0 -> interrupts--; in_interrupt = true }
        handle(task, was, link);
        in_interrupt = false
    :: interrupts == 0 -> break
    od
}

active proctype nmi() {
    byte task, link;
    bool was;
    atomic { nmis > 0 -> nmis--; in_nmi = true }
    handle(task, was, link);
    atomic { nmi_since_look = true; in_nmi = false }
}

inline release(task) {
    assert(released[task] == 0);
    released[task]++
}

inline finish(task, was) {
    atomic { was = waiting[task]; waiting[task] = false }
    if
#ifdef EARLY_RELEASE
    :: true -> live[task] = false; release(task)
#else
    :: was -> live[task] = false; release(task)
    :: else -> ended[task] = true       /* in the queue: comes back here when its place there is reached */
#endif
    fi;
    was = false
}

inline poll(task) {
    assert(live[task] && !ended[task] && released[task] == 0);
    owed[task] = false;
    if
    :: ready = false
    :: ready = true
    :: wake(task, was, link); ready = false
    :: wake(task, was, link); ready = true
    :: other = 3 - task;
       if
       :: released[other] == 0 -> owed[other] = true; wake(other, was, link)
       :: else
       fi;
       other = NONE; ready = false
    :: cancels > 0 ->
       cancels--;
       other = 3 - task;
       if
       :: live[other] && !ended[other] -> cancelled[other] = true; wake(other, was, link)
       :: else
       fi;
       other = NONE; ready = false
    fi
}

inline take_first(task, second) {
    second = next[task];
    if
    :: second == NONE ->
        head = NONE;
        atomic {
            if
            :: tail == task -> tail = NONE; second = NONE
            :: else -> second = task        /* an interrupt has added one */
            fi
        }
        if
        :: second == NONE
        :: else ->
#ifdef NO_SECOND_LOOK
            second = NONE;
#else
            second = next[task];
            assert(second != NONE);
#endif
            head = second
        fi
    :: else -> head = second
    fi;
    second = NONE
}

inline run_task(task) {
#ifndef LATE_WAITING
    waiting[task] = true;
#endif
    if
    :: cancelled[task] || ended[task] -> ready = true
    :: else -> poll(task)
    fi;
#ifdef LATE_WAITING
    waiting[task] = true;
#endif
    if
    :: ready -> finish(task, was)
    :: else
    fi;
    ready = false
}

inline nothing_lost(task) {
    assert(!live[task] || (!owed[task] && !cancelled[task] && !ended[task]));
    assert(live[task] || released[task] == 1)
}

active proctype executor() provided (!in_interrupt && !in_nmi) {
    byte task, second, link, other;
    bool was, ready;

    do                                  /* the tasks are spawned before it runs */
    :: spawns > 0 ->
        live[spawns] = true;
        waiting[spawns] = true;
        owed[spawns] = true;
        wake(spawns, was, link);
        spawns--
    :: else -> break
    od;

    do
    :: task = head;
        if
        :: task != NONE ->
            assert(released[task] == 0);
            take_first(task, second);
            run_task(task);
            task = NONE
        :: else ->
#ifndef LOOK_THEN_MASK
            unmasked = false;
#endif
            atomic { ready = (head == NONE); nmi_since_look = false }
#ifdef LOOK_THEN_MASK
            unmasked = false;
#endif
            if
            :: ready ->
                ready = false;
                /* Now it halts. An NMI after the look may have woken a task: that one waits for the next interrupt,
                 * which is the timer's at the latest. Nothing else may have done so. */
                atomic {
                    assert(head == NONE || nmi_since_look);
                    if
                    :: head == NONE -> nothing_lost(1); nothing_lost(2)
                    :: else
                    fi;
                    unmasked = true
                }
end:            head != NONE            /* an interrupt has come; from here on as from the start */
            :: else -> unmasked = true
            fi
        fi
    od
}
