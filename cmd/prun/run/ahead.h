/* SPDX-License-Identifier: ISC */

/*
 * With --dry-run, jobs whose lines need Perl are gathered, so that the perl process is
 * asked once for many lines.  Knows neither input nor slots.
 */
#ifndef RUN_AHEAD_H
#define RUN_AHEAD_H

#include "input/replay.h"
#include "template/command.h"

/* At most so many jobs are gathered, with at most so many bytes of values. */
#define AHEAD_JOBS 256
#define AHEAD_BYTES ((size_t)256 * 1024)

/* All zero means that no job is gathered. */
struct ahead {
	struct replay values;
	/* an array of AHEAD_JOBS jobs; NULL if there is none yet */
	struct command_job *jobs;
	size_t n;
	struct text *list; /* the values of the job that is being handed out */
	size_t nlist;
	/*
	 * The error of an ahead_flush() whose caller could not report it: -errno, and its
	 * message.
	 */
	int error;
	struct message message;
};

void ahead_fini(struct ahead *a);

/* Copies a job.  Returns 1 if the array is full now, 0 if not, or -errno with a message. */
int ahead_add(struct ahead *a, struct command *command,
    const struct command_job *job, struct message *message);

/*
 * Calls each(arg, job, message) for all gathered jobs in their order, until one call does
 * not return 0, and then forgets all jobs.  Returns what the last call returned, or -errno
 * with a message.
 */
int ahead_flush(struct ahead *a, struct command *command,
    int (*each)(void *arg, const struct command_job *job,
	struct message *message),
    void *arg, struct message *message);

#endif
