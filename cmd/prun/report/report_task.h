/* SPDX-License-Identifier: ISC */

/*
 * What the reports remember of one task from its start until its output has been
 * delivered.  report_start() gives it out, and it is what the pool's functions get
 * as the job.
 */
#ifndef REPORT_REPORT_TASK_H
#define REPORT_REPORT_TASK_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "report/outcome.h"
#include "text/text.h"

struct report_task {
	/*
	 * The members up to the next empty line belong to the caller of report_start().
	 * Of them the report sets settled and host_name, and sinks read only host_name.
	 */
	void *owner;
	TAILQ_ENTRY(report_task) live;
	uint64_t id; /* its number in the pool */
	bool still; /* suspended because memory is short */
	bool paused; /* suspended by a user */
	unsigned weight; /* the slots that it counts for; 0: 1 */
	double since; /* when it was started; set only with --control */
	unsigned tries; /* how many tries it may have; 0: any number */
	/* the sinks were told of its last try: sink_ops.last_try */
	bool settled;
	bool admitted; /* it runs, and the limits count it */
	bool once; /* it has one try, because its input cannot be read twice */
	/* the folder of "--workdir ...", to be removed; NULL: none */
	char *made;
	char *input; /* what is written to its stdin; NULL: not the task's */
	char *temporary; /* --cat: a file to be removed; NULL: none */
	/* --template with --cleanup: see template_files_remove(); NULL: none */
	char *templates;
	/* --fifo: the struct fifo_feed that fills the FIFO; NULL: none */
	void *fifo;
	/* not all bytes of the block were written to the FIFO */
	bool input_lost;
	void *lane; /* the lane that feeds its stdin; NULL: none */
	void *host; /* the host that runs it; NULL: there are no hosts */
	const char *host_name; /* that host, for people; NULL: this machine */
	unsigned host_weight; /* the slots of its host that it takes */
	char *host_groups; /* the groups of hosts that may run it; NULL: all */
	struct bytes
	    failed_on; /* a byte for each host; not 0: it has failed there */
	bool host_kept; /* its host keeps a place for its next try */
	bool ahead; /* it was sent to its host before it had a slot */
	/* the host that keeps a slot for it while it is taken back from another; or NULL */
	void *recalled_for;

	TAILQ_ENTRY(report_task) entry; /* its place in a list of report.c */
	uint64_t seq;
	/* The command, as people are shown it; NUL-terminated. */
	struct bytes line;
	unsigned slot; /* the slot of its first try */
	bool
	    halt_counts; /* --halt counts it, and nothing on stderr has said so */
	/* Its values, if a sink wants them (sink_context.keep_values). */
	struct texts values;
	struct bytes value_bytes; /* the bytes of the values */
	size_t *ends, nends; /* command_job.ends and ntuples */

	/*
	 * The files for what it writes to stdout and stderr.  A sink opens them and owns
	 * the path; fd -1: there is no file.
	 */
	struct report_file {
		int fd;
		const char *path;
	} file[2];

	uint64_t sent; /* bytes given to its stdin */
	/* bytes that it wrote to stdout, known when it has ended */
	uint64_t received;
	/* How the latest try that failed ended; empty: no try has failed. */
	char failure[OUTCOME_SIZE];
	enum outcome failure_kind; /* the same, as a kind */
	bool ended; /* it has had its last try */
	bool cut; /* the end of the run has cut it short */
	/* What each sink remembers of the task: see sink_task_memory(). */
	_Alignas(max_align_t) char memory[];
};

/* Is r a success that came after a try that failed? */
bool report_task_is_flaky(const struct report_task *task,
    const struct prun_result *r);

/* Empties the files of the task, so that they hold nothing of the last try. */
void report_task_empty_files(struct report_task *task);

/* Copies the values to task->values, and their ends to task->ends.  0 or -ENOMEM. */
struct command_job;
int report_task_keep_values(struct report_task *task,
    const struct command_job *job);

/*
 * The last bytes that the last try of the task wrote to stdout and stderr, at most size of
 * them.  The bytes are lent by the result, or were read from the task's files into buffer,
 * which has room for size bytes.
 */
struct text report_task_tail(const struct report_task *task,
    const struct prun_result *r, char *buffer, size_t size);

/*
 * Reads the last bytes of the task's file i (0 or 1) into buffer, at most size of them, and
 * sets *written to the size of the file.  Returns how many were read; -1: no such file.
 */
ssize_t report_task_file_tail(const struct report_task *task, int i,
    char *buffer, size_t size, uint64_t *written);

/* To be called when the task has ended: notes how much is in its files, and closes them. */
void report_task_close_files(struct report_task *task);

#endif
