/* SPDX-License-Identifier: ISC */

/*
 * Owns how tasks are given to workers and what their callers wait for: one task, or
 * a map of many, whose results come in order or as the tasks end.  Knows no worker.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sized.h"
#include "base/tuning.h"
#include "workers/workers.h"

#define TASK_RESULT_FIRST SIZED_UP_TO(struct prun_task_result, len)

static void
async_ended(struct fn_task *task, const struct prun_task_result *r)
{
	struct prun_workers *w = task->owner;

	w->pending--;
	if (task->done != NULL)
		task->done(r, task->arg);
	fn_task_free(&w->store, task);
}

static int
submit(struct prun_workers *w, prun_task_fn *fn, const void *in, size_t len,
    fn_task_ended_fn *ended, struct fn_task **taskp)
{
	int error = workers_check(w);
	struct fn_task *task;

	if (error == 0 && (fn == NULL || (in == NULL && len > 0)))
		error = -EINVAL;
	if (error != 0)
		return error;
	task = fn_task_new(&w->store, fn, in, len);
	if (task == NULL)
		return -ENOMEM;
	task->ended = ended;
	*taskp = task;
	return 0;
}

int
prun_workers_apply_async(struct prun_workers *w, prun_task_fn *fn,
    const void *in, size_t len, prun_task_done_fn *done, void *arg)
{
	struct fn_task *task;
	int error = workers_enter(w);

	/* A done function may call this, too (-EDEADLK), because it does not wait. */
	if (error == 0 || error == -EDEADLK)
		error = submit(w, fn, in, len, async_ended, &task);
	if (error != 0)
		return error;
	task->done = done;
	task->arg = arg;
	task->owner = w;
	task->id = ++w->last_id;
	workers_add(w, task);
	if (w->inside == 0)
		workers_schedule(w, false);
	return 0;
}

struct applied {
	struct prun_workers *w;
	struct prun_task_result result;
	bool ended;
};

static void
apply_done(const struct prun_task_result *r, void *arg)
{
	struct applied *a = arg;

	a->result = *r;
	a->ended = true;
	buf_clear(&a->w->reply, SIZE_MAX);
	if (buf_add(&a->w->reply, r->data, r->len) != 0) {
		a->result.error = -ENOMEM;
		a->result.len = 0;
	}
	a->result.data = a->w->reply.data;
}

int
prun_workers_apply(struct prun_workers *w, prun_task_fn *fn, const void *in,
    size_t len, struct prun_task_result *r)
{
	struct applied a = { .w = w };
	int error = workers_enter(w);

	if (error == 0 && r != NULL)
		error = sized_check(r->size, TASK_RESULT_FIRST);
	if (error == 0)
		error = prun_workers_apply_async(w, fn, in, len, apply_done,
		    &a);
	while (error == 0 && !a.ended)
		error = workers_turn(w, -1);
	if (error == 0 && r != NULL)
		sized_out(r, r->size, &a.result, sizeof(a.result));
	return error != 0 ? error : a.result.error;
}

struct map {
	struct prun_workers *w;
	prun_task_fn *fn;
	prun_task_next_fn *next;
	void *next_arg;
	bool ordered;
	prun_task_done_fn *done;
	void *arg;

	bool over; /* next has no more tasks */
	/* How many tasks were submitted, and how many results were given to done. */
	uint64_t fed, told;
	/* In order: the tasks whose results were not given to done yet. */
	struct fn_task_list tasks;
	size_t held; /* bytes of answers that wait for their turn */
	int error; /* the first error */
};

static void
map_tell(struct map *m, struct fn_task *task, const struct prun_task_result *r)
{
	m->told++;
	if (m->error == 0 && r->error < 0)
		m->error = r->error;
	if (m->done != NULL)
		m->done(r, m->arg);
	if (m->ordered)
		TAILQ_REMOVE(&m->tasks, task, order);
	fn_task_free(&m->w->store, task);
}

/*
 * Keep a result until its turn.  The answer is copied behind the result, with the
 * same alignment.
 */
static void
map_hold(struct map *m, struct fn_task *task, const struct prun_task_result *r)
{
	const size_t head = fn_frame_padded(sizeof(*r));
	struct prun_task_result *held = malloc(head + r->len);

	task->held = held;
	task->lost = held == NULL;
	if (held == NULL)
		return;
	*held = *r;
	held->data = (char *)held + head;
	if (r->len > 0)
		memcpy((char *)held + head, r->data, r->len);
	m->held += head + r->len;
}

