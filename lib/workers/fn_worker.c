/* SPDX-License-Identifier: ISC */

/*
 * Owns what goes between the owner and one worker.  Knows neither which task is next
 * nor how the worker's process is made.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "workers/fn_worker.h"
#include "workers/helper.h"
#include "workers/slot.h"

#define WRITE_MOST ((size_t)32 * 1024)

static void
to_ready(struct watch *watch, uint32_t events)
{
	struct fn_worker *w = watch->owner;

	(void)events;
	loop_pause(w->loop, watch);
	fn_worker_flush(w);
}

/*
 * Gathers many small tasks for one write.  The bytes of a long task are written from
 * where they are, without a copy.
 */
static const char *
gather(struct fn_worker *w, size_t *len)
{
	const struct fn_task *task = w->unsent;
	size_t skip = w->unsent_at, n = fn_task_size(task) - skip;

	w->out.len = 0;
	while (task != NULL && n <= WRITE_MOST - w->out.len &&
	    buf_add(&w->out, (const char *)&task->frame + skip, n) == 0) {
		skip = 0;
		task = TAILQ_NEXT(task, entry);
		n = task != NULL ? fn_task_size(task) : 0;
	}
	*len = w->out.len > 0 ? w->out.len : n;
	return w->out.len > 0 ? w->out.data : (const char *)&task->frame + skip;
}

static void
advance(struct fn_worker *w, size_t written)
{
	size_t left;

	while (w->unsent != NULL && written > 0) {
		left = fn_task_size(w->unsent) - w->unsent_at;
		if (written < left) {
			w->unsent_at += written;
			return;
		}
		written -= left;
		w->unsent_at = 0;
		w->unsent = TAILQ_NEXT(w->unsent, entry);
	}
}

/* If the pipe cannot be watched, the worker gets no more tasks, so it is killed. */
static void
await_room(struct fn_worker *w)
{
	int error;

	if (w->to_watch.fd == -1)
		error = loop_add(w->loop, &w->to_watch, w->to, EPOLLOUT,
		    to_ready, w);
	else
		error = loop_resume(w->loop, &w->to_watch);
	if (error == 0)
		return;
	w->error = error;
	helper_kill(w->helper, w->index);
}

static ssize_t
write_tasks(struct fn_worker *w)
{
	size_t len;
	const char *data = gather(w, &len);
	ssize_t n = write(w->to, data, len);

	if (n > 0)
		advance(w, (size_t)n);
	return n;
}

static ssize_t
write_control(struct fn_worker *w)
{
	const char *end = (const char *)(&w->control + 1);
	ssize_t n = write(w->to, end - w->control_left, w->control_left);

	if (n > 0)
		w->control_left -= (size_t)n;
	return n;
}

void
fn_worker_flush(struct fn_worker *w)
{
	ssize_t n;

	while (w->unsent != NULL || w->control_left > 0) {
		n = w->unsent != NULL ? write_tasks(w) : write_control(w);
		if (n == -1 && errno != EINTR) {
			await_room(w);
			return;
		}
	}
}

static void
send_control(struct fn_worker *w, enum fn_frame_kind kind)
{
	w->control = (struct fn_frame){ .kind = (uint16_t)kind };
	w->control_left = sizeof(w->control);
	fn_worker_flush(w);
}

void
fn_worker_give(struct fn_worker *w, struct fn_task *task, bool last)
{
	task->frame.number = ++w->number;
	task->frame.last = last;
	TAILQ_INSERT_TAIL(&w->flying, task, entry);
	w->flies++;
	w->given++;
	if (w->unsent == NULL) {
		w->unsent = task;
		w->unsent_at = 0;
	}
}

void
fn_worker_finish(struct fn_worker *w)
{
	w->state = FN_WORKER_ENDING;
	send_control(w, FN_FRAME_END);
}

/* Moves the worker's tasks from first on to the head of the queue, in their order. */
static unsigned
move_back(struct fn_worker *w, struct fn_task *first,
    struct fn_task_list *queue)
{
	struct fn_task *task;
	unsigned n = 0;

	while (first != NULL) {
		task = TAILQ_LAST(&w->flying, fn_task_list);
		TAILQ_REMOVE(&w->flying, task, entry);
		TAILQ_INSERT_HEAD(queue, task, entry);
		w->flies--;
		n++;
		if (task == first)
			break;
	}
	return n;
}

unsigned
fn_worker_take_back(struct fn_worker *w, struct fn_task_list *queue)
{
	struct fn_task *task;
	uint64_t begun;
	unsigned n;

	/*
	 * If only half of a task is in the pipe, the rest has to follow before another
	 * message.
	 */
	if (w->state != FN_WORKER_READY || w->reopening || w->unsent != NULL ||
	    w->error != 0)
		return 0;
	begun = slot_close(w->slot);
	TAILQ_FOREACH(task, &w->flying, entry) {
		if (task->frame.number > begun)
			break;
	}
	n = move_back(w, task, queue);
	w->given -= n;
	w->reopening = true;
	send_control(w, FN_FRAME_REOPEN);
	return n;
}

static void
tell(struct fn_worker *w, struct prun_task_result *r)
{
	struct fn_task *task = TAILQ_FIRST(&w->flying);

	TAILQ_REMOVE(&w->flying, task, entry);
	w->flies--;
	r->size = sizeof(*r);
	r->id = task->id;
	r->pid = atomic_load(&w->slot->pid);
	task->ended(task, r);
}

static int
take_reply(struct fn_worker *w, const struct fn_frame *frame, const char *data)
{
	const struct fn_task *task = TAILQ_FIRST(&w->flying);
	struct prun_task_result r = { .error = frame->status,
		.data = data,
		.len = frame->length };

	if (task == NULL || task->frame.number != frame->number)
		return -EPROTO;
	w->answers++;
	tell(w, &r);
	return 0;
}

