/* SPDX-License-Identifier: ISC */

/*
 * The one place where prun waits: in the pool's loop, where signals and input are
 * watched like the jobs.  It decides what a signal means for the run.
 */
#ifndef RUN_MAINLOOP_H
#define RUN_MAINLOOP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "prun.h"

struct signals;

struct mainloop {
	struct prun_pool
	    *pool; /* NULL: nothing runs (yet, or with --dry-run) */
	struct signals *signals;
	bool stop; /* no more jobs start; the running ones may end */
	bool kill; /* the running ones are being killed as well */
	bool
	    suspended; /* a user has stopped all jobs: Ctrl-Z and fg leave it so */
	bool foretold; /* the signal that is expected has not come yet */
	bool usr1_ends; /* USR1 is to the run what TERM is */
	int signal; /* that the run ends by, 0: none */
	int error; /* -errno of a failed write of output, 0: none */
	/*
	 * Told of HUP, USR1 and USR2, of TSTP before all is stopped and of CONT
	 * when it goes on; arg is told_arg.  NULL: nobody is.
	 */
	void (*told)(int sig, void *arg);
	void *told_arg;
	/* Called again and again while mainloop_read() waits.  NULL: nothing is. */
	void (*idle)(void *arg);
	void *idle_arg;
	struct prun_watch *signal_watch;
	bool readable, late; /* what mainloop_wait_readable() waits for */
	double read_until; /* of the monotonic clock; 0: no limit */
};

/* Makes the pool and watches the signals in it.  0 or -errno. */
int mainloop_open(struct mainloop *m, const struct prun_pool_opts *opts);

/* Frees the pool, and with it what still runs. */
void mainloop_close(struct mainloop *m);

/* From now on no job starts, and no further try. */
void mainloop_stop(struct mainloop *m);

/* The same as if that signal had come: INT or TERM. */
void mainloop_end_by(struct mainloop *m, int sig);

/* The same: that signal is on its way here.  When it comes it is not a second one. */
void mainloop_foretell(struct mainloop *m, int sig);

/* Kills the jobs that run, and starts no more. */
void mainloop_kill(struct mainloop *m);

/*
 * Output cannot be written (error is -errno): kills the jobs that run, and
 * starts no more.
 */
void mainloop_fail(struct mainloop *m, int error);

/*
 * Waits until something has happened to a job, a watch or a timer.  There is a
 * pool.
 */
void mainloop_wait(struct mainloop *m);

/* The same, for so many seconds at most. */
void mainloop_wait_for(struct mainloop *m, double seconds);

/*
 * Waits until fd can be read (1), the run is to stop (1), or so many seconds have passed
 * (0; negative: for ever).  -errno.
 */
int mainloop_wait_readable(struct mainloop *m, int fd, double seconds);

/*
 * From now on mainloop_read() returns -ETIMEDOUT when so many seconds have passed.  0: it
 * waits for ever again.
 */
void mainloop_read_within(struct mainloop *m, double seconds);

/* For input_options.read; arg is the mainloop.  -ECANCELED once the run is to stop. */
ssize_t mainloop_read(void *arg, int fd, void *buf, size_t len);

/* For report_options.open; arg is the mainloop. */
int mainloop_open_file(void *arg, const char *path, int flags);

/* Waits until a slot is free and returns its number; 0: the run is to stop. */
unsigned mainloop_slot(struct mainloop *m);

/*
 * Waits until all jobs have ended and their output is delivered.  After Ctrl-C
 * it does not wait for a reader that is slow.
 */
void mainloop_finish(struct mainloop *m);

#endif
