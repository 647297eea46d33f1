/*
 * Signals for a process of two threads (kernel/process/signal.c, signal_act.c), which arrive at each point of a thread's
 * calls: while it runs its program, looks, parks, is woken, handles another signal, and ends. How a thread parks and how a
 * wake reaches it is tests/models/thread.pml's. The kernel is not preempted, so the choice of a thread is one step here; all
 * else is in smaller steps than there.
 *
 * Each of two signals is sent once. A sender makes it pending for the process and interrupts a thread that does not block it.
 * The calls of the threads wait, or block a signal, or unblock both. The handler of the first signal runs with both blocked,
 * and makes calls, too.
 *
 * Checked when nothing more happens: no thread runs its program, or waits, with a signal pending that it does
 * not block; each signal was acted upon once, or is pending still.
 *
 * scripts/check-models.sh also checks that the model finds what each of these breaks:
 *     WAKE_FIRST       a sender interrupts the thread before it makes the signal pending
 *     ACCEPT_LATE      a thread accepts its interruption after it has looked for signals
 *     UNBLOCK_ONLY     a call that unblocks a pending signal does not act upon it
 *     BLOCK_ONLY       a thread that blocks a pending signal does not interrupt the other one for it
 *     HANDLE_ONLY      nor does one that blocks it while a handler runs
 *     END_ONLY         nor does one that ends
 *     WAIT_ON          a wait is not ended by a signal
 */
#define FIRST  1                        /* the signals; each a bit */
#define SECOND 2
#define DUE(thread) (pending & ~blocked[thread])
#define TAKES(thread, signal) (!over[thread] && (blocked[thread] & signal) == 0)

byte pending;                           /* of the process */
byte blocked[2], before[2];             /* of each thread; the latter is restored after the handler */
bool interrupted[2], woken[2], handling[2], over[2];
byte calls = 3;                         /* that the threads still make */
byte acted_first, acted_second;

inline interrupt(thread) { interrupted[thread] = true; woken[thread] = true }

inline wake_for(signal) {
    d_step {
        if
        :: TAKES(0, signal) -> interrupt(0)
        :: !TAKES(0, signal) && TAKES(1, signal) -> interrupt(1)
        :: else
        fi
    }
}

/* For the pending signals that the thread does not take any more. */
inline leave_to_other(thread) {
    atomic {
        if
        :: pending & blocked[thread] & FIRST -> wake_for(FIRST)
        :: else
        fi;
        if
        :: pending & blocked[thread] & SECOND -> wake_for(SECOND)
        :: else
        fi
    }
}

inline send(signal) {
#ifdef WAKE_FIRST
    wake_for(signal);
    pending = pending | signal
#else
    pending = pending | signal;
    wake_for(signal)
#endif
}

active proctype sends_the_first() { send(FIRST) }
active proctype sends_the_second() { send(SECOND) }

inline block(thread, signals) {
    blocked[thread] = signals;
#ifndef BLOCK_ONLY
    leave_to_other(thread);
#endif
#ifndef UNBLOCK_ONLY
    d_step {
        if
        :: DUE(thread) -> interrupt(thread)
        :: else
        fi
    }
#endif
}

/* Until something comes for which there is no sender here, or a signal. */
inline wait(thread) {
    do
#ifndef WAIT_ON
    :: interrupted[thread] -> break
    :: else ->
#else
    :: true ->
#endif
end_waits:
        woken[thread]; woken[thread] = false
    od
}

/* The second signal's handler changes nothing. */
inline handle(thread) {
    if
    :: atomic { DUE(thread) & FIRST ->
            pending = pending & ~FIRST;
            acted_first++;
            handling[thread] = true;
            before[thread] = blocked[thread];
            blocked[thread] = FIRST | SECOND
        }
#ifndef HANDLE_ONLY
        leave_to_other(thread)
#endif
    :: atomic { DUE(thread) & SECOND -> pending = pending & ~SECOND; acted_second++ }
    :: else
    fi
}

/* The way back to the program. */
inline act(thread) {
    do
    :: interrupted[thread] ->
#ifndef ACCEPT_LATE
        interrupted[thread] = false;
#endif
        do
        :: DUE(thread) -> handle(thread)
        :: else -> break
        od
#ifdef ACCEPT_LATE
        ; interrupted[thread] = false
#endif
    :: else -> break
    od
}

active [2] proctype thread() {
    byte me = _pid - 2;
end_runs_its_program:
    do
    :: atomic { calls > 0 -> calls-- }
        if
        :: wait(me)
        :: block(me, FIRST)
        :: block(me, SECOND)
        :: block(me, 0)
        fi;
        act(me)
    :: handling[me] -> handling[me] = false; block(me, before[me]); act(me)
    :: interrupted[me] -> act(me)
    :: atomic { !over[1 - me] -> over[me] = true }
        blocked[me] = FIRST | SECOND;
#ifndef END_ONLY
        leave_to_other(me);
#endif
        break
    od
}

active proctype at_rest() {
    timeout;
    assert(over[0] || DUE(0) == 0);
    assert(over[1] || DUE(1) == 0);
    assert(acted_first + (pending & FIRST) == 1);
    assert(acted_second + (pending & SECOND) / SECOND == 1)
}
