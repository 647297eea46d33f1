/*
 * Requests wait in the disk's list until the device has room for another command. A request whose
 * blocks follow those of one that waits already goes right behind it, and such neighbours become
 * one command. A flush goes alone: it is begun when nothing runs, and nothing passes it.
 *
 *     block_begin()           begin()             work()
 *     -------------> waiting ---------> command ----------> over
 *                       ^                  |
 *                       +------------------+  the command failed: each of its requests once more,
 *                                             in a command of its own
 *
 * So a bad block fails the request that it belongs to, and not those that were merged with it. The
 * driver's interrupt handler wakes the disk's task, and everything happens there.
 */
#include <assert.h>
#include <drivers/block/start.h>
#include <kernel/log/log.h>
#include <kernel/task/executor.h>
#include <layout.h>
#include <mm/heap.h>
#include <mm/kernel_threads.h>

/* A disk that has to spin up, or to correct many errors, takes its time. */
#define COMMAND_LIMIT (30 * NANOSECONDS_PER_SECOND)
#define LOOK_PAUSE    (4 * NANOSECONDS_PER_MILLISECOND)

enum { IDLE_RESETS = 4 /* of a device that has nothing to do, until it is given up */ };

/* --- References ----------------------------------------------------------------------------- */

void block_reference(struct block_device *device)
{
    device->references++;
}

void block_release(struct block_device *device)
{
    struct block_device *disk = device->disk;
    ASSERT(device->references > 0);
    if (--device->references)
        return;
    if (device->partition) {
        kfree(device);
        ASSERT(disk->references > 0);
        if (--disk->references)
            return;
    }
    kfree(disk->commands);
    if (disk->operations->release)
        disk->operations->release(disk);
}

/* --- Requests ------------------------------------------------------------------------------- */

static void complete(struct block_request *request, enum error error)
{
    request->error = error;
    event_set(&request->over);
}

static enum poll_result poll_request(struct future *future, struct task *task)
{
    struct block_request *request = CONTAINER_OF(future, struct block_request, future);
    return event_poll(&request->over, &future->waker, task);
}

static void cancel_request(struct future *future)
{
    ASSERT(CONTAINER_OF(future, struct block_request, future)->over.set);
}

static enum error check(const struct block_request *request, const struct block_device *device)
{
    if (device->disk->is_gone)
        return ERROR_NO_DEVICE;
    if (device->is_read_only && request->operation == BLOCK_WRITE)
        return ERROR_READ_ONLY;
    bool is_on_it = request->block <= device->block_count &&
                    request->count <= device->block_count - request->block;
    return is_on_it ? OK : ERROR_INVALID;
}

static struct block_request *request_at(struct list_node *node)
{
    return CONTAINER_OF(node, struct block_request, link);
}

/* Do the parts of `next` go on as a device wants it: at the start of a frame, after the end of one?
 */
static bool parts_follow(const struct block_request *next, const struct block_request *request)
{
    const struct block_part *last = &request->parts[request->part_count - 1];
    return (last->address + last->size) % PAGE_SIZE == 0 && next->parts[0].address % PAGE_SIZE == 0;
}

/* Does `next` go on where `request` ends? */
static bool follows(const struct block_request *next, const struct block_request *request)
{
    return next->operation == request->operation && next->operation != BLOCK_FLUSH &&
           next->block == request->block + request->count && parts_follow(next, request);
}

/* The place in the list before which the request goes: behind its neighbour, or at the end. */
static struct list_node *place_of(const struct block_request *request, struct list *waiting)
{
    struct list_node *end = &waiting->head;
    for (struct list_node *node = end->previous; node != end; node = node->previous) {
        if (request_at(node)->operation == BLOCK_FLUSH)
            break;
        if (follows(request, request_at(node)))
            return node->next;
    }
    return end;
}

