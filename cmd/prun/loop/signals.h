/* SPDX-License-Identifier: ISC */

/*
 * The signals of prun itself: they are read from a descriptor.  Jobs start with the mask
 * and the dispositions that prun was started with.
 */
#ifndef LOOP_SIGNALS_H
#define LOOP_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct message;

struct signals {
	int fd; /* a signalfd(2) */
	sigset_t jobs_mask; /* the mask that prun was started with */
	/* the signals that jobs must have as SIG_DFL again */
	sigset_t jobs_default;
};

/* Call it once, before any thread exists.  Exits on failure. */
void signals_init(struct signals *s);

/* From now on Ctrl-Z and the like are not reported, and do not stop prun. */
void signals_keep_going(struct signals *s);

/* Returns the next signal that has come, or 0 if there is none. */
int signals_next(struct signals *s);

/*
 * Stops this process as SIGTSTP does, and returns when it is continued.  In an orphaned
 * process group, where nobody could continue it, it returns at once.
 */
void signals_stop_here(void);

/*
 * Ends this process by that signal, with the default disposition of the signal.  Does not
 * return.
 */
void signals_die(struct signals *s, int sig) __attribute__((noreturn));

/* The exit statuses that prun uses for reasons of its own: see EXIT STATUS in prun(1). */

/* Prun itself has failed, not a job. */
#define EXIT_OWN 255

/* --stop-on-missing: the command was not found. */
#define EXIT_MISSING 127

/* Ends the program when error is negative; run_require() says the message. */
void run_check(int error);
void run_require(int error, const struct message *message);

#endif
