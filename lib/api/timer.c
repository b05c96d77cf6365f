/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_timer: events that have numbers, so that a caller need not keep an
 * object for each.
 */
#include <sys/tree.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/timer.h"
#include "prun.h"

#define UNUSED __attribute__((unused)) static

struct pending {
	RB_ENTRY(pending) entry;
	struct timer_event event;
	struct prun_timer *owner;
	uint64_t id;
	prun_timer_fn *fn;
	void *arg;
};

struct prun_timer {
	pid_t owner; /* the process that has the thread */
	struct timer *timer;
	pthread_mutex_t lock; /* protects all members below */
	pthread_cond_t returned;
	RB_HEAD(pending_tree, pending) pending; /* by id */
	uint64_t last_id;
	uint64_t running; /* number of the event whose fn is running; 0: none */
	pthread_t thread; /* valid while running is not 0 */
};

static int
pending_compare(const struct pending *a, const struct pending *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

RB_PROTOTYPE_INTERNAL(pending_tree, pending, entry, pending_compare, UNUSED)
RB_GENERATE_INTERNAL(pending_tree, pending, entry, pending_compare, UNUSED)

int
prun_timer_new(struct prun_timer **tp)
{
	struct prun_timer *t = calloc(1, sizeof(*t));
	int error;

	if (t == NULL)
		return -ENOMEM;
	error = timer_new(&t->timer);
	if (error != 0) {
		free(t);
		return error;
	}
	t->owner = getpid();
	RB_INIT(&t->pending);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->returned, NULL);
	*tp = t;
	return 0;
}

void
prun_timer_free(struct prun_timer *t)
{
	struct pending *p;

	if (t == NULL)
		return;
	timer_free(t->timer);
	while ((p = RB_ROOT(&t->pending)) != NULL) {
		RB_REMOVE(pending_tree, &t->pending, p);
		free(p);
	}
	if (t->owner == getpid()) {
		pthread_cond_destroy(&t->returned);
		pthread_mutex_destroy(&t->lock);
	}
	free(t);
}

static void
timer_due(void *arg)
{
	struct pending *p = arg;
	struct prun_timer *t = p->owner;

	pthread_mutex_lock(&t->lock);
	RB_REMOVE(pending_tree, &t->pending, p);
	t->running = p->id;
	t->thread = pthread_self();
	pthread_mutex_unlock(&t->lock);
	p->fn(p->arg);
	pthread_mutex_lock(&t->lock);
	t->running = 0;
	pthread_cond_broadcast(&t->returned);
	pthread_mutex_unlock(&t->lock);
	free(p);
}

int
prun_timer_start(struct prun_timer *t, double seconds, prun_timer_fn *fn,
    void *arg, uint64_t *id)
{
	struct pending *p;
	int64_t ns;
	int error = clock_from_seconds(seconds, &ns);

	if (t->owner != getpid())
		return -EPERM;
	if (error == 0 && fn == NULL)
		error = -EINVAL;
	if (error != 0)
		return error;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	p->owner = t;
	p->fn = fn;
	p->arg = arg;
	pthread_mutex_lock(&t->lock);
	p->id = ++t->last_id;
	error = timer_start(t->timer, &p->event, clock_now() + ns, timer_due,
	    p);
	if (error == 0)
		RB_INSERT(pending_tree, &t->pending, p);
	if (error == 0 && id != NULL)
		*id = p->id;
	pthread_mutex_unlock(&t->lock);
	if (error != 0)
		free(p);
	return error;
}

static struct pending *
timer_find(struct prun_timer *t, uint64_t id)
{
	struct pending key = { .id = id };

	return RB_FIND(pending_tree, &t->pending, &key);
}

int
prun_timer_cancel(struct prun_timer *t, uint64_t id)
{
	struct pending *p;
	int error = -ENOENT;

	if (t->owner != getpid())
		return -EPERM;
	if (id == 0)
		return error; /* t->running is 0, too, if no fn runs */
	pthread_mutex_lock(&t->lock);
	p = timer_find(t, id);
	/*
	 * An event that is in the tree but not pending is about to run, and waits for
	 * our lock.
	 */
	if (p != NULL && timer_withdraw(t->timer, &p->event) == 0) {
		RB_REMOVE(pending_tree, &t->pending, p);
		error = 0;
	}
	while (error != 0 && (t->running == id || timer_find(t, id) != NULL) &&
	    !(t->running != 0 && pthread_equal(t->thread, pthread_self())))
		pthread_cond_wait(&t->returned, &t->lock);
	pthread_mutex_unlock(&t->lock);
	if (error == 0)
		free(p);
	return error;
}
