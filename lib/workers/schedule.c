/* SPDX-License-Identifier: ISC */

/*
 * Owns the queue of tasks, and which of them each worker gets.  Knows neither pipes nor
 * processes.
 */
#include <errno.h>

#include "base/clock.h"
#include "workers/slot.h"
#include "workers/workers.h"

/*
 * A worker is given tasks for about so long at once (a chunk); a task that takes longer
 * is given alone.  If chunks were much shorter, the messages would cost more than the
 * tasks; if much longer, a few workers would have all the tasks.
 */
#define CHUNK_NS INT64_C(500000)
#define CHUNK_MOST 1024

/*
 * When a worker has been idle for so long, it gets tasks that another has and has not
 * begun.
 */
#define RELIEF_NS INT64_C(1000000)

/*
 * After FAILURES_MOST failed starts in a row no more are tried; after FAILURES_CALM the
 * next start waits for AGAIN_NS.
 */
#define FAILURES_MOST 16
#define FAILURES_CALM 4
#define AGAIN_NS INT64_C(20000000)

static size_t
chunk_of(const struct prun_workers *w)
{
	size_t n, share = w->queued / ((size_t)w->asked * 2);

	if (w->chunk != 0)
		return w->chunk;
	if (w->mean == 0)
		return 1;
	n = (size_t)(CHUNK_NS / w->mean);
	if (n > CHUNK_MOST)
		n = CHUNK_MOST;
	if (n > share)
		n = share;
	return n > 0 ? n : 1;
}

size_t
workers_hunger(const struct prun_workers *w)
{
	size_t n = 1;

	if (w->chunk != 0)
		return w->chunk * w->asked * 2;
	if (w->mean != 0 && w->mean < CHUNK_NS)
		n = (size_t)(CHUNK_NS / w->mean);
	return (n < CHUNK_MOST ? n : CHUNK_MOST) * w->asked * 4;
}

/* Should a worker get its next chunk before it has answered the one that it has? */
static bool
is_short(const struct prun_workers *w, size_t chunk)
{
	return w->mean != 0 && w->mean < 2 * CHUNK_NS / (int64_t)chunk;
}

static void
give_chunk(struct prun_workers *w, struct fn_worker *worker, size_t chunk)
{
	const unsigned most = w->tasks_per_worker;
	struct fn_task *task;
	size_t n = chunk < w->queued ? chunk : w->queued;

	if (most != 0 && n > most - worker->given)
		n = most - worker->given;
	for (; n > 0; n--) {
		task = TAILQ_FIRST(&w->queue);
		TAILQ_REMOVE(&w->queue, task, entry);
		w->queued--;
		fn_worker_give(worker, task, n == 1);
	}
	fn_worker_flush(worker);
}

static bool
takes_tasks(const struct prun_workers *w, const struct fn_worker *worker)
{
	return worker->state == FN_WORKER_READY && !worker->reopening &&
	    worker->error == 0 &&
	    (w->tasks_per_worker == 0 || worker->given < w->tasks_per_worker);
}

static unsigned
count_busy(const struct prun_workers *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->nall; i++) {
		if (w->all[i].state != FN_WORKER_ABSENT && w->all[i].flies > 0)
			n++;
	}
	return n;
}

/*
 * Gives tasks to idle workers: if used is true, to those that have had a task before;
 * else to those that have had none.
 */
static unsigned
give_idle(struct prun_workers *w, unsigned busy, bool used)
{
	struct fn_worker *worker;

	for (unsigned i = 0; i < w->nall && busy < w->asked && w->queued > 0;
	     i++) {
		worker = w->all + i;
		if (worker->flies > 0 || (worker->given > 0) != used ||
		    !takes_tasks(w, worker))
			continue;
		give_chunk(w, worker, chunk_of(w));
		busy++;
	}
	return busy;
}

static void
give_ahead(struct prun_workers *w)
{
	struct fn_worker *worker;
	size_t chunk = chunk_of(w);

	for (unsigned i = 0; i < w->nall && w->queued > 0; i++) {
		worker = w->all + i;
		if (takes_tasks(w, worker) && worker->flies > 0 &&
		    worker->flies <= chunk && is_short(w, chunk))
			give_chunk(w, worker, chunk);
	}
}

static void
relieve(void *arg)
{
	struct prun_workers *w = arg;

	if (w->queued > 0 || w->answers != w->answers_noted)
		return;
	for (unsigned i = 0; i < w->nall; i++) {
		if (w->all[i].flies > 1)
			w->queued += fn_worker_take_back(w->all + i, &w->queue);
	}
	w->relief_vain = w->queued == 0;
}

