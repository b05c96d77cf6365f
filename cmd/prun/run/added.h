/* SPDX-License-Identifier: ISC */

/*
 * Records that clients have added to the input of a run (prunctl add).  With --queue and
 * --joblog LOG they also stand in the file LOG.queue, each with a NUL behind it: that and
 * the log are what a later run with --resume goes on from.
 */
#ifndef RUN_ADDED_H
#define RUN_ADDED_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

struct options;
struct added_record;

struct added {
	STAILQ_HEAD(, added_record) records; /* not yet handed out */
	size_t n; /* of them */
	struct added_record *last; /* the one handed out last */
	bool open; /* the input does not end before close */
	bool ended; /* it has ended: nothing can be added */
	int fd; /* of the file; -1: there is none */
	char *path;
};

/*
 * With --queue it opens the file, and with --resume takes its records.  0, or -errno with
 * a message.
 */
int added_open(struct added *a, const struct options *o, struct message *m);
void added_close(struct added *a);

/* All of them, or none: 0, or -errno with a message. */
int added_add(struct added *a, const struct texts *list, struct message *m);

/* The next record, lent until the next call. */
bool added_next(struct added *a, struct text *record);

#endif
