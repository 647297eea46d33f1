/*
 * A thread that waits interruptibly (kernel/task/thread.c) and then ends, beside an interrupt handler that sets the event
 * and one that interrupts the thread, each at any point, and a wake for nothing. The executor's part is as in
 * tests/models/executor.pml, for one task.
 *
 * Checked: the thread's stack is not gone on with once it is over; it is released once, while nothing has it
 * queued and no waker is left with the event; and when nothing is ready and nothing more comes, the thread is over, unless
 * neither event nor interrupt has come.
 *
 * scripts/check-models.sh also checks that the model finds what each of these breaks:
 *     INTERRUPT_ASLEEP   an interrupt does not wake
 *     MARK_LATE          the task counts as waiting only once its poll has returned
 *     KEEP_WAKER         an interrupted wait leaves its waker with the event
 *     RELEASE_QUEUED     a thread that was woken in its last poll is released at once
 *     LOOK_ONCE          the wait does not look again after it has registered
 */
bool queued = true, waiting;            /* the task: in the ready queue; the mark that a wake takes off */
bool set, interrupted, registered;      /* the event; the thread's flag; the thread's waker is with the event */
bool parked, over, released;
byte to_come = 3;

inline wake() {
    if
    :: waiting -> waiting = false; assert(!queued); queued = true
    :: else
    fi
}

active proctype sets_the_event() {
    if
    :: atomic {
            set = true;
            if
            :: registered -> registered = false; assert(!released); wake()
            :: else
            fi
        }
    :: skip
    fi;
    to_come--
}

active proctype interrupts_the_thread() {
    if
    :: atomic { !released -> interrupted = true }
#ifndef INTERRUPT_ASLEEP
        atomic {
            if
            :: !released -> wake()
            :: else
            fi
        }
#endif
    :: skip
    fi;
    to_come--
}

active proctype wakes_for_nothing() {
    if
    :: atomic { !released -> wake() }
    :: skip
    fi;
    to_come--
}

/* From one switch to the thread's stack to the next switch back. */
inline run_thread() {
    assert(!over);
    if
    :: atomic { set -> registered = false } over = true
    :: !set ->
        registered = true;
        if
#ifndef LOOK_ONCE
        :: atomic { set -> registered = false } over = true
        :: !set ->
#else
        :: true ->
#endif
            if
            :: interrupted ->
#ifndef KEEP_WAKER
                registered = false;
#endif
                over = true
            :: !interrupted -> parked = true
            fi
        fi
    fi
}

inline finish() {
    atomic {
        if
#ifndef RELEASE_QUEUED
        :: !waiting -> skip             /* a wake has queued it: it ends on that turn */
#endif
        :: else ->
            waiting = false;
            assert(!queued);
            assert(!registered);
            released = true
        fi
    }
}

active proctype executor() {
    do
    :: atomic { queued -> queued = false }
        assert(!released);
#ifndef MARK_LATE
        waiting = true;
#endif
        if
        :: !over -> run_thread()
        :: over
        fi;
#ifdef MARK_LATE
        waiting = true;
#endif
        if
        :: over -> finish()
        :: !over
        fi
    :: atomic { !queued && to_come == 0 -> assert(released || (!set && !interrupted)) }
        break
    od
}
