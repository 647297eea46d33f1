/*
 * Waiting for an event (kernel/task/event.c): an interrupt handler sets it and clears it, at any moment; a task looks,
 * registers, and looks again. Waking as such is tests/models/executor.pml's: here the task is ready or not.
 *
 * Checked: when the handler is done, the task does not wait for an event that is set.
 *
 * scripts/check-models.sh also checks that the model finds what each of these breaks:
 *     LOOK_ONCE        the task does not look again after it has registered
 *     LAST_LOOK        the second look decides, although the first one found the event set and the task did not register
 */
bool set;                               /* the event */
bool registered;                        /* the task's waker is in the event's queue */
bool ready = true;                      /* the task is in the executor's queue */
bool over, quiet;                       /* the task's wait is; the handler sets and clears nothing more */

/* The queue is changed with interrupts masked: in one step. */
inline wake_all() {
    atomic { ready = ready || registered; registered = false }
}

active proctype handler() {
    byte changes = 4;
    do
    :: changes > 0 ->
        changes--;
        if
        :: set = true; wake_all()
        :: set = false
        fi
    :: quiet = true; break
    od
}

active proctype task() {
    do
    :: atomic { ready -> ready = false }
        if
        :: !set ->
            registered = true;
#ifndef LOOK_ONCE
            if
            :: set -> over = true
            :: else
            fi
#endif
#ifdef LAST_LOOK
        :: else ->
            if
            :: set -> over = true
            :: else
            fi
#else
        :: else -> over = true
#endif
        fi;
        if
        :: over -> registered = false; break
        :: else
        fi
    :: atomic { quiet && !ready -> assert(!set) }
        break
    od
}
