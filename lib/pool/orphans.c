/* SPDX-License-Identifier: ISC */

/*
 * Owns the processes that jobs leave behind: the marks by which they are known, how they
 * are reaped, and how they are killed when the pool is terminated.
 */
#include <sys/types.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"
#include "kill/job_mark.h"
#include "kill/tree.h"
#include "pool/pool.h"
#include "process/child.h"
#include "process/rlimit_mark.h"

/* Dead orphans are reaped after so many deaths of jobs, or after so much time. */
#define REAP_DEATHS 256
#define REAP_NS INT64_C(1000000000)

/* All pools of this process: the child of one pool's job is no orphan of another pool. */
static LIST_HEAD(, prun_pool) pools = LIST_HEAD_INITIALIZER(pools);
static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;

static bool
orphans_of_another_pool(pid_t pid, const struct prun_pool *pool)
{
	const struct prun_pool *other;
	struct job_marks marks;
	bool found = false;

	pthread_mutex_lock(&pools_lock);
	if (LIST_FIRST(&pools) != pool || LIST_NEXT(pool, entry) != NULL) {
		job_marks_read(pid, &marks);
		LIST_FOREACH(other, &pools, entry)
			found |= other != pool && other->owner == getpid() &&
			    job_marks_match(&marks, other->run);
	}
	pthread_mutex_unlock(&pools_lock);
	return found;
}

static bool
orphans_known(pid_t pid, void *arg)
{
	return own_children_has(pid) || orphans_of_another_pool(pid, arg);
}

int
orphans_init(struct prun_pool *pool)
{
	const size_t len = strlen(JOB_MARK_NAME);
	int error;

	pool->since = proc_now();
	pool->orphans_reaped = clock_now();
	(void)snprintf(pool->run, sizeof(pool->run), "%x-%llx",
	    (unsigned)getpid(),
	    (unsigned long long)pool->orphans_reaped & 0xffffffffffULL);
	/*
	 * This process is itself a job of another pool: what it starts belongs to that
	 * pool too.
	 */
	for (char **e = environ; e != NULL && *e != NULL; e++) {
		if (strncmp(*e, JOB_MARK_NAME, len) != 0 || (*e)[len] != '=')
			continue;
		pool->outer = strdup(*e);
		if (pool->outer == NULL)
			return -ENOMEM;
		break;
	}
	if (pool->subreaper) {
		error = tree_subreaper(true);
		if (error != 0)
			return error;
	}
	pthread_mutex_lock(&pools_lock);
	LIST_INSERT_HEAD(&pools, pool, entry);
	pthread_mutex_unlock(&pools_lock);
	pool->listed = true;
	return 0;
}

void
orphans_fini(struct prun_pool *pool)
{
	free(pool->outer);
	buf_fini(&pool->variable);
	if (!pool->listed)
		return;
	pthread_mutex_lock(&pools_lock);
	LIST_REMOVE(pool, entry);
	pthread_mutex_unlock(&pools_lock);
	if (pool->subreaper && pool_is_ours(pool))
		(void)tree_subreaper(false);
}

/*
 * A process that a job has left behind is this process's child by now, or descends from
 * such a child.
 */
void
orphans_write_mark(const struct prun_pool *pool, uint64_t number, char *mark)
{
	mark = proc_dir_put(proc_dir_put(mark, pool->run), ".");
	(void)proc_dir_put_number(mark, number);
}

/* The variable is "PRUN_JOB_ID=outer/run.id". */
int
orphans_mark(struct prun_pool *pool, uint64_t number, char *mark)
{
	const char *before = pool->outer != NULL ? pool->outer : JOB_MARK_NAME;
	int error;

	orphans_write_mark(pool, number, mark);
	pool->variable.len = 0;
	error = buf_add(&pool->variable, before, strlen(before));
	if (error == 0)
		error = buf_add(&pool->variable,
		    pool->outer != NULL ? "/" : "=", 1);
	if (error == 0)
		error = buf_add_string(&pool->variable, mark);
	return error;
}

void
orphans_mark_plan(const struct prun_pool *pool, struct plan *plan,
    const struct prun_spec *spec, const char *mark)
{
	plan->rlimit_mark = rlimit_mark_of(mark);
	if (!(spec->flags & PRUN_SPEC_KEEP_GROUP))
		plan->flags |= PRUN_SPEC_NEW_GROUP;
	if (pool->engine.guard != NULL)
		plan->flags |= PRUN_SPEC_DIE_WITH_PARENT;
}

