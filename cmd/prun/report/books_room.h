/* SPDX-License-Identifier: ISC */

/*
 * What the files of the books share: books.c, books_job.c, books_output.c,
 * books_latest.c.
 */
#ifndef BOOKS_ROOM_H
#define BOOKS_ROOM_H

#include "report/books.h"
#include "report/digest.h"
#include "report/joblog.h"
#include "report/latest.h"
#include "report/progress.h"
#include "report/report.h"
#include "report/resume.h"
#include "report/rows.h"
#include "terminal/screen.h"

/* Where the output of jobs goes. */
enum books_output {
	BOOKS_STDOUT = 0,
	BOOKS_FOLDER, /* --results FOLDER */
	BOOKS_TEMPLATE, /* --results TEMPLATE */
	BOOKS_ROWS, /* --results FILE.csv */
};

struct books {
	const struct report_options *options;
	struct command *command;
	struct text *names; /* of the values */
	size_t nnames;

	struct joblog *log;
	const char *log_path;
	struct resume *resume;
	struct template *key; /* --resume-key */

	enum books_output output;
	struct template *results;
	struct rows *rows;
	int rows_fd; /* -1: none, or stdout */
	struct books_job *row; /* whose row is begun */
	const char *tmpdir;
	bool color, color_failed;

	struct digest *digest; /* NULL: none is wanted */
	struct screen *screen; /* NULL: there is no terminal to draw on */
	struct progress *progress;
	struct latest *latest; /* NULL: no --latest-line */
	uint64_t total, skipped; /* 0: not known */
	SLIST_HEAD(, books_job) idle;
};

/* books.c: "OPTION: PATH: why" on stderr, with nothing drawn in the way. */
void books_warn(struct books *b, int error, const char *option,
    const char *path);

/* books_output.c */
int books_output_open(struct books *b, struct message *message);
void books_output_close(struct books *b);

/* 1: the results of an earlier run have it, 0: they do not, or -errno. */
int books_output_has(struct books *b, const struct command_job *values,
    struct message *message);

int books_output_start(struct books *b, struct books_job *job,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message);

/* 0 or -errno; *received is how much the job wrote to stdout. */
int books_output_end(struct books *b, struct books_job *job,
    const struct prun_result *r, uint64_t *received);

/* The last lines that a job wrote to its files; size bytes at tail. */
size_t books_output_tail(const struct books_job *job, char *tail, size_t size);

prun_deliver_fn books_deliver;

/* books_latest.c */
int books_latest_open(struct books *b, struct message *message);
void books_latest_pool(struct books *b, struct prun_pool_opts *opts);

/* The job's row; its tag is not the pool's any more.  0 or -ENOMEM. */
int books_latest_start(struct books *b, struct books_job *job,
    struct prun_spec *spec);

prun_deliver_fn books_latest_deliver;

/* books_job.c */
void books_job_unhold(struct books *b, struct books_job *job);
void books_job_free(struct books_job *job);

#endif
