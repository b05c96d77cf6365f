/* SPDX-License-Identifier: ISC */

/*
 * Owns the control of a pool that runs: how many slots it has, how soon jobs follow each
 * other, and which jobs stand still.  The pool looks at what was changed in its next step.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/host.h"
#include "kill/tree.h"
#include "pool/pool.h"

int
prun_pool_resize(struct prun_pool *pool, unsigned slots)
{
	if (!pool_is_ours(pool))
		return -EPERM;
	if (slots == 0 || slots > pool->slots.most)
		return -EINVAL;
	if (slots < pool->slots.n)
		ahead_recall_all(pool);
	pool->slots.n = slots;
	crew_let_go(pool->crew, slots);
	prun_pool_wake(pool);
	return 0;
}

static void
control_arm(struct task *task, void *arg)
{
	(void)arg;
	if (task->plan.timeout == 0 && task->state == TASK_RUNNING)
		worker_arm(task->worker);
}

int
prun_pool_set_timeout(struct prun_pool *pool, double seconds)
{
	if (!pool_is_ours(pool))
		return -EPERM;
	if (!(seconds >= 0) || isinf(seconds))
		return -EINVAL;
	pool->engine.timeout = seconds;
	tasks_each_active(&pool->tasks, control_arm, NULL);
	return 0;
}

int
prun_pool_set_delay(struct prun_pool *pool, double seconds)
{
	int64_t delay;
	int error = pool_is_ours(pool) ? clock_from_seconds(seconds, &delay) :
					 -EPERM;

	if (error == 0 && delay > 0)
		ahead_recall_all(pool);
	if (error == 0)
		schedule_set_delay(pool, delay);
	return error;
}

void
prun_pool_pause(struct prun_pool *pool, bool hold)
{
	if (!pool_is_ours(pool))
		return;
	if (pool->held && !hold)
		prun_pool_wake(pool);
	if (hold)
		ahead_recall_all(pool);
	pool->held = hold;
}

int
prun_pool_kill(struct prun_pool *pool, uint64_t id)
{
	struct task *task = task_find_running(&pool->tasks, id);

	if (!pool_is_ours(pool))
		return -EPERM;
	if (task == NULL)
		return -ESRCH;
	worker_kill(task->worker);
	return 0;
}

void
pool_set_mover(struct prun_pool *pool, writer_move_fn *move)
{
	pool->writer.move = move;
}

int
pool_hold_output(struct prun_pool *pool, uint64_t id, bool hold)
{
	struct task *task = task_find_active(&pool->tasks, id);

	if (task == NULL)
		return -ESRCH;
	if (task->output.held && !hold)
		prun_pool_wake(pool);
	task->output.held = hold;
	return 0;
}

int
pool_set_job_timeout(struct prun_pool *pool, uint64_t id, double seconds)
{
	struct task *task = task_find_active(&pool->tasks, id);

	if (task == NULL)
		return -ESRCH;
	task->plan.timeout = seconds;
	if (task->state == TASK_RUNNING)
		worker_arm(task->worker);
	return 0;
}

int
prun_pool_cancel(struct prun_pool *pool, uint64_t id)
{
	if (!pool_is_ours(pool))
		return -EPERM;
	if (!schedule_cancel(pool, id) && !retry_cancel(pool, id))
		return -ESRCH;
	prun_pool_wake(pool);
	return 0;
}

int
prun_pool_each(struct prun_pool *pool, prun_each_fn *fn, void *arg)
{
	struct task *task, *next;

	if (!pool_is_ours(pool))
		return -EPERM;
	TAILQ_FOREACH_SAFE(task, &pool->tasks.list[TASK_RUNNING], entry, next)
		fn(task->id, task->result.pid, arg);
	return 0;
}

ssize_t
prun_pool_tail(struct prun_pool *pool, uint64_t id, void *buf, size_t size,
    uint64_t *written)
{
	const struct task *task = task_find_running(&pool->tasks, id);
	const char *tail;
	size_t len;

	if (!pool_is_ours(pool))
		return -EPERM;
	if (task == NULL)
		return -ESRCH;
	*written = task->output.stream[0].total + task->output.stream[1].total;
	tail = task_output_tail(&task->output, pool->engine.mux.opts.tail,
	    &len);
	if (len > size) {
		tail += len - size;
		len = size;
	}
	if (len > 0)
		memcpy(buf, tail, len);
	return (ssize_t)len;
}

int
prun_pool_feed(struct prun_pool *pool, uint64_t id)
{
	struct task *task = task_find_running(&pool->tasks, id);

	if (!pool_is_ours(pool))
		return -EPERM;
	if (task == NULL)
		return -ESRCH;
	if (task->state == TASK_RUNNING)
		worker_feed_more(task->worker);
	return 0;
}

/* One change between running and standing still. */
struct control_change {
	uint64_t id; /* 0: all jobs */
	bool suspend;
	/* Of the jobs that run; there is room for all. */
	struct tree_target *targets;
	size_t ntargets;
	bool found;
};

static void
control_change_one(struct task *task, void *arg)
{
	struct control_change *c = arg;
	struct worker *w = task->worker;

	if (task->state == TASK_DEAD || w->suspended == c->suspend ||
	    (c->id != 0 && task->id != c->id))
		return;
	c->found = true;
	if (c->suspend)
		worker_suspend(w);
	else
		worker_continue(w);
	/* A job that is just being started is stopped as soon as it runs. */
	if (task->state == TASK_RUNNING && w->kind->signal != NULL)
		w->kind->signal(w, c->suspend ? SIGSTOP : SIGCONT);
	else if (task->state == TASK_RUNNING)
		c->targets[c->ntargets++] = worker_target(w);
}

/*
 * Only this thread reaps leaders, so the pids stay those of the leaders until this
 * returns.
 */
static int
control_switch(struct prun_pool *pool, uint64_t id, bool suspend)
{
	struct control_change c = { .id = id, .suspend = suspend };
	struct tree_kill tree = { 0 };
	int error = 0;

	c.targets = calloc(tasks_active(&pool->tasks) + 1, sizeof(*c.targets));
	if (c.targets == NULL)
		return -ENOMEM;
	tasks_each_active(&pool->tasks, control_change_one, &c);
	tree.targets = c.targets;
	tree.count = c.ntargets;
	if (tree.count > 0)
		error = workers_signal(&tree, suspend ? SIGSTOP : SIGCONT);
	else if (id != 0 && !c.found)
		error = -ESRCH;
	tree_kill_fini(&tree);
	free(c.targets);
	return error;
}

int
prun_pool_suspend(struct prun_pool *pool, uint64_t id)
{
	int error;

	if (!pool_is_ours(pool))
		return -EPERM;
	if (id == 0) {
		pool->suspended = true;
		ahead_recall_all(pool);
		/* Jobs that are just being started have to be stopped as well. */
		engine_drain_starts(&pool->engine);
	}
	error = control_switch(pool, id, true);
	if (id == 0)
		hosts_rest(&pool->engine, true);
	return error;
}

int
prun_pool_resume(struct prun_pool *pool, uint64_t id)
{
	if (!pool_is_ours(pool))
		return -EPERM;
	if (id == 0) {
		pool->suspended = false;
		hosts_rest(&pool->engine, false);
		prun_pool_wake(pool);
	}
	return control_switch(pool, id, false);
}
