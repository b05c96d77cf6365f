/* SPDX-License-Identifier: ISC */

/*
 * Owns the starting of children and the threads that do it.  Knows no pool: a task
 * waits in one list (out) and comes back in another (back).
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "base/tuning.h"
#include "engine/spawner.h"
#include "process/cpu.h"
#include "process/spawn.h"
#include "transport/start.h"

STAILQ_HEAD(spawn_list, spawn_task);

struct spawner_thread {
	pthread_t thread;
	void *stack; /* the stack on which its children start */
	struct spawner *spawner;
	SLIST_ENTRY(spawner_thread) entry; /* in the list of idle threads */
	pthread_cond_t work;
	bool called;
};

struct spawner {
	pid_t owner; /* the process that has the threads */
	spawner_due_fn *due_fn;
	void *arg;
	const struct log *log; /* NULL: nothing is logged */
	void *stack; /* the stack on which the caller's own children start */
	unsigned long submitted;
	unsigned abstain; /* so many submits long the caller starts none */
	int want; /* threads, as spawner_new() was told */
	unsigned most, nthreads;
	unsigned few; /* so many threads are woken at once; 0: all */
	bool asked; /* threads were started, as many as could be had */

	struct spawner_thread *thread;

	pthread_mutex_t lock; /* guards all that follows, and thread.called */
	pthread_cond_t done; /* no task is with a thread any more */
	struct spawn_list out, back;
	unsigned queued; /* how many tasks are in out */
	/* How many tasks were taken from out and are not in back yet. */
	unsigned busy;
	/* Threads that wait for work; the last one to work is first. */
	SLIST_HEAD(, spawner_thread) idle;
	unsigned nidle;
	bool stop;
};

int
spawner_new(int threads, unsigned most, spawner_due_fn *due, void *arg,
    struct spawner **spp)
{
	struct spawner *sp = calloc(1, sizeof(*sp));

