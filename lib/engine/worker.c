/* SPDX-License-Identifier: ISC */

/*
 * Owns the process of one worker: its start, its death, and kills, which only hasten the
 * death.  Knows no other worker and no task, and not when a pipe is read.  The file is long
 * because the death may come at each step of the start, which must then be undone.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/proc.h"
#include "engine/worker.h"
#include "kill/tree.h"
#include "output/mux.h"
#include "transport/remote.h"
#include "transport/shell.h"

#define REAP_AGAIN INT64_C(10000000)

static mail_fn worker_tree_gone;
static void worker_death(struct worker *w);

void
worker_init(struct worker *w, struct engine *engine)
{
	w->engine = engine;
	w->kind = &worker_local;
	w->service = &worker_serves_one;
	child_init(&w->child);
	stdio_init(&w->stdio);
	w->death.fd = w->feed_watch.fd = w->remote.input.fd = -1;
	worker_pipes_init(w);
	w->mail.fn = worker_tree_gone;
	w->mail.owner = w;
}

void
worker_fini(struct worker *w)
{
	feed_fini(&w->feed);
	stdio_close(&w->stdio);
	child_fini(&w->child);
}

void
worker_reset(struct worker *w)
{
	worker_set_state(w, WORKER_IDLE);
	w->checked = w->no_grace = w->kill_wanted = w->suspended = false;
	w->emptying = false;
	w->suspended_for = 0;
	w->termination.active = w->termination.dead = false;
	atomic_store(&w->timed_out, false);
}

static bool
worker_captures(const struct worker *w, int stream)
{
	return w->engine->capture &&
	    w->job.plan->stdio[stream].kind == PRUN_STDIO_INHERIT;
}

/*
 * A timed worker needs the Timer thread before it starts: without it, the job would
 * have to be killed at once.
 */
static bool
worker_is_timed(const struct worker *w)
{
	return (w->job.task != NULL && w->job.task->timeout > 0) ||
	    w->engine->timeout > 0;
}

/*
 * On a host without an agent the job is executed by a program that leads to a shell
 * there: that program's plan takes the place of the job's.
 */
static int
worker_address(struct start_request *start)
{
	struct remote_job *job = transport_remote_job(start->transport);
	int error;

	if (job == NULL)
		return 0;
	shell_job_free(job->shell);
	job->shell = NULL;
	if (job->host->words == NULL)
		return 0;
	error = shell_job_new(&job->shell, &job->spec,
	    (const char *const *)job->host->words, job->host->setenv,
	    start->plan);
	if (error == 0)
		start->plan = &job->shell->plan;
	return error;
}

/*
 * Runs in the thread that starts the child.  It does not look at w->job, which may
 * change meanwhile: a worker that stays can be given its first task while it is being
 * started.
 */
static int
worker_prepare(struct spawn_task *task)
{
	struct worker *w = task->owner;
	struct prun_result *result = task->start.result;
	int error = w->timed ? timer_provide(w->engine->timer) : 0;

	if (error == 0)
		error = worker_address(&task->start);
	if (error != 0) {
		result->step = PRUN_STEP_FORK;
		result->flags |= PRUN_RESULT_NOT_STARTED;
	}
	return error;
}

static void
worker_spawn(struct worker *w)
{
	struct start_request *request = &w->start.start;
	const struct worker_job *job = &w->job;

	w->termination.started = proc_now();
	w->timed = worker_is_timed(w);
	w->start = (struct spawn_task){
		.start = { .plan = job->plan,
		    .transport = job->transport,
		    .child = &w->child,
		    .stdio = &w->stdio,
		    .null = w->engine->null,
		    .nonblock = true,
		    .worker = w->server != NULL,
		    .fed = worker_feeds_early(w) ? &w->fed : NULL,
		    .result = job->result },
		.prepare = worker_prepare,
		.background = w->server != NULL && w->server->background,
		.owner = w,
	};
	for (int i = 0; i < 3; i++) {
		request->kinds[i] = job->plan->stdio[i];
		if (i > 0 && worker_captures(w, i))
			request->kinds[i].kind = PRUN_STDIO_PIPE;
	}
	spawner_submit(w->engine->spawner, &w->start);
}

void
worker_start(struct worker *w, const struct worker_job *job, unsigned slot,
    const char *mark)
{
	const struct remote_job *remote = transport_remote_job(job->transport);

	w->job = *job;
	w->result = job->result;
	w->slot = slot;
	w->fed = 0;
	w->kind = remote != NULL && host_has_agent(remote->host) ?
	    &worker_remote :
	    &worker_local;
	(void)strlcpy(w->mark, mark, sizeof(w->mark));
	worker_set_state(w, WORKER_STARTING);
	w->kind->start(w);
}

