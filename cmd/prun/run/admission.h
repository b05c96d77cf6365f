/* SPDX-License-Identifier: ISC */

/*
 * What is done to the pool for the sake of the machine: while a limit (--load,
 * --memfree, --memsuspend, --noswap, --limit) says no the pool is held, and what
 * limits want of the jobs that run is done to these, once a second.
 */
#ifndef RUN_ADMISSION_H
#define RUN_ADMISSION_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "policy/limit.h"

/*
 * How many jobs there will be, found out beside the run: a thread reads the
 * input a second time.  Only where that takes nothing away from the run: words
 * of the command line and regular files, never a pipe.
 */

struct counter;
struct options;

/* Before the run reads any input.  NULL: it cannot be counted. */
struct counter *count_start(const struct options *options);

/* Stops counting and frees the counter; NULL is fine. */
void count_stop(struct counter *c);

/* Readable once all has been counted; it stays the counter's. */
int count_fd(const struct counter *c);

/* How many there are, once count_fd() is readable.  Any thread. */
uint64_t count_result(const struct counter *c);

struct report_task;
struct mainloop;

TAILQ_HEAD(live_list, report_task);

/* All zero: there is no limit. */
struct admission {
	struct limit_context context;
	struct limits limits;
	struct mainloop *mainloop;
	/* Started and not ended, the oldest first. */
	const struct live_list *live;
	uint64_t timer; /* of the pool: the next look at the limits */
	bool held; /* the last answer was no, and the next one is waited for */
	bool paused; /* the pool is held as well */
	bool granted; /* the next start need not ask again */
};

/*
 * Opens the limits that the rules want.  The mainloop has its pool; rules, shell and
 * live are lent until admission_close().  0 or -ENOMEM.
 */
int admission_open(struct admission *a, struct mainloop *mainloop,
    const struct limit_rules *rules, const char *shell,
    const struct live_list *live);

/* The pool is freed already. */
void admission_close(struct admission *a);

/*
 * May a job of that weight start?  No: something that is waited for in the pool's loop
 * will make it worth asking again.
 */
bool admission_grants(struct admission *a, unsigned weight);

/* The same of the next try of a job. */
bool admission_grants_again(struct admission *a, unsigned weight);

/* A job that was granted a start or a try has ended it, or was not started after all. */
void admission_release(struct admission *a, unsigned weight);

/* A job was killed to make room: nothing starts before there is some. */
void admission_shut(struct admission *a);

#endif
