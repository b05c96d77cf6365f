/* SPDX-License-Identifier: ISC */

/*
 * Owns the calls of sudo that somebody waits for.  Between the look at a process
 * and the kill by its number there are the milliseconds that sudo takes: only
 * root's have that gap, others are signalled by identity.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "kill/proc.h"
#include "process/child.h"
#include "process/plan.h"
#include "process/spawn.h"
#include "process/stdio.h"
#include "transport/sudo_prompt.h"
#include "transport/sudo_run.h"

enum {
	PIDS = 256, /* for one call of kill */
	WORDS = 2, /* "kill", "-9" */
	KILL_ROUNDS = 10, /* against members that keep forking */
	ROUND_MILLISECONDS = 10,
};

/* Others' timeouts wait for it: a sudo that hangs is not waited for. */
#define KILL_SECONDS 10

/* A write to a sudo that is gone must not end the caller. */
struct pipe_guard {
	sigset_t pipe, old;
	bool pending;
};

static void
pipe_guard_begin(struct pipe_guard *g)
{
	sigset_t pending;

	sigemptyset(&g->pipe);
	sigaddset(&g->pipe, SIGPIPE);
	sigpending(&pending);
	g->pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &g->pipe, &g->old);
}

static void
pipe_guard_end(struct pipe_guard *g)
{
	const struct timespec now = { 0 };
	int error = errno;

	while (!g->pending && sigtimedwait(&g->pipe, NULL, &now) == -1 &&
	    errno == EINTR)
		;
	pthread_sigmask(SIG_SETMASK, &g->old, NULL);
	errno = error;
}

static int
run_plan(struct plan *plan, prun_sudo_ask_fn *ask, void *arg, int64_t deadline,
    struct prun_sudo_answer *answer)
{
	struct child child;
	struct stdio stdio;
	struct sudo_talk *talk = NULL;
	struct prun_result r = { 0 };
	void *stack = spawn_stack_new();
	int error, null = fd_open("/dev/null", O_RDWR, 0);

	child_init(&child);
	stdio_init(&stdio);
	error = stack == NULL ? -ENOMEM : null < 0 ? null : 0;
	if (error == 0)
		error = stdio_open(&stdio, plan->stdio, null, false);
	if (error == 0 && plan->sudo.asks)
		error = sudo_talk_new(&plan->sudo, plan->stdio, &stdio, &talk);
	if (error == 0)
		error = child_start(&child, plan, stdio.child, stack, &r);
	stdio_close(&stdio);
	if (error != 0)
		goto out;
	if (talk != NULL) {
		if (ask != NULL)
			sudo_talk_ask(talk, ask, arg);
		error = sudo_talk_run(talk, child.pid, child.pidfd, deadline);
		answer->asked = sudo_talk_asked(talk);
		answer->puzzled = sudo_talk_puzzled(talk);
		answer->refused = sudo_talk_verdict(talk) != 0;
	}
	if (error != 0 || child_await(&child, deadline) != 1)
		(void)child_signal(&child, SIGKILL);
	(void)child_await(&child, INT64_MAX);
	(void)child_reap(&child, &r);
	answer->status = r.status;
out:
	sudo_talk_free(talk);
	spawn_stack_free(stack);
	fd_close(&null);
	child_fini(&child);
	return error;
}

int
sudo_run(const struct prun_sudo *sudo, const char *const *argv, int err,
    prun_sudo_ask_fn *ask, void *arg, struct prun_sudo_answer *answer)
{
	const struct prun_stdio null = { .kind = PRUN_STDIO_NULL };
	struct plan_base base;
	struct plan plan = { 0 };
	struct pipe_guard guard;
	struct prun_spec spec = { .in = null, .out = null, .err = null };
	char marker[SUDO_MARKER_SIZE];
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
	plan.sudo = (struct sudo_plan){ .on = true,
		.asks = !sudo->quiet,
		.trusted = true,
		.secret = sudo->secret };
	for (size_t i = 0; i < sizeof(marker); i++)
		plan.sudo.marker[i] = marker[i];
	pipe_guard_begin(&guard);
	if (error == 0)
		error = run_plan(&plan, ask, arg,
		    clock_deadline(argv != NULL ? KILL_SECONDS : -1), answer);
	pipe_guard_end(&guard);
	plan_fini(&plan);
	return error;
}

/* As root first; as the job's user where only that is allowed. */
static bool
hunt_kill(const struct sudo_plan *plan, const char *const *argv)
{
	const char *const users[] = { NULL, plan->user };
	struct prun_sudo_answer answer;

	for (int i = 0; i < 2; i++) {
		struct prun_sudo sudo = { .user = users[i], .quiet = true };

		if (i > 0 && users[i] == NULL)
			break;
		if (sudo_run(&sudo, argv, -1, NULL, NULL, &answer) == 0 &&
		    answer.status == 0)
			return true;
		sudo.quiet = false;
		sudo.secret = plan->secret;
		if (plan->secret != NULL &&
		    sudo_run(&sudo, argv, -1, NULL, NULL, &answer) == 0 &&
		    answer.status == 0)
			return true;
	}
	return false;
}

static void
hunt_kill_denied(const struct sudo_plan *plan, struct tree_hunt *hunt, int sig)
{
	char text[PIDS][16], option[16];
	const char *argv[WORDS + PIDS + 1] = { "kill", option };
	size_t n = 0;
	struct proc now;

	(void)snprintf(option, sizeof(option), "-%d", sig);
	for (size_t i = 0; i < hunt->denied.count; i++) {
		const struct proc *proc = hunt->denied.all + i;

		if (proc_read(proc->pid, &now) != 0 || now.dead ||
		    now.started != proc->started)
			continue;
		(void)snprintf(text[n], sizeof(text[n]), "%ld",
		    (long)proc->pid);
		argv[WORDS + n] = text[n];
		n++;
		if (n == PIDS)
			break;
	}
	argv[WORDS + n] = NULL;
	if (n > 0)
		(void)hunt_kill(plan, argv);
}

int
sudo_hunt(const struct sudo_plan *plan, struct tree_hunt *hunt, int sig)
{
	int found = 0;

	hunt->note_denied = true;
	for (int round = 0; round < KILL_ROUNDS; round++) {
		hunt->denied.count = 0;
		found = tree_hunt(hunt, sig);
		if (found <= 0 || hunt->denied.count == 0)
			break;
		hunt_kill_denied(plan, hunt, sig);
		if (sig != SIGKILL)
			break;
		(void)poll(NULL, 0, ROUND_MILLISECONDS);
	}
	return found;
}

int
sudo_kill_tree(const struct sudo_plan *plan, const struct tree_target *target)
{
	struct tree_hunt hunt = { .targets = target, .count = 1 };
	int found;

	found = sudo_hunt(plan, &hunt, SIGKILL);
	tree_hunt_fini(&hunt);
	return found;
}

int
sudo_kill_orphans(const struct sudo_plan *plan, struct tree_orphans *orphans)
{
	struct tree_hunt hunt = { .orphans = orphans };
	int found = tree_has_orphans(orphans);

	if (found <= 0)
		return found;
	found = sudo_hunt(plan, &hunt, SIGKILL);
	tree_hunt_fini(&hunt);
	return found;
}
