/* SPDX-License-Identifier: ISC */

/*
 * Owns what the agent's process does before it serves: it sets its session, limits and
 * signals.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/resources.h"
#include "loop/signals.h"
#include "programs.h"
#include "prun.h"

/*
 * A bash below no other shell reads ~/.bashrc if it sees that ssh has started it.  The jobs
 * run below the login's shell, so they must not.
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

	/*
	 * In a session of its own the agent goes on when the login's session and the
	 * agent's parent end.
	 */
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
