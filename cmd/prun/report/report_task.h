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
	/* The caller's own: no report sets or reads these. */
	void *owner;
	TAILQ_ENTRY(report_task) live;
	uint64_t id; /* the pool's */
	bool still; /* suspended for want of memory */
	bool paused; /* suspended by a user */
	unsigned weight; /* the slots that it counts for; 0: 1 */
	double since; /* when it was started, with --control */
	unsigned tries; /* the most it may have; 0: any number */
	bool settled; /* its last try has been told of: see sink_ops.last_try */
	bool admitted; /* the limits count it: it runs */
	bool once; /* it has one try, as its input cannot be read twice */
	char *made; /* its folder of --workdir ..., to be removed; NULL: none */
	char *input; /* what is written to its stdin; NULL: not the task's */
	char *temporary; /* --cat: a file to be removed; NULL: none */
	/* --template with --cleanup: see template_files_remove(); NULL: none */
	char *templates;
	void *fifo; /* --fifo: what writes to it; NULL: none */
	bool input_lost; /* the FIFO had less than the block */
	void *lane; /* what feeds its stdin; NULL: nothing does */
	void *host; /* where it runs; NULL: there are no hosts */
	const char *host_name; /* the same, for people; NULL: this machine */
	unsigned host_weight; /* that it has on its host */
	char *host_groups; /* where it may run; NULL: anywhere */
	uint64_t
	    failed_on; /* numbers of hosts, modulo 64, that it is to avoid */
	bool host_kept; /* its host keeps a place for its next try */
	bool ahead; /* it was sent to its host before it had a slot */
	void *recalled_for; /* the host that has a place for it; NULL: none */

	TAILQ_ENTRY(report_task) entry; /* in a list of the report */
	uint64_t seq;
	/* The command, as it is told to people; NUL-terminated. */
	struct bytes line;
	unsigned slot; /* the slot of its first try */
	/* Where a sink wants them (sink_context.keep_values): its values. */
	struct texts values;
	struct bytes value_bytes; /* the bytes of the values */
	size_t *ends, nends; /* command_job.ends and ntuples */

	/*
	 * Files that hold what it writes to stdout and stderr, opened by a sink;
	 * fd -1: none.  The path is the sink's.
	 */
	struct report_file {
		int fd;
		const char *path;
	} file[2];

	uint64_t sent; /* bytes given to its stdin */
	uint64_t
	    received; /* bytes that it wrote to stdout, once it has ended */
	/* How its last try that was a failure ended; empty: there was none. */
	char failure[OUTCOME_SIZE];
	enum outcome failure_kind; /* how that try ended */
	bool ended; /* it has had its last try */
	bool cut; /* the end of the run has cut it short */
	/* What each sink keeps of it: see sink_task_memory(). */
	_Alignas(max_align_t) char memory[];
};

/* Has it succeeded, if r says so, after a try that failed? */
bool report_task_is_flaky(const struct report_task *task,
    const struct prun_result *r);

/* Forget what a try has written to its files. */
void report_task_empty_files(struct report_task *task);

/* Keeps the values in task->values, and ends.  0 or -ENOMEM. */
struct command_job;
int report_task_keep_values(struct report_task *task,
    const struct command_job *job);

/*
 * The last bytes that its last try wrote to stdout and stderr, at most size of them.
 * They are lent by the result, or were read from its files into buffer, which has room
 * for size bytes.
 */
struct text report_task_tail(const struct report_task *task,
    const struct prun_result *r, char *buffer, size_t size);

/*
 * The last bytes of its file 0 or 1, at most size of them, and how many it holds in all.
 * -1: there is no such file.
 */
ssize_t report_task_file_tail(const struct report_task *task, int i,
    char *buffer, size_t size, uint64_t *written);

/* It has ended: its files say how much it wrote, and are closed. */
void report_task_close_files(struct report_task *task);

#endif
