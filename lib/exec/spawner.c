/* SPDX-License-Identifier: ISC */

/*
 * Owns the starting of children and the threads that do it.  Knows no pool: a
 * task comes and goes through two lists.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "exec/child.h"
#include "exec/cpu.h"
#include "exec/plan.h"
#include "exec/spawn.h"
#include "exec/spawner.h"

/* Tasks that the caller starts before threads are worth their cost. */
#define ALONE 64
/*
 * Most of its time a thread waits in vfork and its child has the CPU: two for
 * each keep it busy.  More than the most wait for each other in the kernel.
 */
#define THREADS_EACH 2u
#define THREADS_MAX 4u

STAILQ_HEAD(spawn_list, spawn_task);

struct spawner {
	spawner_back_fn *back_fn;
	void *arg;
	void *stack; /* the caller's */
	unsigned long submitted;
	int want; /* threads, as given */
	unsigned most, nthreads;

	struct spawner_thread {
		pthread_t thread;
		void *stack; /* for its children */
		struct spawner *spawner;
	} * thread;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t work; /* for threads */
	pthread_cond_t done; /* nothing is out any more */
	struct spawn_list out, back;
	unsigned busy; /* tasks taken from out and not yet back */
	unsigned idle; /* threads that wait for work */
	bool stop;
};

int
spawner_new(int threads, unsigned most, spawner_back_fn *back, void *arg,
    struct spawner **spp)
{
	struct spawner *sp = calloc(1, sizeof(*sp));

	if (sp == NULL)
		return -ENOMEM;
	STAILQ_INIT(&sp->out);
	STAILQ_INIT(&sp->back);
	pthread_mutex_init(&sp->lock, NULL);
	pthread_cond_init(&sp->work, NULL);
	pthread_cond_init(&sp->done, NULL);
	sp->back_fn = back;
	sp->arg = arg;
	sp->want = threads;
	sp->most = most;
	sp->stack = spawn_stack_new();
	if (sp->stack == NULL) {
		spawner_free(sp);
		return -ENOMEM;
	}
	*spp = sp;
	return 0;
}

void
spawner_free(struct spawner *sp)
{
	if (sp == NULL)
		return;
	pthread_mutex_lock(&sp->lock);
	sp->stop = true;
	pthread_cond_broadcast(&sp->work);
	pthread_mutex_unlock(&sp->lock);
	for (unsigned i = 0; i < sp->nthreads; i++) {
		(void)pthread_join(sp->thread[i].thread, NULL);
		spawn_stack_free(sp->thread[i].stack);
	}
	pthread_cond_destroy(&sp->done);
	pthread_cond_destroy(&sp->work);
	pthread_mutex_destroy(&sp->lock);
	spawn_stack_free(sp->stack);
	free(sp->thread);
	free(sp);
}

static void
task_run(struct spawn_task *task, void *stack)
{
	task->result->step = PRUN_STEP_PIPE;
	task->error = task->open(task);
	if (task->error != 0) {
		task->result->flags |= PRUN_NOT_STARTED;
		return;
	}
	task->result->step = PRUN_STEP_NONE;
	task->error = child_start(task->child, task->plan, task->stdio->child,
	    stack, task->result);
	stdio_close_child(task->stdio);
}

static struct spawn_task *
spawner_wait(struct spawner *sp)
{
	struct spawn_task *task;

	while ((task = STAILQ_FIRST(&sp->out)) == NULL && !sp->stop) {
		sp->idle++;
		pthread_cond_wait(&sp->work, &sp->lock);
		sp->idle--;
	}
	if (task != NULL)
		STAILQ_REMOVE_HEAD(&sp->out, entry);
	return task;
}

static void *
spawner_main(void *arg)
{
	struct spawner_thread *thread = arg;
	struct spawner *sp = thread->spawner;
	struct spawn_task *task;
	bool first;

	pthread_mutex_lock(&sp->lock);
	while ((task = spawner_wait(sp)) != NULL) {
		sp->busy++;
		pthread_mutex_unlock(&sp->lock);
		task_run(task, thread->stack);
		pthread_mutex_lock(&sp->lock);
		first = STAILQ_EMPTY(&sp->back);
		STAILQ_INSERT_TAIL(&sp->back, task, entry);
		if (--sp->busy == 0)
			pthread_cond_signal(&sp->done);
		if (first)
			sp->back_fn(sp->arg);
	}
	pthread_mutex_unlock(&sp->lock);
	return NULL;
}

static bool
spawner_start_thread(struct spawner *sp)
{
	struct spawner_thread *thread = &sp->thread[sp->nthreads];

	thread->spawner = sp;
	thread->stack = spawn_stack_new();
	if (thread->stack == NULL)
		return false;
	if (pthread_create(&thread->thread, NULL, spawner_main, thread) == 0) {
		sp->nthreads++;
		return true;
	}
	spawn_stack_free(thread->stack);
	return false;
}

static unsigned
spawner_threads(const struct spawner *sp)
{
	unsigned cpus, threads = (unsigned)sp->want;

	if (sp->want < 0)
		return 0;
	if (sp->want == 0) {
		cpus = (unsigned)cpu_count();
		threads = cpus > THREADS_MAX / THREADS_EACH ?
		    THREADS_MAX :
		    cpus * THREADS_EACH;
		if (cpus == 1 || sp->most == 1)
			return 0;
	}
	return threads < sp->most ? threads : sp->most;
}

/* Threads take no signals; what cannot be had the caller does alone. */
static void
spawner_start_threads(struct spawner *sp)
{
	unsigned want = spawner_threads(sp);
	sigset_t all, old;

	if (want == 0)
		return;
	sp->thread = calloc(want, sizeof(*sp->thread));
	if (sp->thread == NULL)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (sp->nthreads < want && spawner_start_thread(sp))
		;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void
spawner_submit(struct spawner *sp, struct spawn_task *task)
{
	bool wake;

	if (++sp->submitted == ALONE)
		spawner_start_threads(sp);
	if (sp->nthreads == 0) {
		task_run(task, sp->stack);
		STAILQ_INSERT_TAIL(&sp->back, task, entry);
		return;
	}
	pthread_mutex_lock(&sp->lock);
	STAILQ_INSERT_TAIL(&sp->out, task, entry);
	wake = sp->idle > 0;
	pthread_mutex_unlock(&sp->lock);
	if (wake)
		pthread_cond_signal(&sp->work);
}

struct spawn_task *
spawner_take(struct spawner *sp)
{
	struct spawn_task *task;

	pthread_mutex_lock(&sp->lock);
	task = STAILQ_FIRST(&sp->back);
	if (task != NULL)
		STAILQ_REMOVE_HEAD(&sp->back, entry);
	pthread_mutex_unlock(&sp->lock);
	return task;
}

void
spawner_drain(struct spawner *sp)
{
	pthread_mutex_lock(&sp->lock);
	while (sp->busy > 0 || !STAILQ_EMPTY(&sp->out))
		pthread_cond_wait(&sp->done, &sp->lock);
	pthread_mutex_unlock(&sp->lock);
}
