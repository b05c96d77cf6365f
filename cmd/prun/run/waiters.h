/* SPDX-License-Identifier: ISC */

/*
 * Clients who wait for the end of a job or of all jobs, or follow what a job writes.
 */
#ifndef RUN_WAITERS_H
#define RUN_WAITERS_H

#include <sys/queue.h>

#include <jansson.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

struct control_client;
struct report_task;
struct waiter;

enum waiter_kind {
	WAITER_JOB, /* for the end of a job */
	WAITER_ALL, /* for the end of all jobs */
	WAITER_FOLLOW, /* for the output of a job, and its end */
	WAITER_EVENTS, /* for the end of the connection */
};

struct waiters {
	TAILQ_HEAD(waiter_list, waiter) list;
	unsigned n; /* of the list */
	unsigned following; /* how many WAITER_FOLLOW there are */
};

void waiters_init(struct waiters *w);
void waiters_fini(struct waiters *w);

/* The client waits from now on; seq is the job's.  0 or -ENOMEM. */
int waiters_add(struct waiters *w, struct control_client *client,
    enum waiter_kind kind, uint64_t seq);

/* The client has gone. */
void waiters_remove(struct waiters *w, struct control_client *client);

/* How a job has ended; NULL: no memory. */
json_t *waiters_result(const struct prun_result *r);

/*
 * So much has been written by the job, and tail is the end of it: to what the pool captures
 * (part 0), or to its file of stdout or stderr (1, 2).
 */
void waiters_output(struct waiters *w, uint64_t seq, int part, uint64_t written,
    struct text tail);

/* The job has ended, and its output was told: those who wait for it are told. */
void waiters_ended(struct waiters *w, uint64_t seq,
    const struct prun_result *r);

/* Calls fn for each job that is followed. */
void waiters_each_followed(const struct waiters *w,
    void (*fn)(uint64_t seq, void *arg), void *arg);

/* No job runs or waits to be run.  status is the exit status so far. */
void waiters_idle(struct waiters *w, int status);

/* The run is at its end: those who still wait are told so. */
void waiters_end(struct waiters *w, int status);

#endif
