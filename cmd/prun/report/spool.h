/* SPDX-License-Identifier: ISC */

/*
 * The text of a report that is written when the run has ended: until then it stands in
 * an unlinked file in a folder for such files, and its memory is constant.
 *
 *	spool_open(&spool, context, "--junit", path, &message);
 *	bytes_add_...(&spool.text, ...);
 *	spool_add(&spool);
 *	...
 *	spool_finish(&spool, sink, header, footer);
 *
 * The report's own file is emptied at the start: a run that is killed leaves no report
 * that could be taken for its own.
 */
#ifndef REPORT_SPOOL_H
#define REPORT_SPOOL_H

#include <stdint.h>

#include "report/sink.h"
#include "text/text.h"

struct spool {
	const char *option, *path;
	const char *tmpdir;
	int out; /* the report's file; -1: none, or it has been written */
	int fd; /* the unlinked file; -1: there is none yet */
	struct bytes text; /* not yet in it */
	uint64_t len; /* in it */
	int error; /* -errno: text has been lost */
};

/* Opens the report's file; "-" is stdout.  0, or -errno with a message. */
int spool_open(struct spool *s, const struct sink_context *c,
    const char *option, const char *path, int flags, struct message *message);
void spool_close(struct spool *s);

/*
 * Text has been added to s->text; error is what became of that, 0 or -errno.  What has
 * been gathered is put into the unlinked file when it is long.
 */
void spool_add(struct spool *s, int error);

/* How many bytes were added. */
uint64_t spool_length(const struct spool *s);

/*
 * Writes header, text and footer to the report's file.  What goes wrong is told, and
 * the run fails.
 */
void spool_finish(struct spool *s, struct sink *sink, struct text header,
    struct text footer);

#endif