static void
worker_guard(const struct worker *w, pid_t pid)
{
	struct guard *guard = w->engine->guard;

	if (guard == NULL || w->slot == 0)
		return;
	if (pid != 0)
		guard_set(guard, w->slot - 1, pid);
	else
		guard_clear(guard, w->slot - 1);
}

/* Returns whether the process was reaped. */
static bool
worker_reap(struct worker *w)
{
	struct engine *engine = w->engine;
	pid_t pid = w->child.pid;

	worker_guard(w, 0);
	/* child_reap() closes the pidfd that this watches. */
	loop_pause(&engine->loop, &w->death);
	if (child_reap(&w->child, w->result) == 0) {
		worker_guard(w, pid);
		return false;
	}
	loop_remove(&engine->loop, &w->death);
	worker_set_state(w, WORKER_DEAD);
	(void)timer_cancel(engine->timer, &w->timeout);
	w->service->died(w);
	worker_feed_close(w);
	engine->ops->died(w);
	return true;
}

/*
 * The process has exited by itself.  As long as it is not reaped, nobody else has its
 * pid: so now is the time to see what it has left behind, and perhaps to kill that.
 */
static void
worker_check_leftovers(struct worker *w)
{
	struct engine *engine = w->engine;

	if (engine->leak == PRUN_LEAK_IGNORE || w->checked || w->server != NULL)
		return;
	w->checked = true;
	if (atomic_load(&w->timed_out) ||
	    w->job.result->flags & PRUN_RESULT_TERMINATED ||
	    !engine->ops->leaves(w))
		return;
	w->job.result->flags |= PRUN_RESULT_LEFT_BEHIND;
	if (engine->leak == PRUN_LEAK_KILL)
		(void)terminator_start(&engine->terminator, &w->termination);
}

static void
worker_look_again(void *arg)
{
	struct worker *w = arg;

	if (worker_lives(w))
		worker_death(w);
}

/*
 * The process is dead but cannot be reaped: a kill holds it until the rest of its tree
 * is gone, or another process traces it and has not looked at its death yet.
 */
static void
worker_not_reaped(struct worker *w)
{
	struct engine *engine = w->engine;

	terminator_leader_died(&engine->terminator, &w->termination);
	if (child_is_held(&w->child))
		return; /* worker_tree_gone() is called later */
	if (loop_timer_start(&engine->loop, &w->grace, clock_now() + REAP_AGAIN,
		worker_look_again, w) != 0)
		(void)loop_resume(&engine->loop, &w->death);
}

static void
worker_death(struct worker *w)
{
	worker_check_leftovers(w);
	if (!worker_reap(w)) {
		worker_not_reaped(w);
		return;
	}
	/* From now on the timer is for the pipes. */
	loop_timer_stop(&w->engine->loop, &w->grace);
	worker_pipes_drain(w);
	if (worker_pipes_are_open(w))
		worker_pipes_linger(w);
	worker_settle(w);
}

static void
worker_death_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	worker_death(watch->owner);
}

void
worker_killed(struct termination *x, void *arg)
{
	struct worker *w = (struct worker *)((char *)x -
	    offsetof(struct worker, termination));

	(void)arg;
	mailbox_post(&w->engine->loop.mailbox, &w->mail, 0);
}

/* The worker's processes are all gone, or the terminator has given up. */
static void
worker_tree_gone(struct mail *mail, unsigned bits)
{
	struct worker *w = mail->owner;

	(void)bits;
	child_release(&w->child);
	if (w->termination.survived ||
	    (transport_is_foreign(w->job.transport) &&
		w->engine->ops->is_outlived(w)))
		w->job.result->flags |= PRUN_RESULT_NOT_KILLED;
	/* The leader may still live: then its death is told later. */
	if (loop_resume(&w->engine->loop, &w->death) != 0)
		(void)child_await(&w->child, INT64_MAX);
	if (child_await(&w->child, 0) == 1)
		worker_death(w);
}

static void
worker_terminate(struct worker *w)
{
	int error = terminator_start(&w->engine->terminator, &w->termination);

	if (error == 0)
		w->job.result->flags |= PRUN_RESULT_TERMINATED;
	else if (error != -EALREADY && error != -ESRCH)
		(void)child_signal(&w->child, SIGKILL);
}

void
worker_kill(struct worker *w)
{
	w->no_grace = true;
	if (w->state == WORKER_STARTING)
		w->kill_wanted = true;
	if (w->state == WORKER_DEAD)
		worker_pipes_hurry(w);
	if (worker_lives(w))
		w->kind->kill(w);
}

void
worker_abort(struct worker *w)
{
	int error;

	w->no_grace = true;
	error = terminator_start(&w->engine->terminator, &w->termination);
	if (error != 0 && error != -EALREADY && error != -ESRCH)
		(void)child_signal(&w->child, SIGKILL);
}

