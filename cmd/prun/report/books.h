/* SPDX-License-Identifier: ISC */

/*
 * The books of one run: what is told of its jobs while they run and when they
 * have ended, and where their output goes if not to stdout.  The face of this
 * room: the rest of it makes text of what the books are told, they alone write
 * it down.  It knows neither slots nor signals.
 */
#ifndef BOOKS_H
#define BOOKS_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "report/folder.h"
#include "report/tally.h"
#include "template/command.h"
#include "text/text.h"
#include "text/texts.h"

struct books;
struct latest_row;
struct report_options;

#define JOB_FAILURE_SIZE 64

/*
 * What the books remember of a job from its start until it has ended and its
 * output has been delivered.  Given out by books_start() as what the done
 * function gets.
 */
struct books_job {
	/* The caller's own: the books neither set nor read these. */
	void *owner;
	TAILQ_ENTRY(books_job) live;
	uint64_t id; /* the pool's */
	bool still; /* suspended for want of memory */
	char *made; /* its folder of --workdir ..., to be removed; NULL: none */

	SLIST_ENTRY(books_job) entry; /* idle ones */
	uint64_t seq;
	uint64_t sent; /* bytes given to its stdin */
	/* The command, as it is told to people; NUL-terminated. */
	struct bytes line;
	struct bytes key; /* --resume-key */
	struct bytes value_bytes;
	struct texts values;
	struct folder_files files;
	int out, err; /* descriptors of these; -1: not open */
	struct bytes tag, failed_tag, heading;
	struct latest_row *row; /* NULL: none, or not ours any more */
	/* How its last try that was a failure ended; empty: there was none. */
	char failure[JOB_FAILURE_SIZE];
	unsigned holds; /* who needs it: the pool's done, and delivery */
};

/*
 * Reads what is to be resumed, opens what is to be written.  command may be
 * asked for templates; names are those of the values.  -errno with a message.
 */
int books_open(const struct report_options *options, bool dry_run,
    struct command *command, const struct text *names, size_t nnames,
    struct books **bp, struct message *message);

/* All jobs have ended: what is shown of them stays. */
void books_ended(struct books *b);

/* The last state of progress, and what is to be warned of. */
void books_finish(struct books *b);
void books_close(struct books *b);

/* Where the pool is to put output. */
void books_pool(struct books *b, struct prun_pool_opts *opts);

/* Was this job done by the run that is resumed?  -errno with a message. */
int books_skip(struct books *b, const struct command_job *job,
    struct text command, struct message *message);

/* --retry-failed: the next job of the log; lent. */
bool books_retries(const struct books *b);
bool books_next_retry(struct books *b, uint64_t *seq, struct text *command);

/*
 * A job is about to start: *jp is what the books keep of it, and spec is told
 * about its output (out, err, tags, heading; strings are *jp's).  -errno with a
 * message.
 */
int books_start(struct books *b, const struct command_job *values,
    struct text command, struct prun_spec *spec, struct books_job **jp,
    struct message *message);

/* It is tried again after r: what it has written to its files goes. */
void books_again(struct books_job *job, const struct prun_result *r);

/* It has succeeded, if r says so, after a try that failed. */
bool books_job_flaky(const struct books_job *job, const struct prun_result *r);

/*
 * It has ended; job is not the caller's any more.  Of one that the end of the run
 * has cut short neither log nor results tell that it is done, so that a later
 * run does it.  0, or -errno: a book cannot be written, which the user has been told.
 */
int books_end(struct books *b, struct books_job *job,
    const struct prun_result *r, bool cut);

/* It never started, and never will. */
void books_drop(struct books *b, struct books_job *job);

/* Milliseconds until this wants to be called again; -1: never. */
int books_tick(struct books *b);

/* USR2: show the progress, or no more. */
void books_toggle(struct books *b);

/* Does anybody want to know how many jobs there are? */
bool books_wants_total(const struct report_options *options);

/* Around messages on stderr. */
void books_message(struct books *b, bool begin);

/* Around a question on the terminal, which is answered in the same line. */
void books_question(struct books *b, bool begin);

void books_total(struct books *b, uint64_t total);

/* The digest, after all has ended.  unstarted, more: see struct digest_rest. */
bool books_wants_digest(const struct books *b, const struct tally *tally);
int books_digest(struct books *b, const struct tally *tally, uint64_t unstarted,
    bool more);

#endif
