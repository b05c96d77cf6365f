/* SPDX-License-Identifier: ISC */

/*
 * Owns the beginning and the end of the workers as a whole, and the turns of their
 * loop.  Knows no pipe, and not which worker gets which task.
 */
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sized.h"
#include "process/cpu.h"
#include "workers/slot.h"
#include "workers/workers.h"

#define WORKERS_MOST 4096
#define OPTS_FIRST SIZED_UP_TO(struct prun_workers_opts, name)

int
workers_enter(const struct prun_workers *w)
{
	if (w->helper.shared.owner != getpid())
		return -EPERM;
	return w->inside > 0 ? -EDEADLK : 0;
}

int
workers_check(const struct prun_workers *w)
{
	return w->closed ? -ESHUTDOWN : w->broken;
}

static bool
is_over(const struct prun_workers *w)
{
	for (unsigned i = 0; i < w->nall; i++) {
		if (w->all[i].state != FN_WORKER_ABSENT)
			return false;
	}
	return w->pending == 0;
}

static void
settle(struct prun_workers *w, struct fn_worker *worker)
{
	const bool was_starting = worker->state == FN_WORKER_STARTING;
	const int error = worker->slot->error;

	w->queued += fn_worker_settle(worker, &w->queue,
	    w->terminated ? -ECANCELED : 0);
	if (was_starting)
		workers_note_failure(w, error != 0 ? -error : -ECHILD);
}

static void
news_ready(struct watch *watch, uint32_t events)
{
	struct prun_workers *w = watch->owner;
	uint64_t n;

	(void)events;
	if (read(watch->fd, &n, sizeof(n)) == -1)
		return;
	for (unsigned i = 0; i < w->nall; i++) {
		if (w->all[i].state != FN_WORKER_ABSENT &&
		    atomic_load(&w->all[i].slot->ended))
			settle(w, w->all + i);
	}
}

/* The helper has ended: its workers have ended too, or are about to. */
static void
helper_gone(struct watch *watch, uint32_t events)
{
	struct prun_workers *w = watch->owner;

	(void)events;
	loop_remove(&w->loop, watch);
	helper_ended(&w->helper);
	if (w->broken == 0)
		w->broken = w->terminated ? -ECANCELED : -ECHILD;
	for (unsigned i = 0; i < w->nall; i++) {
		if (w->all[i].state != FN_WORKER_ABSENT)
			settle(w, w->all + i);
	}
}

int
workers_turn(struct prun_workers *w, int milliseconds)
{
	int rc;

	w->inside++;
	rc = loop_turn(&w->loop,
	    w->broken != 0 && w->queued > 0 ? 0 : milliseconds);
	if (w->broken != 0)
		workers_drop_queue(w);
	w->inside--;
	workers_schedule(w, true);
	return rc < 0 && rc != -EINTR ? rc : 0;
}

int
prun_workers_step(struct prun_workers *w, double timeout)
{
	int error = workers_enter(w);

	if (error != 0)
		return error;
	if (timeout < 0 && w->pending == 0 && (!w->closed || is_over(w)))
		return -EDEADLK;
	workers_schedule(w, true);
	return workers_turn(w, clock_poll_timeout(clock_deadline(timeout)));
}

int
prun_workers_join(struct prun_workers *w)
{
	int error = workers_enter(w);

	if (error == 0 && !w->closed)
		error = -EINVAL;
	workers_schedule(w, true);
	while (error == 0 && !is_over(w))
		error = workers_turn(w, -1);
	return error;
}

void
prun_workers_close(struct prun_workers *w)
{
	w->closed = true;
}

void
prun_workers_terminate(struct prun_workers *w)
{
	if (w->helper.shared.owner != getpid() || w->terminated)
		return;
	w->closed = w->terminated = true;
	w->broken = -ECANCELED;
	helper_end(&w->helper);
	/* The next turn of the loop tells the ends of the tasks. */
	mailbox_wake(&w->loop.mailbox);
}

int
prun_workers_fd(const struct prun_workers *w)
{
	return w->loop.fd;
}

uint64_t
prun_workers_pending(const struct prun_workers *w)
{
	return w->pending;
}

