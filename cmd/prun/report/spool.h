/* SPDX-License-Identifier: ISC */

/*
 * The text of a report that is written when the run has ended.  Until then the text is
 * in an unlinked file in the folder for temporary files, so its memory is constant.
 *
 *	spool_open(&spool, context, "--junit", path, &message);
 *	bytes_add_...(&spool.kept.memory, ...);
 *	spool_add(&spool, error);
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
#include "text/kept_output.h"

struct spool {
	const char *option, *path;
	const char *tmpdir;
	int out; /* the report's file; -1: there is none, or it is finished */
	struct kept_output kept;
	int error; /* -errno: text has been lost */
};

/* Opens the report's file; "-" is stdout.  0, or -errno with a message. */
int spool_open(struct spool *s, const struct sink_context *c,
    const char *option, const char *path, struct message *message);
void spool_close(struct spool *s);

/*
 * To be called after text was added to s->kept.memory.  error is what the adding returned, 0
 * or -errno.
 */
void spool_add(struct spool *s, int error);

/* How many bytes were added in all. */
uint64_t spool_length(const struct spool *s);

/*
 * Writes header, text and footer to the report's file.  When that fails it tells the
 * user, and prun exits with 255.
 */
void spool_finish(struct spool *s, struct sink *sink, struct text header,
    struct text footer);

#endif