void block_begin(struct block_request *request, struct block_device *device,
                 enum block_operation operation, uint64_t block, uint32_t count,
                 const struct block_part *parts, unsigned part_count)
{
    ASSERT(part_count <= BLOCK_PARTS_MAX);
    *request = (struct block_request){
        .future = {.poll = poll_request, .cancel = cancel_request},
        .disk = device->disk,
        .operation = operation,
        .block = block,
        .count = count,
        .parts = parts,
        .part_count = part_count,
    };
    wait_queue_init(&request->over.waiting);
    list_node_init(&request->link);
    enum error error = check(request, device);
    if (error || (!count && operation != BLOCK_FLUSH)) {
        complete(request, error);
        return;
    }
    ASSERT(count <= BLOCK_BYTES_MAX / device->block_size);
    request->block += device->first;
    list_insert_before(place_of(request, &device->disk->waiting), &request->link);
    task_wake(&device->disk->task);
}

/* --- Commands ------------------------------------------------------------------------------- */

static struct block_command *free_command(struct block_device *device)
{
    unsigned i = 0;
    while (device->commands[i].busy)
        i++;
    return &device->commands[i];
}

static bool fits(const struct block_device *device, const struct block_command *command,
                 const struct block_request *request)
{
    uint64_t count = (uint64_t)command->count + request->count;
    return !request->was_tried && command->part_count + request->part_count <= device->most_parts &&
           count <= UINT16_MAX && count * device->block_size <= device->most_bytes;
}

static void add_request(struct block_command *command, struct block_request *request)
{
    list_remove(&request->link);
    list_push_back(&command->requests, &request->link);
    command->count += request->count;
    command->part_count += request->part_count;
}

/* The request that waits and is to be done next; NULL: there is none. */
static struct block_request *first_waiting(const struct block_device *device)
{
    struct list_node *node = list_first(&device->waiting);
    return node ? request_at(node) : NULL;
}

/* Begins a command for the first request that waits, and for its neighbours. */
static void begin_command(struct block_device *device, struct block_request *request)
{
    struct block_request *last;
    struct block_command *command = free_command(device);
    list_init(&command->requests);
    command->operation = request->operation;
    command->block = request->block;
    command->count = command->part_count = 0;
    bool merge = !request->was_tried;
    do {
        last = request;
        add_request(command, request);
        request = first_waiting(device);
    } while (merge && request && follows(request, last) && fits(device, command, request));
    command->busy = true;
    command->deadline = clock_now() + COMMAND_LIMIT;
    device->running++;
    device->flushing = command->operation == BLOCK_FLUSH;
    device->commands_begun++;
    device->operations->begin(device, command);
}

static void count_blocks(struct block_device *device, const struct block_command *command)
{
    if (command->operation == BLOCK_READ)
        device->reads += command->count;
    else
        device->writes += command->count;
}

/* Takes the first request of a command that has failed. */
static void fail(struct block_device *device, struct block_request *request, enum error error)
{
    if (!request->was_tried && !device->is_gone) {
        request->was_tried = true;
        list_push_front(&device->waiting, &request->link);
        return;
    }
    if (!device->is_gone)
        log_warn("%s: %s of %u blocks at %llu failed (%s)", device->name,
                 request->operation == BLOCK_READ    ? "a read"
                 : request->operation == BLOCK_WRITE ? "a write"
                                                     : "a flush",
                 request->count, (unsigned long long)request->block, error_name(error));
    complete(request, error);
}

void block_command_end(struct block_device *device, struct block_command *command, enum error error)
{
    ASSERT(command->busy);
    command->busy = false;
    device->running--;
    device->flushing = false;
    if (!error)
        count_blocks(device, command);
    for (struct list_node *node; (node = list_pop_front(&command->requests));) {
        if (error)
            fail(device, request_at(node), error);
        else
            complete(request_at(node), OK);
    }
}

void block_command_parts(const struct block_command *command,
                         void (*add)(void *argument, const struct block_part *part), void *argument)
{
    list_for_each(node, &command->requests) {
        const struct block_request *request = request_at(node);
        for (unsigned i = 0; i < request->part_count; i++)
            add(argument, &request->parts[i]);
    }
}

/* --- The disk's task ------------------------------------------------------------------------ */

static bool may_begin(const struct block_device *device, const struct block_request *request)
{
    if (device->flushing || device->running == device->depth)
        return false;
    return request->operation != BLOCK_FLUSH || !device->running;
}

