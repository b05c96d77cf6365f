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

/* In the order in which they are asked: the first that does not say yes decides. */
#define LIMITS(X) \
	X(limit_memfree) \
	X(limit_load) \
	X(limit_swap) \
	X(limit_disk) \
	X(limit_memsuspend) \
	X(limit_command) \
	/* The last: what it has taken others would have to wait for. */ \
	X(limit_jobserver)

struct jobserver;

/* What the options ask for.  All zero: no limit. */
struct limit_rules {
	double load; /* only below so many running processes; 0: unset */
	double free; /* bytes of memory that must be free; 0: unset */
	double suspend; /* --memsuspend, bytes; 0: unset */
	double disk; /* only when disks are busy for less, per cent; 0: unset */
	bool noswap;
	const char *command; /* --limit: asks a command; NULL: unset */
	struct jobserver *jobserver; /* make's; NULL: none */
};

enum limit_answer {
	LIMIT_YES = 0,
	LIMIT_NO, /* ask again in a second */
	LIMIT_KILL, /* no, and the youngest job is to be killed */
	LIMIT_LATER, /* not known yet: limit_context.wake is called when it is */
	/* The same for this job; a try of another may still begin: see limits_try_again(). */
	LIMIT_FULL
};

/* What a limit wants of the jobs that run. */
enum limit_relief {
	RELIEF_NONE = 0,
	RELIEF_RESUME, /* one that is suspended may go on */
	RELIEF_SUSPEND, /* one is to be suspended */
	RELIEF_SUSPEND_ALL, /* all but one are */
	RELIEF_KILL /* the youngest is to be killed */
};

/* What all limits of a run share; lent to them as long as they are open. */
struct limit_context {
	const struct limit_rules *rules;
	unsigned weight; /* of the job that may start; 0: 1 */
	unsigned ended; /* that of the job that release is called for */
	struct prun_pool *pool; /* for watches and timers */
	const char *shell; /* runs commands */
	const sigset_t *sigmask, *sigdefault; /* of what is started */
	void (*wake)(void *arg); /* it is worth trying again */
	void *arg;
};

struct limit;

struct limit_ops {
	size_t size; /* of its own struct, which begins with struct limit */
	bool (*wanted)(const struct limit_rules *rules);
	/* May one more job start now (ns of the monotonic clock)? */
	enum limit_answer (*try)(struct limit *l, int64_t now);
	/* NULL: it counts nothing, not even tries.  Gives back what a yes has taken. */
	void (*release)(struct limit *l);
	/* NULL: none.  Asked once a second. */
	enum limit_relief (*relieve)(struct limit *l);
	/* NULL: nothing is left over.  The pool is freed already. */
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

/* All there are. */
extern const struct limit_ops *const limit_table[LIMIT_TABLE_SIZE];

struct limits {
	struct limit *list[LIMIT_TABLE_SIZE]; /* in the order of the table */
	size_t n; /* of them; 0: there is no limit */
};

/*
 * Opens those limits of the table that the rules want; n is at most
 * LIMIT_TABLE_SIZE.  context is lent until limits_close().  0 or -ENOMEM.
 */
int limits_open(struct limits *limits, const struct limit_ops *const *table,
    size_t n, const struct limit_context *context);
void limits_close(struct limits *limits);

/* May one more job start?  All say yes, or what the first other one says. */
enum limit_answer limits_try(struct limits *limits, int64_t now);

/* May a job be tried again?  Only limits that count what runs are asked. */
enum limit_answer limits_try_again(struct limits *limits, int64_t now);

/* The job has ended or waits for its next try, or was not started after all. */
void limits_release(struct limits *limits);

/* What that limit, below limits->n, wants of the jobs that run. */
enum limit_relief limits_relieve(struct limits *limits, size_t i);

#endif
