/* SPDX-License-Identifier: ISC */

/*
 * The job log: a file that one prun at a time writes, a whole line for each
 * job that has ended, and that a later one reads to go on from.
 */
#ifndef RESULTS_JOBLOG_FILE_H
#define RESULTS_JOBLOG_FILE_H

#include "results/joblog_line.h"
#include "text/text.h"

struct joblog_file;

struct report_options;

struct joblog_options {
	const struct report_options *report; /* opens what is no file */
	const char *path;
	bool append; /* keep the lines that are there */
	bool no_header; /* a new log gets no first line, as with +FILE */
	unsigned columns; /* of a new log; an old one keeps its own */
};

/* For each line that is there; row is lent.  0 or -errno, which ends it. */
typedef int joblog_row_fn(const struct joblog_row *row, void *arg);

/*
 *	joblog_file_open(&options, each, arg, &log, &message);
 *	joblog_file_write(log, &entry);
 *	joblog_file_close(log);
 *
 * A file that is no job log, or that another prun writes, is an error and is
 * left as it is.  A last line that was cut off is removed.  With append, each (may
 * be NULL) is called for every line.
 */
int joblog_file_open(const struct joblog_options *options, joblog_row_fn *each,
    void *arg, struct joblog_file **lp, struct message *message);

/*
 * Only reads the log, which another prun may be writing.  Messages name the option.
 * 0, or -errno with a message.
 */
int joblog_file_read(const char *path, const char *option, joblog_row_fn *each,
    void *arg, struct message *message);

/* One write(2).  0 or -errno: nothing of the line is in the file. */
int joblog_file_write(struct joblog_file *log,
    const struct joblog_entry *entry);
void joblog_file_close(struct joblog_file *log);

#endif
