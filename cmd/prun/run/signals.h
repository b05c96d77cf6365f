/* SPDX-License-Identifier: ISC */

/*
 * The signals of the command itself: they come through a descriptor, and jobs
 * start with the mask and dispositions that prun was started with.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct signals {
	int fd; /* a signalfd(2) */
	sigset_t jobs_mask; /* the mask that prun was started with */
	sigset_t jobs_default; /* those to be SIG_DFL again in jobs */
};

/* Once, before any thread.  Exits on failure. */
void signals_init(struct signals *s);

/* Ctrl-Z and its like are no longer told of, and stop nothing. */
void signals_keep_going(struct signals *s);

/* Returns the next signal that has come, or 0. */
int signals_next(struct signals *s);

/*
 * Stops this process as SIGTSTP does, and returns when it is continued.  In an
 * orphaned process group, where nobody could continue it, it returns at once.
 */
void signals_stop_here(void);

/*
 * Ends this process by that signal, with the disposition that it has by
 * default.  Does not return.
 */
void signals_die(struct signals *s, int sig) __attribute__((noreturn));

/* What prun exits with for reasons of its own: EXIT STATUS in prun(1). */

/* prun itself failed, not a job. */
#define EXIT_OWN 255

/* --stop-on-missing: the command was not found. */
#define EXIT_MISSING 127

/* Ends the program when error is negative. */
void run_check(int error);

#endif
