/* SPDX-License-Identifier: ISC */

/*
 * The only place where prun waits: in the pool's loop, which watches signals and input as
 * it watches jobs.  It decides what a signal means for the run.
 */
#ifndef LOOP_MAINLOOP_H
#define LOOP_MAINLOOP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "prun.h"

struct signals;

struct mainloop {
	/* NULL while there is no pool: at first, and with --dry-run */
	struct prun_pool *pool;
	struct signals *signals;
	bool stop; /* no more jobs start; the running jobs may end */
	bool kill; /* the running jobs are being killed too */
	/*
	 * If not NULL: a running job has got a part of its input, so input is read on after
	 * stop, until this is true because the job has ended.
	 */
	const bool *until;
	/* a client has stopped all jobs: they stay stopped after Ctrl-Z and fg */
	bool suspended;
	bool foretold; /* a signal is expected: see mainloop_foretell() */
	bool usr1_ends; /* USR1 ends the run as TERM does */
	int signal; /* the signal by which the run ends; 0 if there is none */
	/* -errno of a write of output that has failed; 0 if none has */
	int error;
	/*
	 * Called on HUP, USR1 and USR2, on TSTP before prun and the jobs stop, and on CONT
	 * when they go on.  arg is told_arg.  NULL if nobody wants to know.
	 */
	void (*told)(int sig, void *arg);
	void *told_arg;
	/* Called repeatedly while mainloop_read() waits.  May be NULL. */
	void (*idle)(void *arg);
	void *idle_arg;
	struct prun_watch *signal_watch;
	bool readable, late; /* what mainloop_wait_readable() waits for */
	/* a time of clock_steady(), see mainloop_read_within(); 0: no limit */
	double read_until;
};

/* Makes the pool, in whose loop the signals are watched.  Returns 0 or -errno. */
int mainloop_open(struct mainloop *m, const struct prun_pool_opts *opts);

/* Frees the pool, which kills the jobs that still run. */
void mainloop_close(struct mainloop *m);

/* From now on no job starts, and no job is tried again. */
void mainloop_stop(struct mainloop *m);

/* Is no more input to be read? */
bool mainloop_is_over(const struct mainloop *m);

/* Does what the signal INT or TERM does when it comes. */
void mainloop_end_by(struct mainloop *m, int sig);

/*
 * Ends the run as that signal does, which was sent to prun and will still come.  When it
 * comes, it does not count as a second one.
 */
void mainloop_foretell(struct mainloop *m, int sig);

/*
 * Output could not be written (error is -errno): kills the jobs that run, and lets no more
 * start.
 */
void mainloop_fail(struct mainloop *m, int error);

/* Starts no more jobs, and kills those that run by their kill sequence. */
void mainloop_kill(struct mainloop *m);

/* Waits for the next event of a job, a watch or a timer.  There must be a pool. */
void mainloop_wait(struct mainloop *m);

/* The same, for so many seconds at most. */
void mainloop_wait_for(struct mainloop *m, double seconds);

/*
 * Waits until fd can be read or the run is to stop: 1; or until so many seconds have
 * passed: 0.  Negative seconds mean no limit.  Returns -errno if it fails.
 */
int mainloop_wait_readable(struct mainloop *m, int fd, double seconds);

/*
 * From now on mainloop_read() returns -ETIMEDOUT once so many seconds have passed.  With 0
 * seconds it waits for ever again.
 */
void mainloop_read_within(struct mainloop *m, double seconds);

/* An input_read_fn; arg is the mainloop.  Returns -ECANCELED once mainloop_is_over(). */
ssize_t mainloop_read(void *arg, int fd, void *buf, size_t len);

/*
 * For report_options.open; arg is the mainloop.  Opens a file; if it is a FIFO, waits for
 * its reader.
 */
int mainloop_open_file(void *arg, const char *path, int flags);

/* Waits until a slot is free, and returns its number; 0 if the run is to stop. */
unsigned mainloop_slot(struct mainloop *m);

/*
 * Waits until all jobs have ended and their output is written.  After Ctrl-C it does not
 * wait for a slow reader of the output.
 */
void mainloop_finish(struct mainloop *m);

#endif
