/* SPDX-License-Identifier: ISC */

/* A task of workers: the function, a copy of its bytes, and whom to tell of its end. */
#ifndef WORKERS_FN_TASK_H
#define WORKERS_FN_TASK_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "workers/fn_frame.h"

struct fn_task;

/*
 * Told once for each task, which is the callee's from then on: see fn_task_free().  r and
 * its data are lent.
 */
typedef void fn_task_ended_fn(struct fn_task *task,
    const struct prun_task_result *r);

struct fn_task {
	TAILQ_ENTRY(fn_task) entry; /* in the queue, of a worker, or unused */
	fn_task_ended_fn *ended;
	void *owner; /* for ended: who has handed it over */
	prun_task_done_fn *done;
	void *arg;
	uint64_t id;
	/* For a map: it is in order, and its result waits for its turn there. */
	TAILQ_ENTRY(fn_task) order;
	struct prun_task_result *held;
	bool lost; /* there was no memory to hold it */
	/* What is sent, the data behind it. */
	_Alignas(FN_FRAME_ALIGN) struct fn_frame frame;
};

TAILQ_HEAD(fn_task_list, fn_task);

/* Small tasks that are not used now: they come and go by the million. */
struct fn_task_store {
	struct fn_task_list unused;
	size_t n;
};

void fn_task_store_init(struct fn_task_store *store);
void fn_task_store_fini(struct fn_task_store *store);

/* The data is copied; what is not set is zero.  NULL: no memory. */
struct fn_task *fn_task_new(struct fn_task_store *store, prun_task_fn *fn,
    const void *in, size_t len);
void fn_task_free(struct fn_task_store *store, struct fn_task *task);

/* Bytes of its frame with the data. */
size_t fn_task_size(const struct fn_task *task);

#endif
