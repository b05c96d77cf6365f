/* SPDX-License-Identifier: ISC */

/*
 * A sink is told what happens to tasks, and writes that to a file, a terminal or a program.
 * Each sink is one file, which knows no other sink, and one row of SINKS below.  report.c
 * calls the functions of struct sink_ops, all in the thread that owns the pool.
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
	struct command *command; /* of which template_new() makes templates */
	const struct text *names; /* the names of the values */
	size_t nnames;
	struct screen *screen; /* NULL: there is no terminal to draw on */
	const char *tmpdir;
	/* As report_options has them, but false with --color=never or $NO_COLOR. */
	bool color, color_failed, color_tag;
	bool digest; /* a digest is printed at the end */
	/* a sink gets the output of jobs, and prun does not print it */
	bool output_taken;
	/* A sink gets the output of jobs, and prun prints it too, unless it is taken. */
	bool output_copied;
	bool keep_values; /* a sink wants report_task.values */
	bool wants_unstarted; /* a sink wants unstarted to be called */
	/* how many bytes report_task_tail() must be able to give */
	size_t tail;
	bool failed; /* a report could not be written */
	uint64_t total; /* how many jobs there are, if a sink knows; else 0 */
};

/* How the run has ended. */
struct report_end {
	const struct tally *tally;
	/*
	 * Returns how many jobs were never started.  *more: there are others, and nobody
	 * knows how many.  The function may read all of the input.
	 */
	uint64_t (*unstarted)(void *arg, bool *more);
	void *arg;
	int status; /* the exit status of prun; 128 + N when signal N ends it */
	/* a signal ended the run: jobs that ran were killed */
	bool interrupted;
};

/* The functions by which a sink is told of events; NULL: the sink ignores that event. */
struct sink_ops {
	/*
	 * How many bytes the sink has in the memory of each task: see sink_task_memory().
	 * They are zero at first.  When another task gets the memory, they are as the
	 * task before has left them.  task_fini frees what they point to.
	 */
	size_t task_size;
	void (*task_fini)(void *memory);

	/* Sets in opts what the sink needs of the pool, before the pool is made. */
	void (*pool)(struct sink *s, struct prun_pool_opts *opts);
	/* The pool is made.  The sink may use its timers until finished is called. */
	void (*begin)(struct sink *s, struct prun_pool *pool);

	/*
	 * --resume: has an earlier run done this job?  1 or 0, or -errno with a message.
	 * *past becomes how the job ended; past->tries stays 0 when that is unknown.
	 */
	int (*has)(struct sink *s, const struct command_job *values,
	    struct text command, struct prun_result *past,
	    struct message *message);
	/* An earlier run has done this job; past is NULL if it is unknown how it ended. */
	void (*resumed)(struct sink *s, const struct command_job *values,
	    struct text command, const struct prun_result *past);
	/*
	 * --retry-failed: gives the next job that failed, with a host only of those that
	 * ran there.  command is lent.  False: there is none.
	 */
	bool (*next)(struct sink *s, const char *host, uint64_t *seq,
	    struct text *command);
	/* How many jobs there are.  It may be an estimate, and a better one may follow. */
	void (*total)(struct sink *s, uint64_t total);
	/* The part of the input, above 0 and up to 1, that jobs got: see report_share(). */
	void (*share)(struct sink *s, double share);

	/*
	 * A task is about to start.  The sink may set in spec what is done with its
	 * output; the strings live in the sink's memory.  0, or -errno with a message.
	 */
	int (*started)(struct sink *s, struct report_task *task,
	    const struct command_job *values, struct prun_spec *spec,
	    struct message *message);
	/* A try of the task has ended, and the task is tried again. */
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
	 * The last try of the task has ended.  If the task could have been tried again,
	 * or its files stay, none of its output has been written yet.  Not called for
	 * tasks that the end of the run cut short.
	 */
	void (*last_try)(struct sink *s, struct report_task *task,
	    const struct prun_result *r);
	/* The task has had its last try.  Its output may still wait to be written. */
	void (*ended)(struct sink *s, struct report_task *task,
	    const struct prun_result *r);
	/* A user has the job run once more: its result r does not count any more. */
	void (*again)(struct sink *s, uint64_t seq,
	    const struct prun_result *r);
	/*
	 * All output of the task has been written; with PRUN_RESULT_OUTPUT_LOST some of it
	 * could not be written.
	 */
	void (*delivered)(struct sink *s, struct report_task *task,
	    const struct prun_result *r);
	/*
	 * The task is done, and no later run need do it again: it has ended, all of its
	 * output has been written, and the end of the run has not cut it short.  The
	 * sinks are called in their order until one fails.  0, or -errno after the sink
	 * has told the user.
	 */
	int (*logged)(struct sink *s, struct report_task *task,
	    const struct prun_result *r);

