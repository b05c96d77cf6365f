/* SPDX-License-Identifier: ISC */

/*
 * A part of prun.h, which has the rules for all calls: C functions in worker processes.
 */
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
 * Functions in processes that are forked once: struct prun_workers (Python: multiprocessing.Pool)
 *
 * Nothing advances without prun_workers_step(), which _apply(), the maps and _join() call.
 */

struct prun_workers;
struct prun_reply;

/* Called in a worker with init's state and the task's bytes, which are lent.  0 or -errno. */
typedef int prun_task_fn(void *state, const void *in, size_t len,
    struct prun_reply *reply);
/* Bytes of the task's answer.  -ENOMEM: so has the task failed. */
int prun_reply_add(struct prun_reply *reply, const void *data, size_t len);

typedef int prun_workers_init_fn(void **state, void *arg);
typedef void prun_workers_fini_fn(void *state);

struct prun_workers_opts {
	size_t size; /* sizeof(struct prun_workers_opts) */
	unsigned workers; /* 0: prun_cpu_count() */
	unsigned tasks_per_worker; /* then another takes its place; 0: no end */
	/* Tasks in one message; 0: what takes half a millisecond. */
	size_t chunk;
	double timeout; /* seconds a task may take; 0: for ever */
	/* Called in each worker before its first task: 0, or -errno and no task is run. */
	prun_workers_init_fn *init;
	/* Called in each worker after its last task, unless it is killed. */
	prun_workers_fini_fn *fini;
	void *arg; /* of init */
	const char *name; /* of the workers, for ps(1); NULL: the host's */
};

/* Bits of prun_task_result.flags. */
#define PRUN_TASK_DIED 0x1u /* its worker ended in it: see status and signal */
#define PRUN_TASK_TIMED_OUT 0x2u /* because its time was up */
#define PRUN_TASK_NOT_RUN 0x4u /* it was not begun: error says why */

struct prun_task_result {
	size_t size; /* sizeof(struct prun_task_result) */
	/* From 1 in the order of apply; in a map its place, from 0. */
	uint64_t id;
	/*
	 * The function's; -ECHILD: its worker ended; -ETIMEDOUT; -ECANCELED; or what init
	 * returned.
	 */
	int error;
	unsigned flags; /* PRUN_TASK_DIED | ... */
	/* Of a worker that ended: as in struct prun_result. */
	int status, signal;
	pid_t pid; /* of the worker; 0: none */
	const void *data; /* the answer, as well aligned as malloc(3)'s */
	size_t len;
};

/* Once for each task, in the owner's thread; all is lent.  It may apply, close and terminate. */
typedef void prun_task_done_fn(const struct prun_task_result *r, void *arg);
/* Forks a helper process, which forks the workers. */
int prun_workers_new(const struct prun_workers_opts *opts,
    struct prun_workers **wp);
/* Kills them with all that they have started; no done call comes.  -EDEADLK as for a pool. */
int prun_workers_free(struct prun_workers *w);
/* Hand over a task; done may be NULL.  -EINVAL, -ENOMEM, -ESHUTDOWN, or what init has returned. */
int prun_workers_apply_async(struct prun_workers *w, prun_task_fn *fn,
    const void *in, size_t len, prun_task_done_fn *done, void *arg);
/* The same, until it has ended.  r->data is lent until the next call; r may be NULL. */
int prun_workers_apply(struct prun_workers *w, prun_task_fn *fn, const void *in,
    size_t len, struct prun_task_result *r);
/*
 * N tasks with size bytes of base each; done comes in order, or as they end.  0 or the first
 * error.
 */
int prun_workers_map(struct prun_workers *w, prun_task_fn *fn, const void *base,
    size_t n, size_t size, prun_task_done_fn *done, void *arg);
int prun_workers_map_unordered(struct prun_workers *w, prun_task_fn *fn,
    const void *base, size_t n, size_t size, prun_task_done_fn *done,
    void *arg);
/* Tasks without number: next sets what it lends until its next call: 1; 0: no more; or -errno. */
typedef int prun_task_next_fn(const void **in, size_t *len, void *arg);
int prun_workers_map_from(struct prun_workers *w, prun_task_fn *fn,
    prun_task_next_fn *next, void *next_arg, bool ordered,
    prun_task_done_fn *done, void *arg);
/* Tasks that have not ended. */
uint64_t prun_workers_pending(const struct prun_workers *w);
/* As prun_pool_fd(), prun_pool_step() and prun_pool_close(). */
int prun_workers_fd(const struct prun_workers *w);
int prun_workers_step(struct prun_workers *w, double timeout);
void prun_workers_close(struct prun_workers *w);
/* Step until all tasks and workers have ended.  -EINVAL: it is not closed. */
int prun_workers_join(struct prun_workers *w);
/*
 * Kill the workers and all processes that they have started.  The next step tells the
 * tasks that have not ended: -ECANCELED.
 */
void prun_workers_terminate(struct prun_workers *w);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
