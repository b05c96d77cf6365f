/* SPDX-License-Identifier: ISC */

/*
 * Owns the records that clients add to the input of a run (prunctl add).  With --queue and
 * --joblog LOG they are also written to the file LOG.queue, each followed by a NUL.  From
 * that file and the log a later run with --resume knows what is still to be done.
 */
#ifndef CONTROL_ADDED_H
#define CONTROL_ADDED_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

struct added_record;

struct added {
	/* the records that no job has got yet */
	STAILQ_HEAD(, added_record) records;
	size_t n; /* how many records are in the list */
	/* the record that added_next() returned last */
	struct added_record *last;
	/* the input goes on until a client closes it (prunctl close) */
	bool open;
	bool ended; /* the input has ended: clients can add nothing more */
	int fd; /* the file LOG.queue; -1 if there is none */
	char *path;
};

/*
 * Opens the file if queue (--queue) is set and there is a job log; with resume it also reads
 * the records in the file.  Returns 0, or -errno with a message.
 */
int added_open(struct added *a, bool queue, const char *joblog, bool resume,
    struct message *m);
void added_close(struct added *a);

/* Adds all records of the list, or none of them.  Returns 0, or -errno with a message. */
int added_add(struct added *a, const struct texts *list, struct message *m);

/*
 * Takes the next record, which is lent until the next call.  Returns false if there is
 * none.
 */
bool added_next(struct added *a, struct text *record);

#endif