void
worker_fail(struct worker *w, int error)
{
	struct prun_result *r = w->job.result;

	r->step = w->result->step;
	r->flags |= PRUN_RESULT_NOT_STARTED;
	r->error = -error;
	r->status = status_of_exec_error(-error);
	if (r->started == 0)
		r->started = clock_wall();
	worker_set_state(w, WORKER_DEAD);
	w->engine->ops->died(w);
	worker_settle(w);
}

static bool
is_shortage(int error)
{
	return error == -EAGAIN || error == -ENOMEM || error == -EMFILE ||
	    error == -ENFILE;
}

/* The process runs but cannot be watched, so it is killed. */
static void
worker_abandon(struct worker *w, int error)
{
	worker_pipes_close(w);
	worker_feed_close(w);
	loop_remove(&w->engine->loop, &w->death);
	(void)child_signal(&w->child, SIGKILL);
	(void)child_await(&w->child, INT64_MAX);
	w->service->died(w);
	(void)child_reap(&w->child, w->result);
	stdio_close(&w->stdio);
	w->result->step = PRUN_STEP_PIPE;
	worker_fail(w, error);
}

static int
worker_watch(struct worker *w)
{
	int error = loop_add(&w->engine->loop, &w->death, w->child.pidfd,
	    EPOLLIN, worker_death_ready, w);

	return error != 0 ? error : w->service->watch(w);
}

void
worker_begin(struct worker *w)
{
	const struct plan *task = w->job.task;

	if (task->heading != NULL && w->engine->capture)
		(void)mux_heading(&w->engine->mux, w->job.output, task->heading,
		    task->heading_len);
	if (worker_is_timed(w))
		worker_arm(w);
}

static void
worker_run(struct worker *w)
{
	const bool foreign = transport_is_foreign(w->job.transport);

	worker_set_state(w,
	    w->job.task != NULL ? WORKER_RUNNING : WORKER_READY);
	worker_guard(w, w->child.pid);
	w->termination.child = &w->child;
	w->termination.job_mark = w->mark;
	w->termination.kill = foreign ? transport_kill : NULL;
	w->termination.kill_arg = w->job.transport;
	w->service->run(w);
	if (w->kill_wanted)
		worker_kill(w);
}

static void
worker_started(struct worker *w)
{
	int error = w->start.error;

	if (is_shortage(error) && w->result->step != PRUN_STEP_EXEC) {
		w->result->flags &= ~PRUN_RESULT_NOT_STARTED;
		worker_set_state(w, WORKER_IDLE);
		w->engine->ops->started(w, -EAGAIN);
		return;
	}
	if (error == 0)
		error = worker_watch(w);
	if (error != 0 && w->start.error == 0) {
		worker_abandon(w, error);
		return;
	}
	if (error != 0) {
		worker_fail(w, error);
		return;
	}
	worker_run(w);
	w->engine->ops->started(w, 0);
}

void
engine_take_started(struct engine *engine)
{
	struct spawn_task *start;

	while ((start = spawner_take(engine->spawner)) != NULL)
		worker_started(start->owner);
}

void
engine_drain_starts(struct engine *engine)
{
	spawner_drain(engine->spawner);
	engine_take_started(engine);
}

static void
worker_kill_here(struct worker *w)
{
	const struct tree_target target = worker_target(w);
	struct prun_result r;

	if (!worker_lives(w))
		return;
	child_release(&w->child);
	if (transport_is_foreign(w->job.transport))
		(void)transport_kill_tree(w->job.transport, &target);
	(void)child_signal(&w->child, SIGKILL);
	(void)child_await(&w->child, INT64_MAX);
	worker_guard(w, 0);
	(void)child_reap(&w->child, &r);
	worker_set_state(w, WORKER_DEAD);
}

void
worker_destroy(struct worker *w)
{
	if (w->state == WORKER_STARTING || worker_lives(w))
		w->kind->destroy(w);
}

const struct worker_kind worker_local = {
	.start = worker_spawn,
	.kill = worker_terminate,
	.arm = worker_arm_here,
	.resume = worker_pipes_resume,
	.destroy = worker_kill_here,
};

static int
one_watch(struct worker *w)
{
	int error = worker_feed_start(w);

	return error != 0 ? error : worker_pipes_watch(w);
}

static void
one_run(struct worker *w)
{
	if (w->job.task != NULL)
		worker_begin(w);
}

static ssize_t
one_read(struct worker *w, int stream, int fd)
{
	return mux_pipe_read(&w->engine->mux, w->job.output, stream, fd);
}

/* The task ends with the process, and has no other sign of its end. */
static void
one_ends_with_process(struct worker *w)
{
	(void)w;
}

const struct worker_service worker_serves_one = {
	.watch = one_watch,
	.run = one_run,
	.read = one_read,
	.settle = one_ends_with_process,
	.died = one_ends_with_process,
	.ended = one_ends_with_process,
};
