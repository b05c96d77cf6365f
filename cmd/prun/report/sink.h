/* SPDX-License-Identifier: ISC */

/*
 * A sink is told what happens to tasks, and tells it somewhere.
 * Each is one file, which knows no other, and one row of SINKS below.  report.c
 * calls the functions of the table below, all in the thread that owns the pool.
 */
#ifndef REPORT_SINK_H
#define REPORT_SINK_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "report/outcome.h"
#include "report/report_options.h"
#include "report/report_task.h"
#include "template/command.h"
#include "terminal/screen.h"
#include "text/text.h"

struct sink;

/* What all sinks of a run share; lent to them as long as they are open. */
struct sink_context {
	const struct report_options *options;
	bool dry_run; /* nothing is run, and no file is changed */
	struct command *command; /* for template_new() */
	const struct text *names; /* of the values */
	size_t nnames;
	struct screen *screen; /* NULL: there is no terminal to draw on */
	const char *tmpdir;
	/* As asked for, unless --color=never or $NO_COLOR forbids it. */
	bool color, color_failed, color_tag;
	bool digest; /* one is told at the end */
	bool output_taken; /* a sink takes the output of jobs: see output */
	/* A sink gets a copy of the output; unless it is taken, it is written too. */
	bool output_copied;
	bool keep_values; /* a sink wants report_task.values */
	bool wants_unstarted; /* a sink wants unstarted to be called */
	size_t tail; /* bytes that report_task_tail() must have; 0: none */
	bool failed; /* a report could not be written */
	uint64_t total; /* how many jobs there are, if a sink knows; else 0 */
};

/* How the run has ended. */
struct report_end {
	const struct tally *tally;
	/*
	 * How many jobs were never started; *more: and nobody knows how many
	 * besides.  It may read all of the input.
	 */
	uint64_t (*unstarted)(void *arg, bool *more);
	void *arg;
	int status; /* the exit status of prun; 128 + N when signal N ends it */
	bool interrupted; /* by a signal: what was running has been killed */
};

/* What a sink is told; NULL: it does not want to know. */
struct sink_ops {
	/*
	 * Bytes of its own in the memory of each task: see sink_task_memory().
	 * They are zero at first, and as the last task has left them when the
	 * memory is used again.
	 */
	size_t task_size;
	void (*task_fini)(void *memory);

	/* Sets what the pool must do for the sink. */
	void (*pool)(struct sink *s, struct prun_pool_opts *opts);
	/* The pool is made, and may be asked for timers until finished. */
	void (*begin)(struct sink *s, struct prun_pool *pool);

	/*
	 * With --resume.  1: an earlier run has done this job; 0: it has not; or
	 * -errno.  *past is how it ended; past->tries stays 0 when that is unknown.
	 */
	int (*has)(struct sink *s, const struct command_job *values,
	    struct text command, struct prun_result *past,
	    struct message *message);
	/* An earlier run has done it; past is NULL when its end is unknown. */
	void (*resumed)(struct sink *s, const struct command_job *values,
	    struct text command, const struct prun_result *past);
	/*
	 * --retry-failed: the next job, of that host alone unless it is NULL; its command
	 * is lent.  False: none.
	 */
	bool (*next)(struct sink *s, const char *host, uint64_t *seq,
	    struct text *command);
	/* There are so many jobs; the number may be estimated, and told again. */
	void (*total)(struct sink *s, uint64_t total);
	/* So much of the input, above 0 and up to 1, has been given to jobs that stay. */
	void (*share)(struct sink *s, double share);

	/*
	 * A task is about to start: spec may be told what to do with its output
	 * (the strings live in the sink's memory).  0, or -errno with a message.
	 */
	int (*started)(struct sink *s, struct report_task *task,
	    const struct command_job *values, struct prun_spec *spec,
	    struct message *message);
	/* A try has ended that is not the last: it is tried again. */
	void (*tried)(struct sink *s, struct report_task *task,
	    const struct prun_result *r);
	/*
	 * With output_taken or output_copied: the task has written bytes to stream 1
	 * or 2.  Stream 0, without bytes, says that all of its output has come.
	 * 0 or -errno, which ends the output of that stream.
	 */
	int (*output)(struct sink *s, struct report_task *task,
	    const struct prun_result *r, int stream, struct text bytes);
	/*
	 * Its last try has ended, unless the run is given up; nothing of the output
	 * of a task that may be tried again, or whose files stay, has been written.
	 */
	void (*last_try)(struct sink *s, struct report_task *task,
	    const struct prun_result *r);
	/* It has had its last try.  Its output may still wait to be written. */
	void (*ended)(struct sink *s, struct report_task *task,
	    const struct prun_result *r);
	/* By hand it is run once more: that it has ended so does not count any more. */
	void (*again)(struct sink *s, uint64_t seq,
	    const struct prun_result *r);
	/* All of its output has been written; PRUN_RESULT_OUTPUT_LOST: it could not be. */
	void (*delivered)(struct sink *s, struct report_task *task,
	    const struct prun_result *r);
	/*
	 * It has ended, all of its output has been written, and the end of the run
	 * has not cut it short: it is done, and no later run need do it again.
	 * In the order of the sinks, until one fails.  0, or -errno, which the
	 * sink has told the user.
	 */
	int (*logged)(struct sink *s, struct report_task *task,
	    const struct prun_result *r);

