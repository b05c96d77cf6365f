/* SPDX-License-Identifier: ISC */

/*
 * Owns the pool of a run: what the options ask of it, what its loop watches for the run, and
 * its end.
 */
#include <sys/epoll.h>

#include <err.h>
#include <stdio.h>

#include "loop/descendants.h"
#include "run/run_internal.h"
#include "run/run_verbs.h"

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