static void
watch_for_relief(struct prun_workers *w)
{
	bool idle = false, stuck = false;

	for (unsigned i = 0; i < w->nall; i++) {
		if (takes_tasks(w, w->all + i) && w->all[i].flies == 0)
			idle = true;
		if (w->all[i].flies > 1 && !w->all[i].reopening)
			stuck = true;
	}
	if (!idle || !stuck || w->queued > 0 ||
	    ((loop_timer_is_pending(&w->relief) || w->relief_vain) &&
		w->answers == w->answers_noted))
		return;
	w->relief_vain = false;
	w->answers_noted = w->answers;
	(void)loop_timer_start(&w->loop, &w->relief, clock_now() + RELIEF_NS,
	    relieve, w);
}

/*
 * The timer has nothing to do: the turn of the loop that calls it looks for missing
 * workers afterwards.
 */
static void
start_again(void *arg)
{
	(void)arg;
}

static void
start_later(struct prun_workers *w)
{
	(void)loop_timer_start(&w->loop, &w->again, clock_now() + AGAIN_NS,
	    start_again, w);
}

static bool
has_ready(const struct prun_workers *w)
{
	for (unsigned i = 0; i < w->nall; i++) {
		if (w->all[i].state == FN_WORKER_READY)
			return true;
	}
	return false;
}

void
workers_note_failure(struct prun_workers *w, int error)
{
	if (++w->failures >= FAILURES_MOST && w->broken == 0 && !has_ready(w))
		w->broken = error;
	if (w->failures >= FAILURES_CALM)
		start_later(w);
}

/* Will the worker take tasks for some time to come? */
static bool
is_fresh(const struct prun_workers *w, const struct fn_worker *worker)
{
	return worker->state == FN_WORKER_STARTING ||
	    (worker->state == FN_WORKER_READY &&
		(w->tasks_per_worker == 0 ||
		    worker->given <= w->tasks_per_worker / 2));
}

static void
start_missing(struct prun_workers *w)
{
	unsigned fresh = 0;
	int error = 0;

	if (w->broken != 0 || (w->closed && w->pending == 0) ||
	    loop_timer_is_pending(&w->again))
		return;
	for (unsigned i = 0; i < w->nall; i++)
		fresh += is_fresh(w, w->all + i);
	for (unsigned i = 0; i < w->nall && fresh < w->asked && error == 0;
	     i++) {
		if (w->all[i].state != FN_WORKER_ABSENT)
			continue;
		error = fn_worker_start(w->all + i);
		fresh++;
	}
	if (error != 0)
		start_later(w);
	/* -EAGAIN is no failure: many requests wait for the helper. */
	if (error != 0 && error != -EAGAIN)
		workers_note_failure(w, error);
}

static void
finish_served(struct prun_workers *w)
{
	const bool over = w->broken != 0 || (w->closed && w->pending == 0);
	struct fn_worker *worker;

	for (unsigned i = 0; i < w->nall; i++) {
		worker = w->all + i;
		if (worker->state != FN_WORKER_READY || worker->flies > 0 ||
		    worker->reopening)
			continue;
		if (over ||
		    (w->tasks_per_worker != 0 &&
			worker->given >= w->tasks_per_worker))
			fn_worker_finish(worker);
	}
}

void
workers_schedule(struct prun_workers *w, bool ahead)
{
	unsigned busy;

	if (w->broken == 0 && w->queued > 0) {
		busy = count_busy(w);
		busy = give_idle(w, busy, true);
		(void)give_idle(w, busy, false);
	}
	if (!ahead)
		return;
	if (w->broken == 0 && w->queued > 0)
		give_ahead(w);
	else if (w->pending > 0)
		watch_for_relief(w);
	finish_served(w);
	start_missing(w);
}

static void
worker_ready(void *owner, int error)
{
	struct prun_workers *w = owner;

	if (error == 0)
		w->failures = 0;
	else if (w->broken == 0)
		w->broken = error < 0 ? error : -EINVAL;
}

static void
worker_answered(void *owner, unsigned tasks, int64_t busy)
{
	struct prun_workers *w = owner;
	int64_t each = busy / tasks;

	w->answers += tasks;
	if (each < 1)
		each = 1;
	w->mean = w->mean == 0 ? each : (3 * w->mean + each) / 4;
}

const struct fn_worker_ops workers_ops = {
	.ready = worker_ready,
	.answered = worker_answered,
};

void
workers_add(struct prun_workers *w, struct fn_task *task)
{
	TAILQ_INSERT_TAIL(&w->queue, task, entry);
	w->queued++;
	w->pending++;
}

void
workers_drop_queue(struct prun_workers *w)
{
	struct fn_task *task;
	struct prun_task_result r;

	while ((task = TAILQ_FIRST(&w->queue)) != NULL) {
		TAILQ_REMOVE(&w->queue, task, entry);
		w->queued--;
		r = (struct prun_task_result){ .size = sizeof(r),
			.id = task->id,
			.error = w->broken,
			.flags = PRUN_TASK_NOT_RUN };
		task->ended(task, &r);
	}
}