	/*
	 * A job was left out by its template, a filter or the user, and never
	 * runs; r says only when.  0, or -errno, which the sink has told the user.
	 */
	int (*left_out)(struct sink *s, const struct command_job *values,
	    struct text command, const struct prun_result *r);

	/*
	 * A client wants what the sink writes on the socket fd, which is the sink's if it
	 * returns 0.  Or -errno.
	 */
	int (*subscribe)(struct sink *s, int fd);
	/* USR2: show the progress, or no more. */
	void (*toggle)(struct sink *s);
	/*
	 * When all have ended, before finished: a task that was dropped before it
	 * started, or whose output was never delivered (task->ended).
	 */
	void (*dropped)(struct sink *s, struct report_task *task);
	/* With wants_unstarted: a job that the run has not come to. */
	void (*unstarted)(struct sink *s, const struct command_job *values,
	    struct text command);
	/* All tasks have ended. */
	void (*finished)(struct sink *s, const struct report_end *end);
	/* The same, when nothing is drawn on the screen any more. */
	void (*last_words)(struct sink *s, const struct report_end *end);
	/* NULL: free(3) is all. */
	void (*close)(struct sink *s);
};

/* The first member of each sink's own struct. */
struct sink {
	const struct sink_ops *ops;
	struct sink_context *context;
	size_t memory; /* where its bytes begin in the memory of a task */
	TAILQ_ENTRY(sink) entry;
};

/*
 * Opens the sink if the options ask for it; else *sp stays NULL.  0, or -errno with
 * a message: *sp, if there is one, is closed by the report in both cases.  It sets ops;
 * the report sets the rest.
 */
typedef int sink_open_fn(struct sink_context *context, struct sink **sp,
    struct message *message);

/*
 * *sp is a new sink of that size, zero but for its ops.  0, or -ENOMEM with a message
 * that names the option.
 */
int sink_new(size_t size, const struct sink_ops *ops, const char *option,
    struct sink **sp, struct message *message);

/*
 * For sink_ops.pool: the pool keeps the output of each job until the job has ended, and
 * gives the sink all of it at once.
 */
void sink_hold_output(struct sink *s, struct prun_pool_opts *opts);

/* Asks that report_task_tail() can give the last size bytes, or more. */
void sink_want_tail(struct sink_context *c, size_t size);

/* Is fd a terminal to draw on?  Not where $CI says that it is shown as a log. */
bool sink_may_draw(int fd);

/* The sink's own bytes in the task. */
static inline void *
sink_task_memory(const struct sink *s, struct report_task *task)
{
	return task->memory + s->memory;
}

/* Around what a sink writes to the terminal by itself. */
void sink_message(const struct sink *s, bool begin);

/* "OPTION: PATH: why" on stderr.  Returns error. */
int sink_warn(const struct sink *s, int error, const char *option,
    const char *path);

/* The same, and the run fails: prun exits with 255. */
void sink_fail(struct sink *s, int error, const char *option, const char *path);

/*
 * All sinks, a row each: its name, and the function that opens it.  They are told
 * of each event in this order.
 */

#define SINKS(ROW) \
	ROW(folder, folder_sink) \
	ROW(files, files_sink) \
	ROW(compress, compress_sink) \
	ROW(rows, rows_sink) \
	ROW(errors_only, errors_only_sink) \
	ROW(color, color_sink) \
	ROW(latest, latest_sink) \
	ROW(warnings, warnings_sink) \
	ROW(slow, slow_sink) \
	ROW(digest, digest_sink) \
	ROW(progress, progress_sink) \
	ROW(events, events_sink) \
	ROW(tap, tap_sink) \
	ROW(ci, ci_sink) \
	ROW(summary, summary_sink) \
	ROW(trace, trace_sink) \
	ROW(html, html_sink) \
	ROW(junit, junit_sink) \
	/* The last: what it says is done has been noted by all others. */ \
	ROW(joblog, joblog_sink)

#define SINK_PROTOTYPE(name, open) sink_open_fn open;
SINKS(SINK_PROTOTYPE)
#undef SINK_PROTOTYPE

#endif
