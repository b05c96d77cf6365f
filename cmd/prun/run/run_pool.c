/* SPDX-License-Identifier: ISC */

/*
 * Owns the pool of a run: what the options, make's job server and this machine make of it,
 * what its loop watches for the run, and its end.
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/run_internal.h"
#include "run/run_verbs.h"

/* In another PID namespace than prun's, /proc would show the processes of others. */
static bool
proc_is_ours(void)
{
	char name[32];
	ssize_t n = readlink("/proc/self", name, sizeof(name) - 1);

	if (n <= 0)
		return false;
	name[n] = '\0';
	return strtol(name, NULL, 10) == getpid();
}

static bool
has_pidfd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd == -1)
		return errno != ENOSYS && errno != EPERM;
	(void)close(fd);
	return true;
}

/*
 * A job's mark is one of its resource limits: it stays even if a process clears its
 * environment.
 */
static bool
has_prlimit(void)
{
	struct rlimit limit;

	return prlimit(0, RLIMIT_LOCKS, NULL, &limit) == 0;
}

/*
 * Why prun cannot see and kill the processes that jobs start, as a text for the user; NULL:
 * it can.
 */
static const char *
descendants_obstacle(void)
{
	if (!proc_is_ours())
		return "there is no /proc of this PID namespace";
	if (!has_pidfd())
		return "the kernel refuses pidfd_open(2)";
	if (!has_prlimit())
		return "the kernel refuses prlimit(2)";
	return NULL;
}

const char *
run_join_jobserver(struct run *run, char number[static 16])
{
	const struct run_options *o = &run->options->run;
	struct message message = { "" };
	int r;

	if (o->jobserver == JOBSERVER_OFF || run->options->output.dry_run ||
	    o->guard_fd != 0 || (o->jobs_given && o->jobserver != JOBSERVER_ON))
		return o->jobs;
	r = jobserver_join(&run->jobserver, &message);
	if (r < 0)
		warnx("Warning: %s", message.text);
	if (r <= 0)
		return o->jobs;
	run->limit_rules.jobserver = &run->jobserver;
	if (o->jobs != NULL || run->jobserver.jobs == 0)
		return o->jobs;
	(void)snprintf(number, 16, "%u", run->jobserver.jobs);
	return number;
}

int
run_serve_jobs(struct run *run, struct message *message)
{
	const struct run_options *o = &run->options->run;
	struct jobserver *j = &run->jobserver;
	int error;

	if (o->jobserver_serve == JOBSERVER_NONE || o->guard_fd != 0 ||
	    run->options->output.dry_run || run->limit_rules.jobserver != NULL)
		return 0;
	error = jobserver_serve(j, run->slots,
	    o->jobserver_serve == JOBSERVER_FIFO, message);
	if (error != 0)
		return error;
	run->limit_rules.jobserver = j;
	if (o->jobserver_serve == JOBSERVER_FIFO)
		return 0;
	run->passed[0] = j->in;
	run->passed[1] = j->out;
	run->npassed = 2;
	return 0;
}

/* Would a job that does not read its input hold up the input of other jobs? */
static bool
jobs_share_input(const struct options *o)
{
	return o->pipe.tee || o->pipe.block.deal != NULL || o->pipe.round_robin;
}

void
run_init_pool(struct run *run, struct message *message)
{
	const struct options *o = run->options;
	struct prun_pool_opts opts = {
		.size = sizeof(opts),
		.slots = run->slots,
		.flags = PRUN_POOL_SUBREAPER | PRUN_POOL_GUARD |
		    (o->output.keep_order ? PRUN_POOL_KEEP_ORDER : 0) |
		    (jobs_share_input(o) ? PRUN_POOL_NEVER_PAUSE : 0),
		.output = o->output.mode == OUTPUT_GROUP ? PRUN_OUTPUT_GROUP :
		    o->output.mode == OUTPUT_LINE        ? PRUN_OUTPUT_LINE :
		    o->output.mode == OUTPUT_LATEST || o->hosts.n > 0 ?
						    PRUN_OUTPUT_RAW :
						    PRUN_OUTPUT_NONE,
		.group_limit = o->output.group_limit,
		.timeout = o->run.timeout,
		.termseq = o->run.termseq,
		.leak_timeout = o->run.leak_timeout,
		.guard_fd = o->run.guard_fd,
		.delivered = run_delivered,
		.delivered_arg = run,
	};
	int error;

	/* The guard gives the tokens of the job server back, even if prun is killed. */
	if (run->limit_rules.jobserver != NULL) {
		opts.guard_fd = run->jobserver.out;
		opts.guard_pipe = run->jobserver.held[0];
	}
	if (run->limit_rules.jobserver != NULL || o->hosts.n > 0) {
		opts.may_try = run_may_try;
		opts.may_try_arg = run;
	}
	report_pool(run->report, &opts);
	control_pool(&run->control, &opts);
	run_require(run_worker_open(run, &opts, message), message);
	if (o->hosts.n > 0)
		opts.slots_max = resources_max_jobs();
	error = mainloop_open(&run->mainloop, &opts);
	if (error != 0)
		errc(EXIT_OWN, -error, "cannot make a pool of %u jobs",
		    run->slots);
}

void
run_warn_of_descendants(struct run *run)
{
	const char *obstacle = descendants_obstacle();
	char text[128];

	if (obstacle == NULL)
		return;
	(void)snprintf(text, sizeof(text),
	    "Warning: descendants of a job may survive when it is killed: %s",
	    obstacle);
	run_warn(run, text);
}

static void
run_counted(int fd, unsigned events, void *arg)
{
	struct run *run = arg;

	(void)fd, (void)events;
	prun_watch_free(run->counter_watch);
	report_total(run->report,
	    run_all_jobs(run, count_result(run->counter)));
}

void
run_init_watches(struct run *run)
{
	struct prun_pool *pool = run->mainloop.pool;

	run_check(admission_open(&run->admission, &run->mainloop,
	    &run->limit_rules, command_shell(run->command), &run->live));
	report_begin(run->report, pool);
	sudo_begin(&run->sudo, pool);
	if (run->counter != NULL)
		run_check(prun_pool_watch(pool, count_fd(run->counter), EPOLLIN,
		    run_counted, run, &run->counter_watch));
}

void
run_free_pool(struct run *run)
{
	mainloop_close(&run->mainloop);
	hosts_close(run->hosts);
	run->hosts = NULL;
	perl_free(run->perl);
	run->perl = NULL;
	admission_close(&run->admission);
	if (run->limit_rules.jobserver != NULL)
		jobserver_close(&run->jobserver);
	run->limit_rules.jobserver = NULL;
	run_verbs_close(run);
}
