/* SPDX-License-Identifier: ISC */

/*
 * Owns what the agent's process does besides serving: it sets its session, limits and
 * signals, and answers questions about its machine.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/resources.h"
#include "loop/signals.h"
#include "policy/question.h"
#include "programs.h"
#include "prun.h"
#include "text/clock.h"

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

/* A prun_agent_opts.answer; arg is the answerer. */
static void
agent_answer(const char *question, char *answer, size_t size, void *arg)
{
	question_answer(arg, question, (int64_t)(clock_steady() * 1e9), answer,
	    size);
}

int
agent_main(const char *token)
{
	struct resources limits;
	struct signals signals;
	struct answerer answerer = { .question = "" };
	struct prun_agent_opts opts = { .size = sizeof(opts),
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.token = token,
		.answer = agent_answer,
		.arg = &answerer };
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
	answerer_fini(&answerer);
	if (error != 0)
		warnx("--remote-agent: %s", strerror(-error));
	return error != 0 ? EXIT_OWN : 0;
}