/* A flush of a device that keeps nothing back is over when everything before it is. */
static void begin_commands(struct block_device *device)
{
    struct block_request *request;
    while ((request = first_waiting(device)) && may_begin(device, request)) {
        if (request->operation == BLOCK_FLUSH && !device->has_cache) {
            list_remove(&request->link);
            complete(request, OK);
        } else {
            begin_command(device, request);
        }
    }
}

/* When the first limit is over; UINT64_MAX: no command runs. */
static uint64_t first_deadline(const struct block_device *device)
{
    uint64_t first = UINT64_MAX;
    for (unsigned i = 0; device->running && i < device->depth; i++) {
        if (device->commands[i].busy)
            first = MIN(first, device->commands[i].deadline);
    }
    return first;
}

/* Interrupts may never come: a line may be wired elsewhere. */
static uint64_t next_look(const struct block_device *device)
{
    uint64_t deadline = first_deadline(device);
    uint64_t soon = clock_now() + LOOK_PAUSE;
    return device->was_interrupted ? MAX(deadline, soon) : soon;
}

static void end_commands(struct block_device *device, enum error error)
{
    for (unsigned i = 0; i < device->depth; i++) {
        if (device->commands[i].busy)
            block_command_end(device, &device->commands[i], error);
    }
}

/* In a thread: a reset takes its time. */
static void reset(void *argument)
{
    struct block_device *device = argument;
    enum error error = device->operations->reset(device);
    if (!error && device->idle_resets > IDLE_RESETS)
        error = ERROR_DEVICE;
    device->is_resetting = false;
    if (!device->is_gone && error) {
        log_error("%s: the reset failed (%s); the disk is given up", device->name,
                  error_name(error));
        device->given_up(device);
    } else if (!device->is_gone) {
        end_commands(device, device->reset_for);
        task_wake(&device->task);
    }
    block_release(device);
}

/* Without memory for a thread the disk's task tries again soon. */
void block_reset(struct block_device *device, enum error error)
{
    if (device->is_resetting)
        return;
    block_reference(device);
    device->is_resetting = true;
    device->idle_resets = device->running ? 0 : device->idle_resets + 1;
    device->reset_for = error;
    if (kernel_thread_spawn(device->task.executor, device->name, reset, device)) {
        device->is_resetting = false;
        device->was_interrupted = false;
        block_release(device);
    }
}

void block_stop(struct block_device *device)
{
    device->is_gone = true;
    end_commands(device, ERROR_NO_DEVICE);
    for (struct list_node *node; (node = list_pop_front(&device->waiting));)
        complete(request_at(node), ERROR_NO_DEVICE);
    task_cancel(&device->task);
}

static void release_task(struct task *task)
{
    block_release(CONTAINER_OF(task, struct block_device, task));
}

static enum poll_result poll_disk(struct task *task)
{
    struct block_device *device = CONTAINER_OF(task, struct block_device, task);
    do {
        if (device->is_resetting)
            return POLL_PENDING;
        device->operations->work(device);
        if (first_deadline(device) <= clock_now()) {
            log_warn("%s: no answer in time; reset", device->name);
            block_reset(device, ERROR_TIMEOUT);
        }
        if (device->is_resetting)
            return POLL_PENDING;
        begin_commands(device);
        if (!device->running)
            return POLL_PENDING;
        sleep_until(&device->sleep, next_look(device));
    } while (sleep_poll(&device->sleep, task) == POLL_READY);
    return POLL_PENDING;
}

enum error block_start(struct block_device *device, struct executor *executor,
                       void (*given_up)(struct block_device *device))
{
    ASSERT(device->depth && device->most_parts >= BLOCK_PARTS_MAX);
    ASSERT(device->most_bytes >= BLOCK_BYTES_MAX);
    ASSERT(device->block_size >= 512 && device->block_size <= BLOCK_SIZE_MAX);
    device->commands = kzalloc(device->depth * sizeof(*device->commands));
    if (!device->commands)
        return ERROR_OUT_OF_FRAMES;
    for (unsigned i = 0; i < device->depth; i++)
        device->commands[i].index = i;
    device->disk = device;
    device->given_up = given_up;
    list_init(&device->waiting);
    block_reference(device); /* the task's */
    task_init(&device->task, device->name, poll_disk, release_task);
    device->task.priority = TASK_HIGH;
    executor_spawn(executor, &device->task);
    return OK;
}
