/* SPDX-License-Identifier: ISC */

/*
 * The gate before each start when the machine's state is asked (--load,
 * --memfree, --memsuspend, --noswap, --limit): it holds the pool, kills the
 * youngest job, or lets jobs stand still.
 */
#ifndef GATE_H
#define GATE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "policy/admit.h"

struct books_job;
struct drive;

TAILQ_HEAD(live_list, books_job);

struct gate {
	struct admit admit;
	struct drive *drive;
	/* Started and not done, the oldest first. */
	const struct live_list *live;
	const char *shell; /* for --limit */
	int64_t next; /* when the machine is looked at again, ns */
	bool held; /* the pool is */
	bool granted; /* the next start need not ask again */
};

/* May one more start?  No: the pool is held, and gate_tick() looks again. */
bool gate_open(struct gate *g);

/* A job was killed to make room: nothing starts before there is some. */
void gate_shut(struct gate *g);

/* Milliseconds until it wants to be called again; -1: never. */
int gate_tick(struct gate *g);

#endif