static int
init_slots(struct prun_workers *w)
{
	void *slots;

	w->all = calloc(w->nall, sizeof(*w->all));
	if (w->all == NULL)
		return -ENOMEM;
	slots = mmap(NULL, w->nall * sizeof(*w->slots), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (slots == MAP_FAILED)
		return -errno;
	w->slots = slots;
	for (unsigned i = 0; i < w->nall; i++) {
		w->all[i] = (struct fn_worker){ .ops = &workers_ops,
			.owner = w,
			.loop = &w->loop,
			.helper = &w->helper,
			.slot = w->slots + i,
			.index = i,
			.to = -1,
			.to_other = -1,
			.from = -1 };
		w->all[i].to_watch.fd = w->all[i].from_watch.fd = -1;
		TAILQ_INIT(&w->all[i].flying);
	}
	return 0;
}

static void
do_nothing(void *arg)
{
	(void)arg;
}

/* The timer's descriptor is opened now, since later none may be free. */
static int
init_loop(struct prun_workers *w)
{
	int error = loop_init(&w->loop);

	if (error == 0)
		error = loop_timer_start(&w->loop, &w->relief, INT64_MAX,
		    do_nothing, w);
	loop_timer_stop(&w->loop, &w->relief);
	if (error == 0)
		error = loop_add(&w->loop, &w->news, w->helper.shared.news,
		    EPOLLIN, news_ready, w);
	if (error == 0)
		error = loop_add(&w->loop, &w->helper_watch,
		    w->helper.process.pidfd, EPOLLIN, helper_gone, w);
	return error;
}

/*
 * The helper is forked before the loop is made, so that it does not get the loop's
 * descriptors.
 */
static int
workers_init(struct prun_workers *w, const struct prun_workers_opts *opts)
{
	struct helper_opts helper = { .serve = { opts->init, opts->fini,
					  opts->arg, opts->timeout > 0 },
		.count = w->nall,
		.name = w->name };
	int error = clock_from_seconds(opts->timeout, &helper.timeout);

	if (error == 0)
		error = init_slots(w);
	helper.slots = w->slots;
	if (error == 0)
		error = helper_init(&w->helper, &helper);
	if (error == 0)
		error = init_loop(w);
	return error;
}

static bool
opts_valid(const struct prun_workers_opts *opts)
{
	return opts->workers <= WORKERS_MOST && opts->timeout >= 0 &&
	    opts->chunk <= SIZE_MAX / WORKERS_MOST / 8;
}

static void
workers_init_empty(struct prun_workers *w)
{
	fn_task_store_init(&w->store);
	TAILQ_INIT(&w->queue);
	w->helper.shared.control[0] = w->helper.shared.control[1] = -1;
	w->helper.shared.news = w->helper.process.pidfd = -1;
	w->helper.shared.owner = getpid();
	w->news.fd = w->helper_watch.fd = -1;
	w->loop.fd = w->loop.mailbox.fd = -1;
	w->loop.alarm.fd = w->loop.always_ready.fd = -1;
}

int
prun_workers_new(const struct prun_workers_opts *opts, struct prun_workers **wp)
{
	struct prun_workers_opts own = { 0 };
	struct prun_workers *w;
	int error = 0;

	if (opts != NULL)
		error = sized_in(&own, sizeof(own), opts, opts->size,
		    OPTS_FIRST);
	if (error != 0)
		return error;
	opts = &own;
	if (!opts_valid(opts))
		return -EINVAL;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return -ENOMEM;
	workers_init_empty(w);
	w->asked = opts->workers != 0 ? opts->workers : (unsigned)cpu_count();
	w->tasks_per_worker = opts->tasks_per_worker;
	w->nall = w->asked * (w->tasks_per_worker != 0 ? 2 : 1);
	w->chunk = opts->chunk;
	(void)prctl(PR_GET_NAME, w->name, 0, 0, 0);
	if (opts->name != NULL)
		(void)strlcpy(w->name, opts->name, sizeof(w->name));
	error = workers_init(w, opts);
	if (error != 0) {
		(void)prun_workers_free(w);
		return error;
	}
	workers_schedule(w, true);
	*wp = w;
	return 0;
}

int
prun_workers_free(struct prun_workers *w)
{
	struct fn_task *task;

	if (w == NULL)
		return 0;
	if (w->inside > 0)
		return -EDEADLK;
	/*
	 * A forked process shares the epoll set with its parent: it closes the set
	 * first, since removing a descriptor would take effect in the parent too.
	 */
	if (w->helper.shared.owner != getpid())
		loop_fini(&w->loop);
	helper_fini(&w->helper);
	for (unsigned i = 0; w->all != NULL && i < w->nall; i++)
		fn_worker_fini(w->all + i, &w->queue);
	while ((task = TAILQ_FIRST(&w->queue)) != NULL) {
		TAILQ_REMOVE(&w->queue, task, entry);
		fn_task_free(&w->store, task);
	}
	fn_task_store_fini(&w->store);
	loop_fini(&w->loop);
	if (w->slots != NULL)
		(void)munmap(w->slots, w->nall * sizeof(*w->slots));
	buf_fini(&w->reply);
	free(w->all);
	free(w);
	return 0;
}
