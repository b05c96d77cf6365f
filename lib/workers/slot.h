/* SPDX-License-Identifier: ISC */

/*
 * What a worker shares with its owner and the helper: a slot in memory that all three
 * have mapped.  It tells, however the worker ends, which task it had begun and which
 * answers it had given.
 *
 * The worker claims a task, calls the function, returns it, puts the answer into the
 * outbox, and is idle.  The helper condemns a task whose time is up; the owner closes the
 * slot to take back tasks that were not claimed.  Each of these is one atomic step on one
 * word, so they cannot both succeed.
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
	_Atomic uint64_t word; /* the number of the task, and bits */
	_Atomic int64_t since; /* clock_now() time: the task was claimed */
	_Atomic int64_t busy; /* nanoseconds that the worker has worked */
	/* Places in the stream of answers: where out begins, where the last answer ends. */
	_Atomic uint64_t base, committed;
	/* The helper writes these; ended comes last. */
	_Atomic pid_t pid;
	int status, signal; /* as in struct prun_result */
	int error; /* errno value: there was no fork; or 0 */
	_Atomic bool ended;
	_Alignas(4096) char out[OUTBOX_SIZE];
};

/* The owner's, before the worker is started. */
void slot_reset(struct slot *slot);

/* By the worker.  False: the slot is closed. */
bool slot_claim(struct slot *slot, uint64_t number);
/* False: it was condemned, and there is to be no answer. */
bool slot_return(struct slot *slot);
void slot_idle(struct slot *slot);
void slot_reopen(struct slot *slot);

/* By the helper: is there a task, claimed before that time?  It is condemned then. */
bool slot_condemn(struct slot *slot, int64_t before);
/* When the task was claimed that runs; INT64_MAX: none runs. */
int64_t slot_running_since(struct slot *slot);

/* By the owner.  The number of the last task that was claimed. */
uint64_t slot_close(struct slot *slot);
uint64_t slot_number(const struct slot *slot);
bool slot_is_condemned(const struct slot *slot);

/*
 * The worker's answers are gathered in its slot before they are written.  When the worker
 * has died, the owner takes there what did not get into the pipe.
 */
struct outbox {
	struct slot *slot;
	int fd;
	size_t used;
};

/* 0 or -errno: it could not be written, and the worker had better end. */
int outbox_put(struct outbox *o, const struct fn_frame *frame,
    const void *data);
int outbox_flush(struct outbox *o);

/* By the owner, which has received so many bytes: the answers that are left. */
size_t outbox_rest(const struct slot *slot, uint64_t received,
    const char **data);

#endif
