/* SPDX-License-Identifier: ISC */

/*
 * Makes the pool obey the limits of the machine (--load, --memfree, --memsuspend, --noswap,
 * --limit, make's job server).  While a limit says no, no job starts.  Where jobs run on
 * hosts, each host obeys limits of its own (machines/hosts_limits.c), and only the job server
 * is here.  Once a second the limits are asked whether running jobs are to be suspended,
 * resumed or killed.
 */
#ifndef LOOP_ADMISSION_H
#define LOOP_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/relief.h"
#include "policy/limit.h"

/*
 * The counter finds out how many jobs there will be, while the run goes on: a thread reads
 * the input a second time.  It reads only words of the command line and regular files; a
 * pipe can be read only once.
 */

struct counter;
struct options;

/* Call it before the run reads any input.  Returns NULL if the input cannot be counted. */
struct counter *count_start(const struct options *options);

/* Stops counting and frees the counter, which may be NULL. */
void count_stop(struct counter *c);

/*
 * This descriptor becomes readable when all jobs have been counted.  It belongs to the
 * counter.
 */
int count_fd(const struct counter *c);

/* The number of jobs, once count_fd() is readable.  Any thread may call this. */
uint64_t count_result(const struct counter *c);

struct mainloop;

/* All zero means that there is no limit. */
struct admission {
	struct limit_context context;
	struct limits limits;
	struct mainloop *mainloop;
	/* The jobs that have started and not ended, the oldest first. */
	const struct live_list *live;
	uint64_t timer; /* the pool's timer for the next look at the limits */
	/* the last answer was no, and the limits have not said yes since */
	bool held;
	bool paused; /* the pool starts no jobs, because of that */
	/* the next start was granted already, and need not ask again */
	bool granted;
};

/*
 * Opens the limits that the rules ask for.  The mainloop must have its pool already.
 * rules, shell and live are lent until admission_close().  Returns 0 or -ENOMEM.
 */
int admission_open(struct admission *a, struct mainloop *mainloop,
    const struct limit_rules *rules, const char *shell,
    const struct live_list *live);

/* Call it when the pool has been freed. */
void admission_close(struct admission *a);

/*
 * May a job of that weight start?  If not, wait for an event in the pool's loop, and ask
 * again.
 */
bool admission_grants(struct admission *a, unsigned weight);

/* May a job of that weight begin its next try? */
bool admission_grants_again(struct admission *a, unsigned weight);

/*
 * Tell that a job has ended its try, or was not started although a start had been granted.
 */
void admission_release(struct admission *a, unsigned weight);

/*
 * Tell that a job was killed to free memory: no job starts until the limits say yes again.
 */
void admission_shut(struct admission *a);

#endif
