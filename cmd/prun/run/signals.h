/* SPDX-License-Identifier: ISC */

/*
 * The signals of the command itself: told through a descriptor, and undone for
 * its jobs.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct signals {
	int fd; /* readable when one has come */
	sigset_t jobs_mask; /* what prun was started with */
	sigset_t jobs_default; /* what jobs must have set back */
};

/* Once, before any thread.  Exits on failure. */
void signals_init(struct signals *s);

/* The next one that has come, or 0. */
int signals_next(struct signals *s);

/*
 * Stop as SIGTSTP does, until somebody continues us.  Back at once where nobody
 * could: in a process group that is orphaned.
 */
void signals_stop_here(void);

/*
 * End this process by that signal, as it would have without us.  Does not
 * return.
 */
void signals_die(struct signals *s, int sig) __attribute__((noreturn));

#endif
