/* SPDX-License-Identifier: ISC */

/*
 * Owns the jobs that wait to be tasks.  A few tasks wait for slots.  The jobs behind
 * them are copies of specs, which take a fraction of a task's memory and become tasks
 * in the order in which they came.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/host.h"
#include "pool/pool.h"
#include "process/spec_copy.h"

struct waiting {
	TAILQ_ENTRY(waiting) entry; /* in pool->waiting */
	uint64_t id;
	prun_done_fn *done;
	void *arg, *owner;
	struct prun_output_group *group; /* NULL: none */
	/* In the same block of memory, by spec_copy(). */
	struct prun_spec *spec;
};

/* False of a job that needs an agent on its host. */
static bool
shell_may_run(const struct prun_spec *spec)
{
	return spec->task == NULL && spec->sudo == NULL && spec->nrlimit == 0 &&
	    spec->nsend + spec->nfetch == 0 && spec->input_path == NULL &&
	    spec->out.kind != PRUN_STDIO_PTY;
}

/* Only a command, its input and its output can be sent to another machine. */
static bool
host_may_run(const struct prun_pool *pool, const struct prun_spec *spec)
{
	if (spec->host->engine != &pool->engine ||
	    (spec->host->words != NULL && !shell_may_run(spec)))
		return false;
	return spec->host->here ||
	    (pool->mode != PRUN_OUTPUT_NONE && spec->npass == 0 &&
		!(spec->flags & PRUN_SPEC_KEEP_GROUP) &&
		spec->in.kind != PRUN_STDIO_FD);
}

static bool
is_away(const struct prun_spec *spec)
{
	return spec->host != NULL && !spec->host->here;
}

static bool
pool_spec_valid(const struct prun_pool *pool, const struct prun_spec *spec)
{
	const bool fed = spec->input.len > 0 || spec->input.length > 0 ||
	    spec->input_fn != NULL;

	if (spec->task != NULL &&
	    (fed || (pool->crew == NULL && !is_away(spec))))
		return false;
	if (spec->out.kind == PRUN_STDIO_PIPE ||
	    spec->err.kind == PRUN_STDIO_PIPE)
		return false;
	if (spec->host != NULL && !host_may_run(pool, spec))
		return false;
	if (spec->output_group != NULL &&
	    spec->output_group->mux != &pool->engine.mux)
		return false;
	if (spec->input_path != NULL &&
	    (!is_away(spec) || spec->in.kind != PRUN_STDIO_PIPE))
		return false;
	if (spec->log != NULL)
		return false; /* only the pool has a log */
	if (fed && spec->in.kind != PRUN_STDIO_PIPE)
		return false;
	return pool->mode != PRUN_OUTPUT_NONE ||
	    (spec->tag == NULL && spec->heading == NULL &&
		spec->out.kind != PRUN_STDIO_PTY &&
		spec->err.kind != PRUN_STDIO_PTY);
}

/*
 * Copies the bytes of a task's input into memory; or, if they are many, into the file
 * of captured output.  If that file cannot be written, the bytes stay in memory.
 */
static int
keep_input(struct prun_pool *pool, struct task *task,
    const struct prun_input *input)
{
	int error = capture_add(&task->input, &pool->inputs, input->data,
	    input->len);

	return error == -ENOMEM ? error : 0;
}

static int
pool_fill_task(struct prun_pool *pool, struct task *task,
    const struct prun_spec *spec)
{
	struct prun_spec own = *spec;
	const bool keep = spec->input.len > 0 && spec->input.length == 0 &&
	    !(spec->flags & PRUN_SPEC_INPUT_LENT);
	char mark[WORKER_MARK_SIZE];
	int error = spec->retry != NULL ? retry_provide(pool) : 0;

	if (error == 0 && spec->task != NULL && !is_away(spec))
		return plan_set_task(&task->plan, spec);
	if (error == 0)
		error = orphans_mark(pool, task->id, mark);
	if (error == 0 && keep) {
		own.flags |= PRUN_SPEC_INPUT_LENT;
		error = keep_input(pool, task, &spec->input);
	}
	/*
	 * A job of this machine that needs sudo cannot move to another host, since sudo
	 * is a transport itself.
	 */
	if (own.host != NULL && own.host->here && own.sudo != NULL)
		own.host = NULL;
	if (error == 0)
		error = transport_plan(&task->transport, transport_of(&own),
		    &task->plan, &own, &pool->base, pool->variable.data);
	if (error != 0)
		return error;
	orphans_mark_plan(pool, &task->plan, &own, mark);
	return 0;
}

static void
pool_open_output(struct prun_pool *pool, struct task *task,
    const struct waiting *job)
{
	struct task_output *o = &task->output;

	o->job = (struct writer_task){ &task->result, job->owner };
	if (pool->mode == PRUN_OUTPUT_NONE)
		return;
	o->group = job->group;
	o->tag = (struct tag){ task->plan.tag, task->plan.tag_end };
	o->failed_tag = (struct tag){ task->plan.failed_tag,
		task->plan.failed_tag_end };
	mux_open(&pool->engine.mux, o);
	o->whole = task->retry != NULL && pool->mode == PRUN_OUTPUT_GROUP;
}

