/* SPDX-License-Identifier: ISC */

/*
 * Owns the kills that this process has no right to.  Between the look at a process
 * and the kill by its number there are the milliseconds that sudo takes: only
 * other users' processes have that gap, ours are signalled by identity.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "kill/proc.h"
#include "transport/sudo_kill.h"
#include "transport/sudo_run.h"

enum {
	PIDS = 256, /* for one call of kill */
	WORDS = 2, /* "kill", "-9" */
	KILL_ROUNDS = 10, /* against members that keep forking */
	ROUND_MILLISECONDS = 10,
};

/* The timeouts of other jobs wait for it: a sudo that hangs is not waited for. */
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

int
sudo_kill_hunt(const char *user, const struct prun_secret *secret,
    struct tree_hunt *hunt, int sig)
{
	int found = 0;

	hunt->note_denied = true;
	for (int round = 0; round < KILL_ROUNDS; round++) {
		hunt->denied.count = 0;
		found = tree_hunt(hunt, sig);
		if (found <= 0 || hunt->denied.count == 0)
			break;
		kill_denied(user, secret, &hunt->denied, sig);
		if (sig != SIGKILL)
			break;
		(void)poll(NULL, 0, ROUND_MILLISECONDS);
	}
	return found;
}
