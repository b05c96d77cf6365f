/* SPDX-License-Identifier: ISC */

/*
 * The pipes of one job, which its output comes through: read when the order
 * wants it, left alone when not, and closed a grace after the job's death at
 * the latest.  One thread, the loop's.
 */
#ifndef POOL_JOB_PIPE_H
#define POOL_JOB_PIPE_H

#include <stdbool.h>

#include "event/loop.h"

struct job;

/* Embedded in its job; the descriptor is the job's stdio's. */
struct job_pipe {
	struct watch watch;
	struct job *job;
	int stream; /* 1 or 2 */
	bool paused; /* the order does not want it now */
};

/* None is open. */
void job_pipes_init(struct job *job);

/* Watch those that the job has.  0 or -errno: see job_pipes_close(). */
int job_pipes_watch(struct job *job);
void job_pipes_close(struct job *job);
bool job_pipes_are_open(const struct job *job);

/* Take up again what was paused, where the order wants it; job_end() is called. */
void job_pipes_resume(struct job *job);

/* The job is dead: read what is in them, as far as is fair. */
void job_pipes_drain(struct job *job);

/*
 * What is still open then waits for its end, or for the end of a grace: after that
 * they are closed, and job_end() is called.
 */
void job_pipes_linger(struct job *job);

/* The grace of those that linger is over now. */
void job_pipes_hurry(struct job *job);

#endif
