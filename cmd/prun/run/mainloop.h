/* SPDX-License-Identifier: ISC */

/*
 * The one place where prun waits: for the pool, for signals, and for input, all
 * at once.  It decides what a signal means for the run.
 */
#ifndef RUN_MAINLOOP_H
#define RUN_MAINLOOP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "prun.h"

struct signals;

struct mainloop {
	struct prun_pool *pool; /* NULL: nothing runs (--dry-run) */
	struct signals *signals;
	bool stop; /* no more jobs: let the running ones end */
	bool kill; /* the running ones are being killed */
	int signal; /* that the run ends by, 0: none */
	int error; /* -errno of a failed write of output, 0: none */
	/*
	 * Called while it waits: milliseconds until it is to be called again, -1:
	 * never.  NULL: nothing is.
	 */
	int (*tick)(void *arg);
	void *tick_arg;
	/*
	 * Told of HUP, USR1 and USR2, of TSTP before all is stopped and of CONT
	 * when it goes on; arg is told_arg.  NULL: nobody is.
	 */
	void (*told)(int sig, void *arg);
	void *told_arg;
};

/* Start no more, no further tries either. */
void mainloop_stop(struct mainloop *d);

/* Kill what runs, start no more. */
void mainloop_kill(struct mainloop *d);

/* Output cannot be written: what is left is not worth running. */
void mainloop_fail(struct mainloop *d, int error);

/* Wait until something has happened, or fd (-1: none) can be read: then true. */
bool mainloop_wait(struct mainloop *d, int fd);

/*
 * Until that process, which is none of the pool's, has ended, or the run is to
 * stop.  The pool is left alone meanwhile.
 */
void mainloop_wait_process(struct mainloop *d, struct prun_process *process,
    struct prun_result *r);

/* For input_options.read; arg is the drive.  -ECANCELED once the run is to stop. */
ssize_t mainloop_read(void *arg, int fd, void *buf, size_t len);

/* Until a slot is free; 0: the run is to stop. */
unsigned mainloop_slot(struct mainloop *d);

/* Until all jobs have ended and are delivered, as far as a reader lets us. */
void mainloop_finish(struct mainloop *d);

#endif
