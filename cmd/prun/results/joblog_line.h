/* SPDX-License-Identifier: ISC */

/*
 * One line of the job log, from and to text.  GNU parallel's nine columns come
 * first; what follows them is named by the log's first line.  Pure.
 */
#ifndef RESULTS_JOBLOG_LINE_H
#define RESULTS_JOBLOG_LINE_H

#include <sys/time.h>

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

/* The names of GNU parallel's columns, which the rows of --results have too. */
#define JOBLOG_COLUMNS(separator) \
	"Seq" separator "Host" separator "Starttime" separator \
	"JobRuntime" separator "Send" separator "Receive" separator \
	"Exitval" separator "Signal" separator "Command"

/* The names of those of --joblog-extra. */
#define JOBLOG_EXTRA_COLUMNS(separator) \
	"User" separator "System" separator "MaxRSS" separator \
	"Tries" separator "Slot" separator "Flaky"

/* Columns behind the command; all lines of a log have the same ones. */
#define JOBLOG_EXTRA 0x1u /* User, System, MaxRSS, Tries, Slot */
#define JOBLOG_KEY 0x2u /* Key */
#define JOBLOG_FLAKY 0x4u /* Flaky, behind those of JOBLOG_EXTRA */

/* The exit value of a job that was killed because its time was up. */
#define JOBLOG_TIMED_OUT (-1)

/* The exit value of a job that its template, a filter or the user has left out. */
#define JOBLOG_LEFT_OUT (-2)

/* What is written of a job. */
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

/* What is read of a job. */
struct joblog_row {
	uint64_t seq;
	struct text host; /* ":" is this machine */
	double started, elapsed; /* seconds */
	long exitval, signal;
	long slot; /* 0: the log has no such column */
	struct text command; /* newlines are newlines again */
	struct text key; /* no data: the log has no such column */
};

/* Add a whole line.  0 or -ENOMEM. */
int joblog_line_add(struct bytes *out, const struct joblog_entry *entry,
    unsigned columns);
int joblog_line_add_header(struct bytes *out, unsigned columns);

/* Is this the first line of a log, and with which columns? */
bool joblog_line_is_header(struct text line, unsigned *columns);

/* Is it the beginning of such a line, which a killed prun was writing? */
bool joblog_line_is_torn_header(struct text line);

/*
 * Takes a line without its newline apart.  The line is changed, and row points into
 * it.  False: it is no line of a job log.
 */
bool joblog_line_parse(char *line, size_t len, unsigned columns,
    struct joblog_row *row);

/* What the log says of the end: 128 + signal for a killed job, -1 for a timeout. */
int joblog_exitval(const struct prun_result *r);
int joblog_signal(const struct prun_result *r);

double joblog_seconds(struct timeval t);

#endif
