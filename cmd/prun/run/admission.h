/* SPDX-License-Identifier: ISC */

/*
 * The gate before each start when the machine's state is asked (--load,
 * --memfree, --memsuspend, --noswap, --limit): it holds the pool, kills the
 * youngest job, or lets jobs stand still.
 */
#ifndef RUN_ADMISSION_H
#define RUN_ADMISSION_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "policy/admit.h"

struct report_task;
struct mainloop;

TAILQ_HEAD(live_list, report_task);

struct admission {
	struct admit admit;
	struct mainloop *mainloop;
	/* Started and not done, the oldest first. */
	const struct live_list *live;
	const char *shell; /* for --limit */
	int64_t next; /* when the machine is looked at again, ns */
	bool held; /* the pool is */
	bool granted; /* the next start need not ask again */
};

/* May one more start?  No: the pool is held, and admission_tick() looks again. */
bool admission_open(struct admission *g);

/* A job was killed to make room: nothing starts before there is some. */
void admission_shut(struct admission *g);

/* Milliseconds until it wants to be called again; -1: never. */
int admission_tick(struct admission *g);

#endif
