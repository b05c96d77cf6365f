/* SPDX-License-Identifier: ISC */

/*
 * Clients that wait for the end of a job or of all jobs, or that follow what a job writes.
 */
#ifndef CONTROL_WAITERS_H
#define CONTROL_WAITERS_H

#include <sys/queue.h>

#include <jansson.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

struct control_client;
struct report_task;
struct waiter;

enum waiter_kind {
	WAITER_JOB, /* waits for the end of a job */
	WAITER_ALL, /* waits for the end of all jobs */
	WAITER_FOLLOW, /* waits for the output of a job, and its end */
	WAITER_EVENTS, /* gets events until the connection ends */
};

struct waiters {
	TAILQ_HEAD(waiter_list, waiter) list;
	unsigned n; /* how many clients wait */
	unsigned following; /* how many of them are WAITER_FOLLOW */
};

void waiters_init(struct waiters *w);
void waiters_fini(struct waiters *w);

/* The client waits from now on; seq is the number of its job.  Returns 0 or -ENOMEM. */
int waiters_add(struct waiters *w, struct control_client *client,
    enum waiter_kind kind, uint64_t seq);

/* Tell that the client has gone. */
void waiters_remove(struct waiters *w, struct control_client *client);

/* Describes how a job has ended.  Returns NULL if there is no memory. */
json_t *waiters_result(const struct prun_result *r);

/*
 * Tell that the job has written so many bytes, the last of which are tail.  part 0 is what
 * the pool captures; 1 and 2 are the files of stdout and stderr.
 */
void waiters_output(struct waiters *w, uint64_t seq, int part, uint64_t written,
    struct text tail);

/*
 * Tell that the job has ended, after all its output was told: answers the clients that wait
 * for it.
 */
void waiters_ended(struct waiters *w, uint64_t seq,
    const struct prun_result *r);

/* Calls fn for each job that a client follows. */
void waiters_each_followed(const struct waiters *w,
    void (*fn)(uint64_t seq, void *arg), void *arg);

/* Tell that no job runs or waits to be run.  status is the exit status so far. */
void waiters_idle(struct waiters *w, int status);

/* Tell that the run ends: clients that still wait are answered. */
void waiters_end(struct waiters *w, int status);

#endif
