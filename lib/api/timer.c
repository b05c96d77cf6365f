/* SPDX-License-Identifier: ISC */

/* Owns prun_timer: events with numbers for callers that embed nothing. */
#include <sys/queue.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "event/timer.h"
#include "prun.h"

struct pending {
	LIST_ENTRY(pending) entry;
	struct timer_event event;
	struct prun_timer *owner;
	uint64_t id;
	prun_timer_fn *fn;
	void *arg;
};

struct prun_timer {
	struct timer *timer;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t returned;
	LIST_HEAD(, pending) pending;
	uint64_t last_id;
	uint64_t running; /* whose fn is being called, 0: none */
	pthread_t thread; /* valid while running is not 0 */
};

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
	LIST_INIT(&t->pending);
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
	while ((p = LIST_FIRST(&t->pending)) != NULL) {
		LIST_REMOVE(p, entry);
		free(p);
	}
	pthread_cond_destroy(&t->returned);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static void
timer_due(void *arg)
{
	struct pending *p = arg;
	struct prun_timer *t = p->owner;

	pthread_mutex_lock(&t->lock);
	LIST_REMOVE(p, entry);
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
		LIST_INSERT_HEAD(&t->pending, p, entry);
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
	struct pending *p;

	LIST_FOREACH(p, &t->pending, entry) {
		if (p->id == id)
			return p;
	}
	return NULL;
}

int
prun_timer_cancel(struct prun_timer *t, uint64_t id)
{
	struct pending *p;
	int error = -ENOENT;

	if (id == 0)
		return error; /* never given out, and "none" for t->running */
	pthread_mutex_lock(&t->lock);
	p = timer_find(t, id);
	/* Listed but not pending: it is due this moment, and will find our lock. */
	if (p != NULL && timer_withdraw(t->timer, &p->event) == 0) {
		LIST_REMOVE(p, entry);
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
