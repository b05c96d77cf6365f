/* SPDX-License-Identifier: ISC */

/*
 * A limit: what may hold the next start back for the sake of the machine.  Each is
 * one file limit_NAME.c with a struct limit_ops, and one row of LIMITS; no limit
 * knows another.  Slots, weights and --delay are limits of the pool itself.
 *
 *	limits_open(&limits, limit_table, LIMIT_TABLE_SIZE, &context);
 *	limits_try(&limits, now);	before a start
 *	limits_release(&limits);	when the job has ended
 *	limits_close(&limits);
 *
 * All functions are called by the thread that owns the pool.
 */
#ifndef POLICY_LIMIT_H
#define POLICY_LIMIT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"

/*
 * The limits in the order in which they are asked.  The first one that does not say yes
 * decides.
 */
#define LIMITS(X) \
	X(limit_memfree) \
	X(limit_load) \
	X(limit_swap) \
	X(limit_disk) \
	X(limit_memsuspend) \
	X(limit_command) \
	/* The last: a token that it takes is missing in other programs. */ \
	X(limit_jobserver)

struct jobserver;

/* What the options ask for.  All zero means that there is no limit. */
struct limit_rules {
	double load; /* jobs start only while fewer processes run; 0 if unset */
	double free; /* so many bytes of memory must be free; 0 if unset */
	double suspend; /* --memsuspend, in bytes; 0 if unset */
	/*
	 * jobs start only while disks are busy for less than so many per cent; 0 if unset
	 */
	double disk;
	bool noswap;
	const char *command; /* the command of --limit; NULL if unset */
	/* the job server of make; NULL if there is none */
	struct jobserver *jobserver;
};

enum limit_answer {
	LIMIT_YES = 0,
	LIMIT_NO, /* not now: ask again in a second */
	LIMIT_KILL, /* not now, and the youngest job is to be killed */
	/* not known yet: limit_context.wake is called when it is known */
	LIMIT_LATER,
	/* Not for this job; but a job may be tried again: see limits_try_again(). */
	LIMIT_FULL
};

/* What a limit wants to happen to the jobs that run. */
enum limit_relief {
	RELIEF_NONE = 0,
	RELIEF_RESUME, /* one of the suspended jobs may go on */
	RELIEF_SUSPEND, /* one job is to be suspended */
	RELIEF_SUSPEND_ALL, /* all jobs but one are to be suspended */
	RELIEF_KILL /* the youngest job is to be killed */
};

/* What all limits of a run share.  It is lent to them while they are open. */
struct limit_context {
	const struct limit_rules *rules;
	unsigned weight; /* the weight of the job that may start; 0 means 1 */
	unsigned ended; /* the weight of the job for which release is called */
	struct prun_pool *pool; /* the pool, for watches and timers */
	const char *shell; /* the shell that runs commands */
	/* the signals of the processes that a limit starts */
	const sigset_t *sigmask, *sigdefault;
	/* prun_spec.setenv of these processes; NULL if there is none */
	const char *const *setenv;
	void (*wake)(void *arg); /* tells that it is worth asking again */
	void *arg;
};

struct limit;

struct limit_ops {
	/* the size of the limit's own struct, which begins with struct limit */
	size_t size;
	bool (*wanted)(const struct limit_rules *rules);
	/* May one more job start now?  now is in nanoseconds of the monotonic clock. */
	enum limit_answer (*try)(struct limit *l, int64_t now);
	/*
	 * Gives back what a yes has taken.  NULL if the limit counts nothing; then it is
	 * not asked for tries, either.
	 */
	void (*release)(struct limit *l);
	/* Asked once a second.  NULL if the limit never wants anything. */
	enum limit_relief (*relieve)(struct limit *l);
	/*
	 * Frees what the limit has.  The pool is freed already.  NULL if there is nothing
	 * to free.
	 */
	void (*fini)(struct limit *l);
};

/* The first member of each limit's own struct, the rest of which is zero at first. */
struct limit {
	const struct limit_ops *ops;
	const struct limit_context *context;
};

#define LIMIT_COUNT(name) +1
#define LIMIT_TABLE_SIZE (0 LIMITS(LIMIT_COUNT))
#define LIMIT_DECLARE(name) extern const struct limit_ops name;
LIMITS(LIMIT_DECLARE)
#undef LIMIT_DECLARE

/* All limits that there are. */
extern const struct limit_ops *const limit_table[LIMIT_TABLE_SIZE];

struct limits {
	struct limit *list[LIMIT_TABLE_SIZE]; /* in the order of the table */
	size_t n; /* how many limits there are */
};

/*
 * Opens those limits of the table that the rules ask for; n is at most LIMIT_TABLE_SIZE.
 * context is lent until limits_close().  Returns 0 or -ENOMEM.
 */
int limits_open(struct limits *limits, const struct limit_ops *const *table,
    size_t n, const struct limit_context *context);
void limits_close(struct limits *limits);

/*
 * May one more job start?  Returns LIMIT_YES if all limits say so, else what the first
 * other one says.
 */
enum limit_answer limits_try(struct limits *limits, int64_t now);

/* May a job be tried again?  Only limits that count the running jobs are asked. */
enum limit_answer limits_try_again(struct limits *limits, int64_t now);

/* Tell that a job has ended, or waits for its next try, or was not started after all. */
void limits_release(struct limits *limits);

/* What limit number i, below limits->n, wants to happen to the jobs that run. */
enum limit_relief limits_relieve(struct limits *limits, size_t i);

#endif
