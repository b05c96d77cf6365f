/* SPDX-License-Identifier: ISC */

/*
 * The file of the job log.  One prun at a time writes to it, a whole line for each job that
 * is done, and a later prun reads it to resume the run.
 */
#ifndef RESULTS_JOBLOG_FILE_H
#define RESULTS_JOBLOG_FILE_H

#include "results/joblog_line.h"
#include "text/text.h"

struct joblog_file;

struct report_options;

struct joblog_options {
	/* how to open a path that is no file */
	const struct report_options *report;
	const char *path;
	bool append; /* keep the lines that the file has */
	bool no_header; /* a new log gets no header, as with +FILE */
	unsigned columns; /* those of a new log; an old log keeps its own */
};

/* Called for each line that the log has; row is lent.  -errno ends the reading. */
typedef int joblog_row_fn(const struct joblog_row *row, void *arg);

/*
 *	joblog_file_open(&options, each, arg, &log, &message);
 *	joblog_file_write(log, &entry);
 *	joblog_file_close(log);
 *
 * If the file is no job log, or another prun writes to it, opening fails and leaves the file
 * as it is.  A last line that is incomplete is removed.  With append, the function `each`
 * (or none, if it is NULL) is called for every line.
 */
int joblog_file_open(const struct joblog_options *options, joblog_row_fn *each,
    void *arg, struct joblog_file **lp, struct message *message);

/*
 * Reads the log and does not change it; another prun may be writing to it.  0, or -errno
 * with a message that names the option.
 */
int joblog_file_read(const char *path, const char *option, joblog_row_fn *each,
    void *arg, struct message *message);

/* Adds a line with one write(2).  0, or -errno: then no part of the line is in the file. */
int joblog_file_write(struct joblog_file *log,
    const struct joblog_entry *entry);
void joblog_file_close(struct joblog_file *log);

#endif