static void
take_ready(struct fn_worker *w, int status)
{
	if (w->state == FN_WORKER_STARTING)
		w->state = status == 0 ? FN_WORKER_READY : FN_WORKER_ENDING;
	w->ops->ready(w->owner, status);
}

static int
take_frame(struct fn_worker *w, const struct fn_frame *frame, const char *data)
{
	if (frame->kind == FN_FRAME_REPLY)
		return take_reply(w, frame, data);
	if (frame->kind == FN_FRAME_READY)
		take_ready(w, frame->status);
	else if (frame->kind == FN_FRAME_REOPENED)
		w->reopening = false;
	else
		return -EPROTO;
	return 0;
}

/*
 * Takes the frames that have been read.  0, or -EPROTO when the worker has broken the
 * protocol.
 */
static int
take_frames(struct fn_worker *w)
{
	const uint64_t before = w->answers;
	const int64_t busy = atomic_load(&w->slot->busy);
	struct fn_frame frame;
	const char *data;
	int rc;

	while ((rc = fn_frame_next(&w->reader, &frame, &data)) == 1) {
		rc = take_frame(w, &frame, data);
		if (rc != 0)
			break;
	}
	if (w->answers > before) {
		w->ops->answered(w->owner, (unsigned)(w->answers - before),
		    busy - w->busy);
		w->busy = busy;
	}
	return rc;
}

/* Reads once.  1: there may be more.  0: nothing comes now, or ever.  Or -errno. */
static int
receive(struct fn_worker *w)
{
	ssize_t n = fn_frame_reader_fill(&w->reader, w->from);
	int error;

	if (n == -EAGAIN || n == 0)
		return 0;
	if (n < 0)
		return (int)n;
	w->received += (uint64_t)n;
	error = take_frames(w);
	return error < 0 ? error : 1;
}

static void
from_ready(struct watch *watch, uint32_t events)
{
	struct fn_worker *w = watch->owner;
	int rc = receive(w);

	/* The worker has closed the pipe: the helper tells how it has ended. */
	if (rc == 0 && events & EPOLLHUP)
		loop_pause(w->loop, watch);
	if (rc >= 0)
		return;
	loop_pause(w->loop, watch);
	w->error = rc;
	helper_kill(w->helper, w->index);
}

static void
close_all(struct fn_worker *w)
{
	loop_remove(w->loop, &w->to_watch);
	loop_remove(w->loop, &w->from_watch);
	fd_close(&w->to);
	fd_close(&w->to_other);
	fd_close(&w->from);
}

static int
start_with(struct fn_worker *w, int answers)
{
	int error = fd_nonblock(w->to);

	if (error == 0)
		error = fd_nonblock(w->from);
	if (error == 0)
		error = loop_add(w->loop, &w->from_watch, w->from, EPOLLIN,
		    from_ready, w);
	if (error == 0)
		error = helper_fork(w->helper, w->index, w->to_other, answers);
	return error;
}

int
fn_worker_start(struct fn_worker *w)
{
	int tasks[2] = { -1, -1 }, answers[2] = { -1, -1 };
	int error = fd_pipe(tasks);

	if (error == 0)
		error = fd_pipe(answers);
	slot_reset(w->slot);
	w->to = tasks[1];
	w->to_other = tasks[0];
	w->from = answers[0];
	w->to_watch.fd = w->from_watch.fd = -1;
	TAILQ_INIT(&w->flying);
	w->flies = w->given = 0;
	w->unsent = NULL;
	w->control_left = 0;
	w->reopening = false;
	w->number = w->received = w->answers = 0;
	w->busy = 0;
	w->error = 0;
	if (error == 0)
		error = start_with(w, answers[1]);
	fd_close(&answers[1]);
	if (error == 0)
		w->state = FN_WORKER_STARTING;
	else
		close_all(w);
	return error;
}

/*
 * Takes the answers that are in the pipe, and then those that the worker had no time to
 * write into it.
 */
static void
take_rest(struct fn_worker *w)
{
	const char *data = NULL;
	size_t n;
	int rc;

	do
		rc = receive(w);
	while (rc == 1);
	n = rc == 0 ? outbox_rest(w->slot, w->received, &data) : 0;
	if (n > 0 && fn_frame_reader_add(&w->reader, data, n) == 0)
		(void)take_frames(w);
}

static void
tell_dead(struct fn_worker *w, int why)
{
	const struct slot *slot = w->slot;
	struct prun_task_result r = { .error = -ECHILD,
		.flags = PRUN_TASK_DIED,
		.status = slot->status,
		.signal = slot->signal };

	if (why != 0) {
		r.error = why;
	} else if (slot_is_condemned(slot)) {
		r.error = -ETIMEDOUT;
		r.flags |= PRUN_TASK_TIMED_OUT;
	}
	tell(w, &r);
}

unsigned
fn_worker_settle(struct fn_worker *w, struct fn_task_list *queue, int why)
{
	const uint64_t begun = slot_number(w->slot);
	const struct fn_task *task;
	unsigned n;

	take_rest(w);
	close_all(w);
	fn_frame_reader_clear(&w->reader);
	while ((task = TAILQ_FIRST(&w->flying)) != NULL &&
	    task->frame.number <= begun)
		tell_dead(w, w->error != 0 ? w->error : why);
	n = move_back(w, TAILQ_FIRST(&w->flying), queue);
	w->state = FN_WORKER_ABSENT;
	return n;
}

void
fn_worker_fini(struct fn_worker *w, struct fn_task_list *queue)
{
	close_all(w);
	TAILQ_CONCAT(queue, &w->flying, entry);
	buf_fini(&w->out);
	fn_frame_reader_fini(&w->reader);
}
