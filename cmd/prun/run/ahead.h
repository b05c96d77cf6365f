/* SPDX-License-Identifier: ISC */

/*
 * Jobs of --dry-run whose lines perl takes part in: they are gathered, so that perl is
 * asked once for many.  Knows neither input nor slots.
 */
#ifndef RUN_AHEAD_H
#define RUN_AHEAD_H

#include "input/replay.h"
#include "template/command.h"

/* The most jobs that are gathered, and the most bytes of their values. */
#define AHEAD_JOBS 256
#define AHEAD_BYTES ((size_t)256 * 1024)

/* All zero: no job. */
struct ahead {
	struct replay values;
	struct command_job *jobs; /* NULL, or AHEAD_JOBS of them */
	size_t n;
	struct text *list; /* the values of one of them */
	size_t nlist;
	/* ahead_flush() has failed where nobody could be told: what, and why. */
	int error;
	struct message message;
};

void ahead_fini(struct ahead *a);

/* 1: it is full; 0, or -errno with a message. */
int ahead_add(struct ahead *a, struct command *command,
    const struct command_job *job, struct message *message);

/*
 * Calls each(arg, job, message) for the jobs in their order, until it returns
 * something else than 0, and forgets them all.  Returns that, 0 or -errno with a
 * message.
 */
int ahead_flush(struct ahead *a, struct command *command,
    int (*each)(void *arg, const struct command_job *job,
	struct message *message),
    void *arg, struct message *message);

#endif
