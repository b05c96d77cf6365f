/* SPDX-License-Identifier: ISC */

/*
 * showsignals: "ignored NAME" and "blocked NAME" for every signal that this
 * program did not start with the default of; nothing when all is as it should.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static void
show(int sig, const sigset_t *blocked)
{
	const char *name = sigabbrev_np(sig);
	struct sigaction action;

	if (name == NULL || sigaction(sig, NULL, &action) == -1)
		return;
	if (action.sa_handler == SIG_IGN)
		printf("ignored %s\n", name);
	if (sigismember(blocked, sig) == 1)
		printf("blocked %s\n", name);
}

int
main(void)
{
	sigset_t blocked;

	if (sigprocmask(SIG_BLOCK, NULL, &blocked) == -1)
		err(1, "sigprocmask");
	for (int sig = 1; sig < NSIG; sig++)
		show(sig, &blocked);
	return ferror(stdout) || fclose(stdout) != 0;
}
