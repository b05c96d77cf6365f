/* SPDX-License-Identifier: ISC */

/*
 * Owns the signal dispositions of prun.  Signals that were ignored when prun was started
 * (nohup, a background job of a script) stay ignored.  SIGURG alone is caught elsewhere, by
 * fifo_feed.c.  Also ends prun when it lacks memory or the like.
 */
#include <sys/signalfd.h>

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "loop/signals.h"
#include "text/text.h"

static const int caught[] = { SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGUSR1,
	SIGUSR2 };

/*
 * These signals come with errors of write(2): the reader has gone (EPIPE), or the limit of
 * ulimit -f is reached (EFBIG).
 */
static const int errors[] = { SIGPIPE, SIGXFSZ };

static bool
is_ignored(int sig)
{
	struct sigaction sa;

	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

void
signals_init(struct signals *s)
{
	sigset_t set;

	sigemptyset(&s->jobs_default);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (is_ignored(errors[i]))
			continue;
		sigaddset(&s->jobs_default, errors[i]);
		if (signal(errors[i], SIG_IGN) == SIG_ERR)
			err(EXIT_OWN, "signal");
	}
	/*
	 * If SIGCHLD is ignored, the kernel reaps the jobs, and prun cannot get their
	 * status.
	 */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		err(EXIT_OWN, "signal");
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		if (!is_ignored(caught[i]))
			sigaddset(&set, caught[i]);
	}
	if (sigprocmask(SIG_BLOCK, &set, &s->jobs_mask) == -1)
		err(EXIT_OWN, "sigprocmask");
	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->fd == -1)
		err(EXIT_OWN, "signalfd");
}

void
signals_keep_going(struct signals *s)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		if (caught[i] != SIGTSTP && !is_ignored(caught[i]))
			sigaddset(&set, caught[i]);
	}
	if (signalfd(s->fd, &set, 0) == -1)
		err(EXIT_OWN, "signalfd");
}

int
signals_next(struct signals *s)
{
	struct signalfd_siginfo info;

	if (read(s->fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

void
signals_stop_here(void)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	(void)raise(SIGTSTP);
	/*
	 * The signal is blocked, so it stays pending: prun stops when it is unblocked here.
	 */
	(void)sigprocmask(SIG_UNBLOCK, &set, &old);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
}

void
signals_die(struct signals *s, int sig)
{
	sigset_t set;

	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
	/* The signal is blocked, so it stays pending until it is unblocked here. */
	set = s->jobs_mask;
	sigdelset(&set, sig);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	_exit(128 + sig);
}

void
run_check(int error)
{
	if (error < 0)
		errc(EXIT_OWN, -error, NULL);
}

void
run_require(int error, const struct message *message)
{
	if (error < 0)
		errx(EXIT_OWN, "%s", message->text);
}