static int
orphans_of(pid_t pid, void *arg)
{
	const struct worker *w = arg;
	const struct task *task = w->owner;
	struct job_marks marks;
	struct proc proc;

	if (pid == w->child.pid || orphans_known(pid, task->pool))
		return 0;
	if (proc_read(pid, &proc) != 0 || proc.dead ||
	    proc.started < w->termination.started)
		return 0;
	if (proc.group == w->child.pid || proc.session == w->child.pid)
		return 1;
	job_marks_read(pid, &marks);
	return job_marks_match(&marks, w->mark);
}

bool
orphans_left_by(struct worker *w)
{
	const struct task *task = w->owner;
	const struct tree_target target = worker_target(w);

	if (task->pool->subreaper)
		return proc_children(orphans_of, w) > 0;
	return tree_signal(&target, 0) > 0;
}

/* True of a process that is no orphan, and of a dead one. */
static bool
orphans_known_or_dead(pid_t pid, void *arg)
{
	struct proc proc;

	return orphans_known(pid, arg) || proc_read(pid, &proc) != 0 ||
	    proc.dead;
}

void
orphans_starting(struct prun_pool *pool, const struct task *task)
{
	struct tree_orphans orphans = { pool->since, orphans_known_or_dead,
		pool };

	pool->sole = NULL;
	if (transport_is_foreign(&task->transport) && pool->subreaper &&
	    pool->tasks.count[TASK_STARTING] == 1 &&
	    pool->tasks.count[TASK_RUNNING] == 0 &&
	    tree_has_orphans(&orphans) == 0)
		pool->sole = task;
}

/*
 * False of a process that a job with a foreign transport may have left behind: this
 * process has no right to signal it, and it has a session of its own.  A job whose pid
 * is not known yet has none, and neither has a process that a transport has started to
 * kill others.
 */
static bool
orphans_not_foreign(pid_t pid, void *arg)
{
	const struct worker *w = arg;
	const struct task *task = w->owner;
	struct proc proc;

	return orphans_known(pid, task->pool) || proc_read(pid, &proc) != 0 ||
	    proc.dead || proc.started < w->termination.started ||
	    proc.session == getsid(0) || proc_signal(&proc, 0) != -EPERM;
}

/*
 * Another user's process cannot be known by a mark: its environment cannot be read, and
 * PAM has reset its limits.  So any such process that is left may be the job's.
 */
bool
orphans_outlive(struct worker *w)
{
	struct task *task = w->owner;
	const struct prun_pool *pool = task->pool;
	struct tree_orphans orphans = { w->termination.started,
		orphans_not_foreign, w };

	/* All orphans are killed anyway when the pool is terminated. */
	if (!pool->subreaper || pool->terminating ||
	    tree_has_orphans(&orphans) <= 0)
		return false;
	/*
	 * This is done only if no other job runs, so that none has to wait for the
	 * kill.
	 */
	return pool->sole != task ||
	    transport_kill_orphans(&task->transport, &orphans) != 0;
}

void
orphans_reap(struct prun_pool *pool)
{
	int64_t now;

	if (!pool->subreaper || pool->deaths == 0)
		return;
	now = clock_now();
	if (pool->deaths < REAP_DEATHS && now - pool->orphans_reaped < REAP_NS)
		return;
	/* A child that is being started could be dead before its pid is known here. */
	if (!own_children_rest())
		return;
	pool->deaths = 0;
	pool->orphans_reaped = now;
	(void)tree_reap_orphans(pool->since, orphans_known, pool);
	own_children_resume();
}

void
orphans_reap_all(struct prun_pool *pool)
{
	if (!pool->subreaper || pool->deaths == 0)
		return;
	own_children_await_rest();
	(void)tree_reap_orphans(pool->since, orphans_known, pool);
	own_children_resume();
}

void
orphans_signal(struct prun_pool *pool, int sig)
{
	const struct tree_target target = { .job_mark = pool->run,
		.started = pool->since };
	struct tree_orphans orphans = { pool->since, orphans_known, pool };

	(void)tree_signal(&target, sig);
	if (!pool->subreaper)
		return;
	if (transport_is_foreign(&pool->foreign) && sig == SIGKILL)
		(void)transport_kill_orphans(&pool->foreign, &orphans);
	own_children_await_rest();
	if (!transport_is_foreign(&pool->foreign) || sig != SIGKILL)
		(void)tree_signal_orphans(pool->since, orphans_known, pool,
		    sig);
	(void)tree_reap_orphans(pool->since, orphans_known, pool);
	own_children_resume();
}
