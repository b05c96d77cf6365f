/* SPDX-License-Identifier: ISC */

/*
 * Owns what sudo does at each step of a child's life, its state from the plan to the
 * end, and the calls of sudo that somebody waits for: then the thread that calls sudo
 * also answers its prompt.  The prompt is in a file of its own.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/proc.h"
#include "kill/tree.h"
#include "process/child.h"
#include "process/plan.h"
#include "transport/start.h"
#include "transport/sudo.h"
#include "transport/transport.h"

enum {
	PIDS = 256, /* so many pids for one call of kill */
	WORDS = 2, /* "kill", "-9" */
	KILL_ROUNDS = 10, /* passes, against members that keep forking */
	ROUND_MILLISECONDS = 10,
};

/*
 * A sudo that hangs is waited for no longer than this, since the timeouts of other jobs
 * wait meanwhile.
 */
#define KILL_SECONDS 10

static bool
kill_run(const struct prun_sudo *sudo, const char *const *argv)
{
	struct prun_sudo_answer answer;

	return sudo_run(sudo, argv, -1, KILL_SECONDS, NULL, NULL, &answer) ==
	    0 &&
	    answer.status == 0;
}

static bool
kill_as(const char *as, const struct prun_secret *secret,
    const char *const *argv)
{
	const struct prun_sudo quiet = { .user = as, .quiet = true };
	const struct prun_sudo asked = { .user = as, .secret = secret };

	return kill_run(&quiet, argv) ||
	    (secret != NULL && kill_run(&asked, argv));
}

static void
kill_denied(const char *user, const struct prun_secret *secret,
    const struct proc_list *denied, int sig)
{
	char text[PIDS][16], option[16];
	const char *argv[WORDS + PIDS + 1] = { "kill", option };
	size_t n = 0;
	struct proc now;

	(void)snprintf(option, sizeof(option), "-%d", sig);
	for (size_t i = 0; i < denied->count && n < PIDS; i++) {
		const struct proc *proc = denied->all + i;

		if (proc_read(proc->pid, &now) != 0 || now.dead ||
		    now.started != proc->started)
			continue;
		(void)snprintf(text[n], sizeof(text[n]), "%ld",
		    (long)proc->pid);
		argv[WORDS + n] = text[n];
		n++;
	}
	argv[WORDS + n] = NULL;
	if (n > 0 && !kill_as(NULL, secret, argv) && user != NULL)
		(void)kill_as(user, secret, argv);
}

/*
 * Does what tree_kill() does; processes that this process has no right to signal get
 * the signal by "sudo kill", which runs as root or, where that is not allowed, as user
 * (NULL: only as root).  Sudo is tried without a password first, then with the secret
 * (NULL: none).  Returns how many live members were found; for SIGKILL, how many are
 * left.  Or -errno.  Any thread.
 */
static int
sudo_kill_tree(const char *user, const struct prun_secret *secret,
    struct tree_kill *tree, int sig)
{
	int found = 0;

	tree->note_denied = true;
	for (int round = 0; round < KILL_ROUNDS; round++) {
		tree->denied.count = 0;
		found = tree_kill(tree, sig);
		if (found <= 0 || tree->denied.count == 0)
			break;
		kill_denied(user, secret, &tree->denied, sig);
		if (sig != SIGKILL)
			break;
		(void)poll(NULL, 0, ROUND_MILLISECONDS);
	}
	return found;
}

static const struct transport_ops run_ops = {
	.name = "sudo that is waited for",
	.attach = sudo_prompt_attach,
	.started = sudo_prompt_started,
	.detach = sudo_prompt_detach,
};

static int
run_plan(struct plan *plan, struct sudo_asks *asks, int64_t deadline,
    struct prun_sudo_answer *answer)
{
	struct transport transport = { &run_ops, asks };
	struct child child;
	struct stdio stdio;
	struct prun_result r = { 0 };
	struct start_request start = { .plan = plan,
		.transport = &transport,
		.child = &child,
		.stdio = &stdio,
		.kinds = { plan->stdio[0], plan->stdio[1], plan->stdio[2] },
		.result = &r };
	int error;

	child_init(&child);
	stdio_init(&stdio);
	error = start_one(&start);
	if (error != 0)
		goto out;
	if (asks->prompt != NULL)
		sudo_prompt_run(asks, deadline, answer);
	if (child_await(&child, deadline) != 1)
		(void)child_signal(&child, SIGKILL);
	(void)child_await(&child, INT64_MAX);
	(void)child_reap(&child, &r);
	answer->status = r.status;
	transport_detach(&transport);
out:
	child_fini(&child);
	return error;
}