	if (sp == NULL)
		return -ENOMEM;
	STAILQ_INIT(&sp->out);
	STAILQ_INIT(&sp->back);
	SLIST_INIT(&sp->idle);
	pthread_mutex_init(&sp->lock, NULL);
	pthread_cond_init(&sp->done, NULL);
	sp->owner = getpid();
	sp->due_fn = due;
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
spawner_set_log(struct spawner *sp, const struct log *log)
{
	sp->log = log;
}

static void
spawner_end_threads(struct spawner *sp)
{
	pthread_mutex_lock(&sp->lock);
	sp->stop = true;
	for (unsigned i = 0; i < sp->nthreads; i++)
		pthread_cond_signal(&sp->thread[i].work);
	pthread_mutex_unlock(&sp->lock);
	for (unsigned i = 0; i < sp->nthreads; i++) {
		(void)pthread_join(sp->thread[i].thread, NULL);
		pthread_cond_destroy(&sp->thread[i].work);
	}
	pthread_cond_destroy(&sp->done);
	pthread_mutex_destroy(&sp->lock);
}

void
spawner_free(struct spawner *sp)
{
	if (sp == NULL)
		return;
	if (sp->owner == getpid())
		spawner_end_threads(sp);
	for (unsigned i = 0; i < sp->nthreads; i++)
		spawn_stack_free(sp->thread[i].stack);
	spawn_stack_free(sp->stack);
	free(sp->thread);
	free(sp);
}

static void
task_run(struct spawn_task *task, void *stack)
{
	task->error = task->prepare != NULL ? task->prepare(task) : 0;
	if (task->error == 0)
		task->error = start_child(&task->start, stack);
}

static struct spawn_task *
spawner_pop(struct spawner *sp)
{
	struct spawn_task *task = STAILQ_FIRST(&sp->out);

	if (task != NULL) {
		STAILQ_REMOVE_HEAD(&sp->out, entry);
		sp->queued--;
	}
	return task;
}

/* Calls the idle thread that worked last.  NULL: all threads are at work. */
static struct spawner_thread *
spawner_call(struct spawner *sp)
{
	struct spawner_thread *thread = SLIST_FIRST(&sp->idle);

	if (thread == NULL)
		return NULL;
	SLIST_REMOVE_HEAD(&sp->idle, entry);
	sp->nidle--;
	thread->called = true;
	return thread;
}

/* Wakes a thread for each task that waits. */
static void
spawner_call_all(struct spawner *sp)
{
	struct spawner_thread *thread;

	for (unsigned n = sp->queued; n > 0; n--) {
		thread = spawner_call(sp);
		if (thread == NULL)
			break;
		pthread_cond_signal(&thread->work);
	}
}

/*
 * The caller holds the lock, which is released during the start.  Returns whether the
 * start was slow.
 */
static bool
spawner_run(struct spawner *sp, struct spawn_task *task, void *stack)
{
	int64_t began = clock_now();
	bool slow;

	pthread_mutex_unlock(&sp->lock);
	task_run(task, stack);
	slow = clock_now() - began > SPAWNER_SLOW_NS;
	pthread_mutex_lock(&sp->lock);
	if (slow)
		spawner_call_all(sp);
	return slow;
}

static void
spawner_work(struct spawner *sp, void *stack)
{
	struct spawn_task *task;
	bool first;

	while ((task = spawner_pop(sp)) != NULL) {
		sp->busy++;
		(void)spawner_run(sp, task, stack);
		first = STAILQ_EMPTY(&sp->back);
		STAILQ_INSERT_TAIL(&sp->back, task, entry);
		if (--sp->busy == 0)
			pthread_cond_signal(&sp->done);
		if (first)
			sp->due_fn(sp->arg);
	}
}

static void
spawner_rest(struct spawner *sp, struct spawner_thread *thread)
{
	thread->called = false;
	SLIST_INSERT_HEAD(&sp->idle, thread, entry);
	sp->nidle++;
}

static void *
spawner_main(void *arg)
{
	struct spawner_thread *thread = arg;
	struct spawner *sp = thread->spawner;

	pthread_mutex_lock(&sp->lock);
	for (;;) {
		while (!thread->called && !sp->stop)
			pthread_cond_wait(&thread->work, &sp->lock);
		spawner_work(sp, thread->stack);
		if (sp->stop)
			break;
		spawner_rest(sp, thread);
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
	pthread_cond_init(&thread->work, NULL);
	if (thread_start(&thread->thread, spawner_main, thread) == 0) {
		sp->nthreads++;
		pthread_mutex_lock(&sp->lock);
		spawner_rest(sp, thread);
		pthread_mutex_unlock(&sp->lock);
		return true;
	}
	pthread_cond_destroy(&thread->work);
	spawn_stack_free(thread->stack);
	return false;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many threads there are to be, and how many of them are woken at once. */
static unsigned
spawner_threads(const struct spawner *sp, unsigned *few)
{
	unsigned cpus;

	*few = 0;
	if (sp->want != 0)
		return sp->want < 0 ? 0 : least((unsigned)sp->want, sp->most);
	cpus = (unsigned)cpu_count();
	if (cpus == 1 || sp->most == 1)
		return 0;
	/* One CPU is left for the caller. */
	*few = least(cpus, SPAWNER_THREADS_MOST) - 1;
	return least(least(cpus, SPAWNER_THREADS_MOST) * SPAWNER_THREADS_EACH,
	    least(SPAWNER_THREADS_MOST, sp->most));
}

/* If the threads cannot be had, the caller starts everything. */
static void
spawner_start_threads(struct spawner *sp)
{
	unsigned want = sp->asked ? 0 : spawner_threads(sp, &sp->few);

	sp->asked = true;
	if (want == 0)
		return;
	sp->thread = calloc(want, sizeof(*sp->thread));
	if (sp->thread == NULL)
		return;
	while (sp->nthreads < want && spawner_start_thread(sp))
		;
	if (sp->log != NULL)
		log_line(sp->log, LOG_DEBUG, "%u of %u threads start jobs",
		    sp->nthreads, want);
}

/*
 * Starts a task in the caller's thread.  The caller holds the lock, which is released
 * during the start.
 */
static void
spawner_run_here(struct spawner *sp, struct spawn_task *task)
{
	if (spawner_run(sp, task, sp->stack) && sp->nthreads > 0)
		sp->abstain = SPAWNER_ABSTAIN;
	STAILQ_INSERT_TAIL(&sp->back, task, entry);
}

/* Does the caller start some of the queued tasks itself? */
static bool
spawner_is_helped(const struct spawner *sp)
{
	return sp->few > 0 && sp->abstain == 0;
}

/* Are the threads that are at work enough for what is queued? */
static bool
spawner_is_enough(const struct spawner *sp)
{
	unsigned working = sp->nthreads - sp->nidle;

	return spawner_is_helped(sp) && working >= sp->few &&
	    sp->queued <= working * SPAWNER_LONG_QUEUE;
}

void
spawner_submit(struct spawner *sp, struct spawn_task *task)
{
	struct spawner_thread *thread = NULL;

	if (++sp->submitted == SPAWNER_ALONE || task->background)
		spawner_start_threads(sp);
	pthread_mutex_lock(&sp->lock);
	if (sp->nthreads == 0) {
		spawner_run_here(sp, task);
		pthread_mutex_unlock(&sp->lock);
		return;
	}
	STAILQ_INSERT_TAIL(&sp->out, task, entry);
	sp->queued++;
	if (!spawner_is_enough(sp))
		thread = spawner_call(sp);
	pthread_mutex_unlock(&sp->lock);
	/*
	 * The thread is woken after the unlock: before, it would only wait for the
	 * lock.
	 */
	if (thread != NULL)
		pthread_cond_signal(&thread->work);
	else if (spawner_is_helped(sp) && !task->background)
		sp->due_fn(sp->arg);
	if (sp->abstain > 0)
		sp->abstain--;
}

bool
spawner_help(struct spawner *sp)
{
	struct spawn_task *task;
	bool more;

	if (!spawner_is_helped(sp))
		return false;
	pthread_mutex_lock(&sp->lock);
	task = STAILQ_FIRST(&sp->out);
	if (task != NULL && task->background)
		task = NULL;
	if (task != NULL)
		spawner_run_here(sp, spawner_pop(sp));
	more = task != NULL && sp->queued > 0;
	pthread_mutex_unlock(&sp->lock);
	if (more)
		sp->due_fn(sp->arg);
	return task != NULL;
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
	spawner_call_all(sp);
	while (sp->busy > 0 || !STAILQ_EMPTY(&sp->out))
		pthread_cond_wait(&sp->done, &sp->lock);
	pthread_mutex_unlock(&sp->lock);
}
