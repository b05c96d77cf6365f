/* SPDX-License-Identifier: ISC */

/*
 * Makes the text of a line of the job log, and reads it.  GNU parallel's nine columns come
 * first; the header of the log names those that follow.  The functions are pure.
 */
#ifndef RESULTS_JOBLOG_LINE_H
#define RESULTS_JOBLOG_LINE_H

#include <sys/time.h>

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

/* The names of GNU parallel's columns, which rows of --results have as well. */
#define JOBLOG_COLUMNS(separator) \
	"Seq" separator "Host" separator "Starttime" separator \
	"JobRuntime" separator "Send" separator "Receive" separator \
	"Exitval" separator "Signal" separator "Command"

/* The names of the columns of --joblog-extra. */
#define JOBLOG_EXTRA_COLUMNS(separator) \
	"User" separator "System" separator "MaxRSS" separator \
	"Tries" separator "Slot" separator "Flaky"

/* The columns behind the command, as bits.  All lines of a log have the same columns. */
#define JOBLOG_EXTRA 0x1u /* User, System, MaxRSS, Tries, Slot */
#define JOBLOG_KEY 0x2u /* Key */
#define JOBLOG_FLAKY 0x4u /* Flaky, behind the columns of JOBLOG_EXTRA */

/* The exit value of a job that was killed because it timed out. */
#define JOBLOG_TIMED_OUT (-1)

/* The exit value of a job that its template, a filter or the user has left out. */
#define JOBLOG_LEFT_OUT (-2)

/* What a line that is written says of a job. */
struct joblog_entry {
	uint64_t seq;
	const struct prun_result *result;
	uint64_t sent, received; /* bytes */
	unsigned tries;
	bool left_out; /* it has never run */
	bool flaky; /* it succeeded after a try that failed */
	const char *host; /* NULL: this machine */
	struct text command;
	struct text key; /* only with JOBLOG_KEY */
};

/* What a line that is read says of a job. */
struct joblog_row {
	uint64_t seq;
	struct text host; /* ":" is this machine */
	double started, elapsed; /* seconds */
	long exitval, signal;
	long slot; /* 0: the log has no such column */
	struct text command; /* its newlines have been restored */
	struct text key; /* no data: the log has no such column */
};

/* Add a whole line.  0 or -ENOMEM. */
int joblog_line_add(struct bytes *out, const struct joblog_entry *entry,
    unsigned columns);
int joblog_line_add_header(struct bytes *out, unsigned columns);

/* Is this the first line of a log, and with which columns? */
bool joblog_line_is_header(struct text line, unsigned *columns);

/* Is the line only the beginning of a header, because prun was killed while writing it? */
bool joblog_line_is_torn_header(struct text line);

/*
 * Parses a line, which has no newline.  The function changes the line, and row points into
 * it.  False: this is no line of a job log.
 */
bool joblog_line_parse(char *line, size_t len, unsigned columns,
    struct joblog_row *row);

/*
 * The exit value and the signal that the log has for a result.  The exit value is 128 + N
 * for a job killed by signal N, and JOBLOG_TIMED_OUT for one that timed out.
 */
int joblog_exitval(const struct prun_result *r);
int joblog_signal(const struct prun_result *r);

double joblog_seconds(struct timeval t);

#endif
