/* SPDX-License-Identifier: ISC */

/*
 * Pipes of jobs that are over, held open by processes which they have left behind.
 * What still comes is read and thrown away, so that nobody dies of SIGPIPE or waits
 * for a reader as long as this process runs.  One thread, the loop's.
 */
#ifndef ENGINE_LEFTOVER_H
#define ENGINE_LEFTOVER_H

#include <sys/queue.h>

#include <stdbool.h>

struct leftover;
struct loop;

TAILQ_HEAD(leftover_list, leftover);

struct leftovers {
	struct loop *loop;
	struct leftover_list all; /* the oldest first */
	unsigned n;
	unsigned
	    most; /* descriptors are few: the oldest is closed for the next */
};

void leftovers_init(struct leftovers *l, struct loop *loop);

/* Closes them all. */
void leftovers_fini(struct leftovers *l);

/* Take over a pipe's reading end, which does not block. */
void leftovers_add(struct leftovers *l, int fd);

/* Descriptors are wanting: close one.  False: there is none. */
bool leftovers_drop(struct leftovers *l);

#endif
