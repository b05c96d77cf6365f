/* SPDX-License-Identifier: ISC */

/*
 * What happens to the tasks of a run, told to all sinks (sink.h): the report
 * owns their list and the memory of each task, and knows what none of them does
 * with it.  It knows neither slots nor signals.
 *
 *	report_open(&options, ..., &report, &message);
 *	report_pool(report, &pool_opts);
 *	report_begin(report, pool);
 *	report_start(report, ..., &spec, &task, &message);
 *	report_tried(report, task, r);		from the pool's retry function
 *	report_ended(report, task, r, cut);	from its done function
 *	report_delivered(report, task, r);	from its delivered function
 *	report_finish(report, &end);
 *	report_close(report);
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "report/report_task.h"
#include "report/sink.h"
#include "template/command.h"
#include "text/text.h"

struct report;
struct report_options;

/*
 * Opens all that the options ask for.  command may be asked for templates; names
 * are those of the values.  -errno with a message.
 */
int report_open(const struct report_options *options, bool dry_run,
    struct command *command, const struct text *names, size_t nnames,
    struct report **rp, struct message *message);

/* All tasks have ended: their last state is shown, and stays. */
void report_finish(struct report *r, const struct report_end *end);

/* After the pool is freed. */
void report_close(struct report *r);

/* Where the pool is to put output. */
void report_pool(struct report *r, struct prun_pool_opts *opts);

/* From now on what changes by itself is told by timers of that pool. */
void report_begin(struct report *r, struct prun_pool *pool);

/* 1: the run that is resumed has done this job; 0, or -errno with a message. */
int report_skip(struct report *r, const struct command_job *values,
    struct text command, struct message *message);

/* --retry-failed: the next job of the log, or of that host there; command is lent. */
bool report_retries(const struct report *r);
bool report_next_retry(struct report *r, const char *host, uint64_t *seq,
    struct text *command);

/*
 * A task is about to start: *tp is its memory, and spec is told about its output
 * (out, err, tags, heading; the strings are *tp's).  host: task.host_name.  -errno with a
 * message.
 */
int report_start(struct report *r, const struct command_job *values,
    struct text command, const char *host, struct prun_spec *spec,
    struct report_task **tp, struct message *message);

/* Does a report want to be told of the last try before the job has ended? */
bool report_wants_last_try(const struct report *r);

/* The pool's retry function calls it when it does not allow another try. */
void report_last_try(struct report *r, struct report_task *task,
    const struct prun_result *result);

/* It is tried again after result: what it has written to its files goes. */
void report_tried(struct report *r, struct report_task *task,
    const struct prun_result *result);

/* It has had its last try.  cut: because the run ends, so it is not done. */
void report_ended(struct report *r, struct report_task *task,
    const struct prun_result *result, bool cut);

/* The job is run once more, by hand: that it has ended so does not count any more. */
void report_again(struct report *r, uint64_t seq,
    const struct prun_result *before);

/*
 * Its output has been written, or is lost; task is not the caller's any more.
 * 0, or -errno: it cannot be noted that it is done, which the user has been told.
 */
int report_delivered(struct report *r, struct report_task *task,
    const struct prun_result *result);

/* A job was left out: it never starts.  0, or -errno: it cannot be noted. */
int report_left_out(struct report *r, const struct command_job *values,
    struct text command, const struct prun_result *result);

/*
 * Does a report want to know each job that the run has not come to?  Then the caller
 * calls report_unstarted() for each of them before report_finish().
 */
bool report_wants_unstarted(const struct report *r);
void report_unstarted(struct report *r, const struct command_job *values,
    struct text command);

/* True: a report could not be written.  The user has been told. */
bool report_failed(const struct report *r);

/*
 * A client wants the events on the socket fd, which is the report's if this returns 0.
 * With report_options.control only.  0 or -errno.
 */
int report_subscribe(struct report *r, int fd);

/* USR2: show the progress, or no more. */
void report_toggle(struct report *r);

/*
 * There are so many jobs, those that are skipped included.  An estimate may be told, and
 * told again.
 */
void report_total(struct report *r, uint64_t total);

/* So much of the input, above 0 and up to 1, has been given to jobs that stay. */
void report_share(struct report *r, double share);

/* Around messages on stderr. */
void report_message(struct report *r, bool begin);

/* Around a question on the terminal, which is answered in the same line. */
void report_question(struct report *r, bool begin);

#endif