	/*
	 * A job was left out by its template, a filter or the user, and never runs; r
	 * says only when.  0, or -errno after the sink has told the user.
	 */
	int (*left_out)(struct sink *s, const struct command_job *values,
	    struct text command, const struct prun_result *r);

	/*
	 * A client wants on the socket fd what the sink writes.  0: the sink owns fd from
	 * now on; or -errno.
	 */
	int (*subscribe)(struct sink *s, int fd);
	/* prun has got SIGUSR2: the progress is shown from now on, or no longer. */
	void (*toggle)(struct sink *s);
	/*
	 * Called before finished for each task that was dropped before it started, or
	 * whose output was never delivered (then task->ended is true).
	 */
	void (*dropped)(struct sink *s, struct report_task *task);
	/* A job that the run has not come to; called only with wants_unstarted. */
	void (*unstarted)(struct sink *s, const struct command_job *values,
	    struct text command);
	/* All tasks have ended. */
	void (*finished)(struct sink *s, const struct report_end *end);
	/* Called after finished, when nothing is drawn on the screen any more. */
	void (*last_words)(struct sink *s, const struct report_end *end);
	/* Frees the sink; NULL: free(3) does. */
	void (*close)(struct sink *s);
};

/* The first member of each sink's own struct. */
struct sink {
	const struct sink_ops *ops;
	struct sink_context *context;
	/* where the sink's bytes begin in the memory of a task */
	size_t memory;
	TAILQ_ENTRY(sink) entry;
};

/*
 * Opens the sink if the options ask for it; else *sp stays NULL.  0, or -errno with a
 * message.  In both cases the report closes *sp, if there is one.  The function sets
 * sink.ops; the report sets the other members of struct sink.
 */
typedef int sink_open_fn(struct sink_context *context, struct sink **sp,
    struct message *message);

/*
 * Makes *sp a new sink of size bytes, all zero except for ops.  0, or -ENOMEM with a
 * message that names the option.
 */
int sink_new(size_t size, const struct sink_ops *ops, const char *option,
    struct sink **sp, struct message *message);

/*
 * For sink_ops.pool: the pool keeps the output of each job until the job has ended, and
 * gives the sink all of it at once.
 */
void sink_hold_output(struct sink *s, struct prun_pool_opts *opts);

/* The sink needs report_task_tail() to be able to give the last size bytes. */
void sink_want_tail(struct sink_context *c, size_t size);

/* Is fd a terminal to draw on?  If $CI is set, it is not: what it shows becomes a log. */
bool sink_may_draw(int fd);

/* The sink's own bytes in the task. */
static inline void *
sink_task_memory(const struct sink *s, struct report_task *task)
{
	return task->memory + s->memory;
}

/* To be called before and after a sink writes to the terminal by itself. */
void sink_message(const struct sink *s, bool begin);

/* "OPTION: PATH: why" on stderr.  Returns error. */
int sink_warn(const struct sink *s, int error, const char *option,
    const char *path);

/* As sink_warn(), and notes that the report failed: prun will exit with 255. */
void sink_fail(struct sink *s, int error, const char *option, const char *path);

/*
 * All sinks, one row for each: its name, and the function that opens it.  They are told of
 * each event in this order.
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
	/* The last one: it notes a job as done after all others have. */ \
	ROW(joblog, joblog_sink)

#define SINK_PROTOTYPE(name, open) sink_open_fn open;
SINKS(SINK_PROTOTYPE)
#undef SINK_PROTOTYPE

#endif