static int
submit_task(struct prun_pool *pool, const struct waiting *job)
{
	const struct prun_spec *spec = job->spec;
	struct task *task = task_new(&pool->tasks, pool);
	int error;

	if (task == NULL)
		return -ENOMEM;
	task->id = job->id;
	error = pool_fill_task(pool, task, spec);
	if (error != 0) {
		pool_free_task(task);
		return error;
	}
	task->retry = spec->retry;
	task->done = job->done;
	task->arg = job->arg;
	task->result = (struct prun_result){ .size = sizeof(task->result),
		.id = task->id,
		.tries = 1 };
	task->slot = task->weight = 0;
	task->ahead = ahead_is_possible(spec);
	pool_open_output(pool, task, job);
	task_set_state(task, TASK_QUEUED);
	return 0;
}

static int
submit_waiting(struct prun_pool *pool, const struct waiting *job)
{
	struct prun_spec *copy;
	struct waiting *w = spec_copy(job->spec, sizeof(*w), &copy);

	if (w == NULL)
		return -ENOMEM;
	*w = *job;
	w->spec = copy;
	mux_group_join(w->group);
	TAILQ_INSERT_TAIL(&pool->waiting, w, entry);
	pool->nwaiting++;
	return 0;
}

/* Do so many tasks wait that the next job can stay a spec? */
static bool
submit_is_full(const struct prun_pool *pool)
{
	return pool->tasks.count[TASK_QUEUED] >= pool->slots.n;
}

int
submit_job(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, void *owner, uint64_t *id)
{
	const struct waiting job = { .id = pool->last_id + 1,
		.done = done,
		.arg = arg,
		.owner = owner,
		.group = spec->output_group,
		.spec = (struct prun_spec *)(uintptr_t)spec };
	int error;

	if (!pool_is_ours(pool))
		return -EPERM;
	if (pool->closed)
		return -ESHUTDOWN;
	if (!pool_spec_valid(pool, spec))
		return -EINVAL;
	error = spec->task != NULL ? plan_check_task(spec) : plan_check(spec);
	if (error == 0)
		error = pool->nwaiting > 0 || submit_is_full(pool) ?
		    submit_waiting(pool, &job) :
		    submit_task(pool, &job);
	if (error != 0)
		return error;
	pool->last_id = job.id;
	if (id != NULL)
		*id = job.id;
	return 0;
}

static void
waiting_free(struct prun_pool *pool, struct waiting *w)
{
	TAILQ_REMOVE(&pool->waiting, w, entry);
	pool->nwaiting--;
	mux_group_leave(w->group);
	free(w);
}

/*
 * No task runs whose end could give memory back, so the job fails without having been a
 * task.
 */
static void
waiting_fail(struct prun_pool *pool, struct waiting *w, int error)
{
	const struct prun_result r = { .size = sizeof(r),
		.id = w->id,
		.tries = 1,
		.flags = PRUN_RESULT_NOT_STARTED,
		.step = PRUN_STEP_SETUP,
		.error = -error,
		.status = 126 };

	TAILQ_REMOVE(&pool->waiting, w, entry);
	pool->nwaiting--;
	pool->ntold++;
	mux_group_leave(w->group);
	if (w->done != NULL)
		w->done(&r, w->arg);
	if (pool->delivered != NULL)
		pool->delivered(&r, w->owner, pool->delivered_arg);
	free(w);
}

static int
submit_again(struct prun_pool *pool, const struct waiting *w)
{
	struct prun_spec whole;
	struct waiting job = *w;

	spec_whole(&whole, w->spec);
	job.spec = &whole;
	return submit_task(pool, &job);
}

void
submit_refill(struct prun_pool *pool)
{
	struct waiting *w;
	int error;

	while ((w = TAILQ_FIRST(&pool->waiting)) != NULL &&
	    !submit_is_full(pool)) {
		error = submit_again(pool, w);
		if (error == 0)
			waiting_free(pool, w);
		else if (tasks_active(&pool->tasks) == 0 &&
		    pool->tasks.count[TASK_QUEUED] == 0)
			waiting_fail(pool, w, error);
		else
			return; /* tried again when a task has ended */
	}
}

bool
submit_cancel(struct prun_pool *pool, uint64_t id)
{
	struct waiting *w = TAILQ_LAST(&pool->waiting, waiting_list);

	if (w == NULL || w->id != id) {
		TAILQ_FOREACH(w, &pool->waiting, entry) {
			if (w->id == id)
				break;
		}
	}
	if (w != NULL)
		waiting_free(pool, w);
	return w != NULL;
}

uint64_t
submit_drop(struct prun_pool *pool)
{
	uint64_t n = pool->nwaiting;
	struct waiting *w;

	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the first is removed. */
	while ((w = TAILQ_FIRST(&pool->waiting)) != NULL) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		waiting_free(pool, w);
	}
	return n;
}

int
prun_output_group_new(struct prun_pool *pool, struct prun_output_group **gp)
{
	return pool_is_ours(pool) ? mux_group_new(&pool->engine.mux, gp) :
				    -EPERM;
}

void
prun_output_group_end(struct prun_output_group *group)
{
	if (group != NULL)
		mux_group_end(group);
}
