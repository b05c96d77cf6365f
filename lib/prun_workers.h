/* SPDX-License-Identifier: ISC */

/* A part of prun.h, which has the rules for all calls: C functions in worker processes. */
#ifndef PRUN_WORKERS_H
#define PRUN_WORKERS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/*
 * Functions in processes that are forked once: struct prun_workers (Python:
 * multiprocessing.Pool)
 *
 * Nothing happens except in prun_workers_step(), which _apply(), the maps and _join() call.
 */

struct prun_workers;
struct prun_reply;

/* Called in a worker with the state that init has made, and the task's bytes, which are lent.  0 or -errno. */
typedef int prun_task_fn(void *state, const void *in, size_t len,
    struct prun_reply *reply);
/* Append bytes to the task's answer.  -ENOMEM: the task has failed. */
int prun_reply_add(struct prun_reply *reply, const void *data, size_t len);

typedef int prun_workers_init_fn(void **state, void *arg);
typedef void prun_workers_fini_fn(void *state);

struct prun_workers_opts {
	size_t size; /* sizeof(struct prun_workers_opts) */
	unsigned workers; /* 0: prun_cpu_count() */
	/* After so many a new worker takes its place; 0: never. */
	unsigned tasks_per_worker;
	/* Tasks in one message; 0: as many as take half a millisecond. */
	size_t chunk;
	double timeout; /* seconds a task may take; 0: for ever */
	/* Called in each worker before its first task.  0; or -errno: no task is run. */
	prun_workers_init_fn *init;
	/* Called in each worker after its last task, unless it is killed. */
	prun_workers_fini_fn *fini;
	void *arg; /* for init */
	const char *name; /* name of the workers, for ps(1); NULL: the host's */
};

/* Bits of prun_task_result.flags. */
/* Its worker ended while it ran: see status and signal. */
#define PRUN_TASK_DIED 0x1u
#define PRUN_TASK_TIMED_OUT 0x2u /* it was killed because its time was up */
#define PRUN_TASK_NOT_RUN 0x4u /* it was not begun: error says why */

struct prun_task_result {
	size_t size; /* sizeof(struct prun_task_result) */
	/* Number from 1, in the order of apply; in a map, its place there, from 0. */
	uint64_t id;
	/*
	 * What the function returned; -ECHILD: its worker ended; -ETIMEDOUT; -ECANCELED; or what init
	 * returned.
	 */
	int error;
	unsigned flags; /* PRUN_TASK_DIED | ... */
	/* If its worker ended: as in struct prun_result. */
	int status, signal;
	pid_t pid; /* the worker's; 0: no worker has had it */
	const void *data; /* the answer, aligned as memory of malloc(3) */
	size_t len;
};

/* Called once for each task, in the owner's thread; all data is lent.  It may apply, close and terminate. */
typedef void prun_task_done_fn(const struct prun_task_result *r, void *arg);
/* Forks a helper process, which forks the workers. */
int prun_workers_new(const struct prun_workers_opts *opts,
    struct prun_workers **wp);
/* Kills the workers with all processes that they have started; done is not called.  -EDEADLK as for a pool. */
int prun_workers_free(struct prun_workers *w);
/* Submit a task; done may be NULL.  -EINVAL, -ENOMEM, -ESHUTDOWN, or what init has returned. */
int prun_workers_apply_async(struct prun_workers *w, prun_task_fn *fn,
    const void *in, size_t len, prun_task_done_fn *done, void *arg);
/* The same, and wait until the task has ended.  r->data is lent until the next call; r may be NULL. */
int prun_workers_apply(struct prun_workers *w, prun_task_fn *fn, const void *in,
    size_t len, struct prun_task_result *r);
/*
 * Run n tasks; each gets size bytes of base.  done is called in their order (_unordered: as
 * they end).  0 or the first error.
 */
int prun_workers_map(struct prun_workers *w, prun_task_fn *fn, const void *base,
    size_t n, size_t size, prun_task_done_fn *done, void *arg);
int prun_workers_map_unordered(struct prun_workers *w, prun_task_fn *fn,
    const void *base, size_t n, size_t size, prun_task_done_fn *done,
    void *arg);
/*
 * Gives the next task of any number: sets bytes that are lent until the next call, and
 * returns 1; 0: there are no more; or -errno.
 */
typedef int prun_task_next_fn(const void **in, size_t *len, void *arg);
int prun_workers_map_from(struct prun_workers *w, prun_task_fn *fn,
    prun_task_next_fn *next, void *next_arg, bool ordered,
    prun_task_done_fn *done, void *arg);
/* How many tasks have not ended. */
uint64_t prun_workers_pending(const struct prun_workers *w);
/* As prun_pool_fd(), prun_pool_step() and prun_pool_close(). */
int prun_workers_fd(const struct prun_workers *w);
int prun_workers_step(struct prun_workers *w, double timeout);
void prun_workers_close(struct prun_workers *w);
/* Call prun_workers_step() until all tasks and workers have ended.  -EINVAL: it is not closed. */
int prun_workers_join(struct prun_workers *w);
/*
 * Kill the workers and all processes that they have started.  In the next step, done gets the
 * tasks that have not ended, with -ECANCELED.
 */
void prun_workers_terminate(struct prun_workers *w);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
