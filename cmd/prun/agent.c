/* SPDX-License-Identifier: ISC */

/* Owns what the agent's process is before it serves: its session, limits, signals. */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs.h"
#include "prun.h"
#include "run/resources.h"
#include "run/signals.h"

/*
 * A bash reads ~/.bashrc when it is below no shell and finds that ssh was there.  Jobs are
 * below the shell of the login.
 */
static void
agent_is_below_shell(void)
{
	const char *level = getenv("SHLVL");

	if (level == NULL || strtol(level, NULL, 10) < 1)
		(void)setenv("SHLVL", "1", 1);
}

int
agent_main(const char *token)
{
	struct resources limits;
	struct signals signals;
	struct prun_agent_opts opts = { .size = sizeof(opts),
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.token = token };
	int error;

	/* Its parent may be gone before it, with the session of the login. */
	(void)setsid();
	agent_is_below_shell();
	signals_init(&signals);
	signals_keep_going(&signals);
	resources_raise(&limits, resources_max_jobs());
	opts.stop = signals.fd;
	opts.sigmask = &signals.jobs_mask;
	opts.sigdefault = &signals.jobs_default;
	opts.rlimit = limits.jobs;
	opts.nrlimit = limits.njobs;
	error = prun_agent_run(&opts);
	if (error != 0)
		warnx("--remote-agent: %s", strerror(-error));
	return error != 0 ? EXIT_OWN : 0;
}
