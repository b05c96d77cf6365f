/* SPDX-License-Identifier: ISC */

/*
 * The report tells all sinks (sink.h) what happens to the tasks of a run.  It owns the list
 * of sinks and the memory of each task, and does not know what a sink makes of an event.
 * It knows neither slots nor signals.
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
 * Opens all sinks that the options ask for.  The sinks may make templates of command; names
 * are the names of the values.  -errno with a message.
 */
int report_open(const struct report_options *options, bool dry_run,
    struct command *command, const struct text *names, size_t nnames,
    struct report **rp, struct message *message);

/* To be called when all tasks have ended.  The sinks show the end of the run. */
void report_finish(struct report *r, const struct report_end *end);

/* Closes all sinks and frees the report.  To be called after the pool is freed. */
void report_close(struct report *r);

/* Sets in opts what the sinks need of the pool, such as where it writes the output. */
void report_pool(struct report *r, struct prun_pool_opts *opts);

/* Tells the sinks the pool, whose timers they use from now on until report_finish(). */
void report_begin(struct report *r, struct prun_pool *pool);

/*
 * Has the run that is resumed done this job, so that it is left out?  1 or 0, or -errno
 * with a message.
 */
int report_skip(struct report *r, const struct command_job *values,
    struct text command, struct message *message);

/*
 * Are the jobs those that failed in the log (--retry-failed)?  Then the second function
 * gives the next of them; with host only those that ran on that host.  command is lent.
 */
bool report_retries(const struct report *r);
bool report_next_retry(struct report *r, const char *host, uint64_t *seq,
    struct text *command);

/*
 * A task is about to start.  *tp becomes its memory.  The sinks set in spec what happens to
 * its output (out, err, tags, heading); the strings belong to *tp.  host becomes
 * report_task.host_name.  -errno with a message.
 */
int report_start(struct report *r, const struct command_job *values,
    struct text command, const char *host, struct prun_spec *spec,
    struct report_task **tp, struct message *message);

/* Does a report want to be told of the last try before the job has ended? */
bool report_wants_last_try(const struct report *r);

/* The pool's retry function calls it when it allows the task no other try. */
void report_last_try(struct report *r, struct report_task *task,
    const struct prun_result *result);

/* The task is tried again after result.  Its files are emptied. */
void report_tried(struct report *r, struct report_task *task,
    const struct prun_result *result);

/* The task has had its last try.  cut: the end of the run cut it short: it is not done. */
void report_ended(struct report *r, struct report_task *task,
    const struct prun_result *result, bool cut);

/* A user has a job run once more after its end: the result before no longer counts. */
void report_again(struct report *r, uint64_t seq,
    const struct prun_result *before);

/*
 * The output of the task has been written, or is lost.  The report takes task back.  0, or
 * -errno if a sink cannot note that the job is done; the user has been told.
 */
int report_delivered(struct report *r, struct report_task *task,
    const struct prun_result *result);

/* A job was left out: it never starts.  0, or -errno if a sink cannot note that. */
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
 * A client of --control wants the events on the socket fd.  0: the report owns fd from now
 * on; or -errno.  Only with report_options.control.
 */
int report_subscribe(struct report *r, int fd);

/* prun has got SIGUSR2: the progress is shown from now on, or no longer. */
void report_toggle(struct report *r);

/*
 * Tells how many jobs there are, with those that are skipped.  The caller may tell an
 * estimate, and later a better one.
 */
void report_total(struct report *r, uint64_t total);

/*
 * Tells which part of the input, above 0 and up to 1, has been given to jobs that read on
 * to its end (--round-robin and its kin), as their number says nothing of the progress.
 */
void report_share(struct report *r, double share);

/* To be called before and after messages on stderr, so that nothing is drawn into them. */
void report_message(struct report *r, bool begin);

/* To be called before and after a question on the terminal, answered in the same line. */
void report_question(struct report *r, bool begin);

#endif
