/*
 * Waiting for things that an interrupt handler brings (kernel/task/waker.c): register, then look again; a wake is a token
 * that a task passes on when it cannot use it. Two tasks take things, one after the other as the executor has it; either may be
 * cancelled at any moment. Waking as such is tests/models/executor.pml's: here a task is ready or not.
 *
 * Checked: when no task is ready and nothing more will come, no thing is left, or no task to take it.
 *
 * scripts/check-models.sh also checks that the model finds what each of these breaks:
 *     LOOK_ONCE        the future does not look again after it has registered
 *     KEEP_TOKEN       a cancelled task keeps the wake that it has got
 *     STAY_WOKEN       a task that was woken in vain does not go back into the queue
 */
#define TASKS 2

mtype = { idle, waiting, woken };
mtype waker[TASKS];
byte queue[TASKS], queued;              /* the waiting ones, longest wait first */
bool ready[TASKS], over[TASKS], cancelled[TASKS];
byte things, to_come = 3;

/* The queue is changed with interrupts masked: in one step. */
inline wake_one() {
    if
    :: queued > 0 ->
        waker[queue[0]] = woken;
        ready[queue[0]] = true;
        queue[0] = queue[1];
        queued--
    :: else
    fi
}

inline enqueue(task) {
    if
#ifdef STAY_WOKEN
    :: waker[task] == idle ->
#else
    :: waker[task] != waiting ->
#endif
        waker[task] = waiting;
        queue[queued] = task;
        queued++
    :: else
    fi
}

inline leave(task) {
    if
    :: waker[task] == waiting ->
        if
        :: queue[0] == task -> queue[0] = queue[1]
        :: else
        fi;
        queued--
    :: else
    fi;
    waker[task] = idle
}

active proctype handler() {
    do
    :: atomic { to_come > 0 -> to_come--; things++; wake_one() }
    :: to_come = 0; break               /* fewer things come */
    od
}

active proctype canceller() {
    if
    :: atomic { cancelled[0] = true; ready[0] = true }
    :: atomic { cancelled[1] = true; ready[1] = true }
    :: skip
    fi
}

inline poll(task) {
    if
    :: atomic { things > 0 -> things--; leave(task); over[task] = true }
    :: things == 0 ->
        atomic { enqueue(task) }
#ifndef LOOK_ONCE
        if
        :: atomic { things > 0 -> things--; leave(task); over[task] = true }
        :: things == 0
        fi
#endif
    fi
}

inline end_cancelled(task) {
    atomic {
        over[task] = true;
        if
#ifndef KEEP_TOKEN
        :: waker[task] == woken -> leave(task); wake_one()
#endif
        :: else -> leave(task)
        fi
    }
}

active proctype executor() {
    byte task;
    ready[0] = true;
    ready[1] = true;
    do
    :: atomic { ready[0] -> ready[0] = false; task = 0 }
        goto run_task
    :: atomic { ready[1] -> ready[1] = false; task = 1 }
run_task: if
        :: over[task]
        :: !over[task] && cancelled[task] -> end_cancelled(task)
        :: !over[task] && !cancelled[task] -> poll(task)
        fi
    :: atomic { !ready[0] && !ready[1] && to_come == 0 ->
            assert(things == 0 || (over[0] && over[1])) }
        break
    od
}
