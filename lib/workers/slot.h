/* SPDX-License-Identifier: ISC */

/*
 * What a worker shares with its owner and with the helper: a slot in memory that all
 * three have mapped.  However the worker ends, the slot tells which task it had begun
 * and which answers it had given.
 *
 * The worker claims a task, calls the function, returns the task, puts the answer into
 * the outbox, and is idle.  The helper condemns a task whose time is up.  The owner
 * closes the slot to take back tasks that were not claimed.  Each of these is one
 * atomic step on one word, so no two of them can both succeed where only one may.
 */
#ifndef WORKERS_SLOT_H
#define WORKERS_SLOT_H

#include <sys/types.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fn_frame;

#define OUTBOX_SIZE ((size_t)64 * 1024)

struct slot {
	/* The number of the task, and the bits of slot.c. */
	_Atomic uint64_t word;
	/* clock_now() time at which the task was claimed. */
	_Atomic int64_t since;
	/* Nanoseconds that the worker has worked so far. */
	_Atomic int64_t busy;
	/*
	 * Places in the stream of answers: base is where out begins, committed is where
	 * the last answer ends.
	 */
	_Atomic uint64_t base, committed;
	/* The helper writes these when the worker has ended, ended after the others. */
	_Atomic pid_t pid;
	int status, signal; /* as in struct prun_result */
	int error; /* errno value if the fork has failed; else 0 */
	_Atomic bool ended;
	_Alignas(4096) char out[OUTBOX_SIZE];
};

/* The owner calls it before the worker is started. */
void slot_reset(struct slot *slot);

/* The worker calls these four.  Claim a task; false: the slot is closed. */
bool slot_claim(struct slot *slot, uint64_t number);
/*
 * The function has returned.  False: the task was condemned, so the worker must not
 * answer.
 */
bool slot_return(struct slot *slot);
void slot_idle(struct slot *slot);
void slot_reopen(struct slot *slot);

/*
 * The helper calls these two.  Condemn the task that runs, if it was claimed before
 * that time; false: there is none.
 */
bool slot_condemn(struct slot *slot, int64_t before);
/* The time at which the task that runs was claimed; INT64_MAX: none runs. */
int64_t slot_running_since(struct slot *slot);

/*
 * The owner calls these three.  slot_close() and slot_number() return the number of the
 * last task that was claimed.
 */
uint64_t slot_close(struct slot *slot);
uint64_t slot_number(const struct slot *slot);
bool slot_is_condemned(const struct slot *slot);

/*
 * The worker gathers its answers in the slot before it writes them.  When the worker
 * has died, the owner takes from the slot the answers that did not get into the pipe.
 */
struct outbox {
	struct slot *slot;
	int fd;
	size_t used;
};

/* 0, or -errno when the answers could not be written: then the worker should end. */
int outbox_put(struct outbox *o, const struct fn_frame *frame,
    const void *data);
int outbox_flush(struct outbox *o);

/*
 * The owner, which has received so many bytes, calls it: the answers that are left in
 * the slot.
 */
size_t outbox_rest(const struct slot *slot, uint64_t received,
    const char **data);

#endif