static void
map_tell_held(struct map *m)
{
	struct fn_task *task;
	struct prun_task_result *held, lost;

	while ((task = TAILQ_FIRST(&m->tasks)) != NULL &&
	    (task->held != NULL || task->lost)) {
		held = task->held;
		lost = (struct prun_task_result){ .size = sizeof(lost),
			.id = task->id,
			.error = -ENOMEM };
		if (held != NULL)
			m->held -= fn_frame_padded(sizeof(*held)) + held->len;
		map_tell(m, task, held != NULL ? held : &lost);
		free(held);
	}
}

static void
map_ended(struct fn_task *task, const struct prun_task_result *r)
{
	struct map *m = task->owner;

	m->w->pending--;
	if (!m->ordered || task == TAILQ_FIRST(&m->tasks)) {
		map_tell(m, task, r);
		map_tell_held(m);
		return;
	}
	map_hold(m, task, r);
}

static int
map_feed_one(struct map *m)
{
	struct fn_task *task;
	const void *in = NULL;
	size_t len = 0;
	int rc = workers_check(m->w);

	/* next is called only if its task can be submitted, so that none is lost. */
	if (rc == 0)
		rc = m->next(&in, &len, m->next_arg);
	if (rc <= 0)
		return rc;
	rc = submit(m->w, m->fn, in, len, map_ended, &task);
	if (rc != 0)
		return rc;
	task->owner = m;
	task->id = m->fed++;
	if (m->ordered)
		TAILQ_INSERT_TAIL(&m->tasks, task, order);
	workers_add(m->w, task);
	return 1;
}

/*
 * Submit as many tasks as the workers can begin soon; none while many bytes of
 * answers wait for a slow task.
 */
static void
map_feed(struct map *m)
{
	const size_t hunger = workers_hunger(m->w);
	int rc = 1;

	while (!m->over && m->w->queued < hunger && m->held < CAPTURE_MEMORY) {
		rc = map_feed_one(m);
		m->over = rc <= 0;
	}
	if (rc < 0 && m->error == 0)
		m->error = rc;
}

int
prun_workers_map_from(struct prun_workers *w, prun_task_fn *fn,
    prun_task_next_fn *next, void *next_arg, bool ordered,
    prun_task_done_fn *done, void *arg)
{
	struct map m = { .w = w,
		.fn = fn,
		.next = next,
		.next_arg = next_arg,
		.ordered = ordered,
		.done = done,
		.arg = arg };
	int error = workers_enter(w);

	if (error == 0)
		error = fn == NULL || next == NULL ? -EINVAL : workers_check(w);
	if (error != 0)
		return error;
	TAILQ_INIT(&m.tasks);
	for (;;) {
		map_feed(&m);
		if (m.told == m.fed)
			break;
		workers_schedule(w, true);
		error = workers_turn(w, -1);
		if (error != 0 && m.error == 0)
			m.error = error;
	}
	return m.error;
}

struct array {
	const char *at;
	size_t left, size;
};

static int
array_next(const void **in, size_t *len, void *arg)
{
	struct array *a = arg;

	if (a->left == 0)
		return 0;
	*in = a->at;
	*len = a->size;
	a->at += a->size;
	a->left--;
	return 1;
}

static int
map_array(struct prun_workers *w, prun_task_fn *fn, struct array a,
    bool ordered, prun_task_done_fn *done, void *arg)
{
	if (a.at == NULL && a.left > 0 && a.size > 0)
		return -EINVAL;
	return prun_workers_map_from(w, fn, array_next, &a, ordered, done, arg);
}

int
prun_workers_map(struct prun_workers *w, prun_task_fn *fn, const void *base,
    size_t n, size_t size, prun_task_done_fn *done, void *arg)
{
	return map_array(w, fn, (struct array){ base, n, size }, true, done,
	    arg);
}

int
prun_workers_map_unordered(struct prun_workers *w, prun_task_fn *fn,
    const void *base, size_t n, size_t size, prun_task_done_fn *done, void *arg)
{
	return map_array(w, fn, (struct array){ base, n, size }, false, done,
	    arg);
}