int
sudo_run(const struct prun_sudo *sudo, const char *const *argv, int err,
    double timeout, prun_sudo_ask_fn *ask, void *arg,
    struct prun_sudo_answer *answer)
{
	const struct prun_stdio null = { .kind = PRUN_STDIO_NULL };
	struct plan_base base;
	struct plan plan = { 0 };
	struct sigpipe sigpipe;
	struct prun_spec spec = { .in = null, .out = null, .err = null };
	char marker[SUDO_MARKER_SIZE];
	struct sudo_asks asks = { .marker = sudo->quiet ? NULL : marker,
		.secret = sudo->secret,
		.trusted = true,
		.here = true,
		.ask = ask,
		.arg = arg };
	struct sudo_words words = { 0 };
	int error = sudo_marker(marker);

	*answer = (struct prun_sudo_answer){ 0 };
	if (err >= 0)
		spec.err = (struct prun_stdio){ .kind = PRUN_STDIO_FD,
			.fd = err };
	plan_base_init(&base);
	if (error == 0)
		error = sudo_words(sudo, marker, argv == NULL, argv, &words);
	if (error != 0)
		return error;
	spec.argv = words.argv;
	error = plan_set(&plan, &spec, &base, NULL);
	sudo_words_free(&words);
	sigpipe_block(&sigpipe);
	if (error == 0)
		error = run_plan(&plan, &asks, clock_deadline(timeout), answer);
	sigpipe_forget(&sigpipe);
	sigpipe_restore(&sigpipe);
	plan_fini(&plan);
	return error;
}

struct sudo_job {
	/* The first field, since the functions of the prompt get a pointer to it. */
	struct sudo_asks asks;
	char marker[SUDO_MARKER_SIZE];
	char *user; /* NULL: root */
	unsigned uses;
};

static void
sudo_free(void *state)
{
	struct sudo_job *s = state;

	if (--s->uses > 0)
		return;
	free(s->user);
	free(s);
}

static void
sudo_share(void *state)
{
	struct sudo_job *s = state;

	s->uses++;
}

static int
sudo_new(const struct prun_spec *spec, struct sudo_job **sp)
{
	const struct prun_sudo *sudo = spec->sudo;
	struct sudo_job *s = calloc(1, sizeof(*s));
	int error = 0;

	if (s == NULL)
		return -ENOMEM;
	s->uses = 1;
	s->asks.secret = sudo->secret;
	if (sudo->user != NULL) {
		s->user = strdup(sudo->user);
		error = s->user == NULL ? -ENOMEM : 0;
	}
	if (error == 0 && !sudo->quiet) {
		s->asks.marker = s->marker;
		s->asks.merge = spec->err.kind == PRUN_STDIO_STDOUT;
		error = sudo_marker(s->marker);
	}
	if (error != 0)
		sudo_free(s);
	else
		*sp = s;
	return error;
}

static int
sudo_plan(struct plan *plan, const struct prun_spec *spec,
    const struct plan_base *base, const char *extra, void **state)
{
	const char *const line[] = { plan_shell(spec), "-c", spec->command,
		NULL };
	struct prun_spec own = *spec;
	struct sudo_words words;
	struct sudo_job *s;
	int error = sudo_new(spec, &s);

	if (error != 0)
		return error;
	error = sudo_words(spec->sudo, s->marker, false,
	    spec->argv != NULL ? spec->argv : line, &words);
	if (error == 0) {
		own.argv = words.argv;
		own.command = own.file = NULL;
		if (s->asks.merge)
			own.err.kind = PRUN_STDIO_NULL;
		error = plan_set(plan, &own, base, extra);
		sudo_words_free(&words);
	}
	if (error != 0)
		sudo_free(s);
	else
		*state = s;
	return error;
}

static int
sudo_kill(void *state, struct tree_kill *tree, int sig)
{
	const struct sudo_job *s = state;

	return sudo_kill_tree(s->user, s->asks.secret, tree, sig);
}

const struct transport_ops transport_sudo = {
	.name = "sudo",
	.plan = sudo_plan,
	.attach = sudo_prompt_attach,
	.started = sudo_prompt_started,
	.drained = sudo_prompt_drained,
	.settle = sudo_prompt_settle,
	.detach = sudo_prompt_detach,
	.kill = sudo_kill,
	.share = sudo_share,
	.free = sudo_free,
};
