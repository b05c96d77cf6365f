/* SPDX-License-Identifier: ISC */

/*
 * The mark by which prun finds all processes of a job, whoever their parents are: the
 * variable PRUN_JOB_ID in their environment.  Its value is a list of marks separated by
 * '/', from the outermost run to the innermost.  A process that has cleared its
 * environment still has the rlimit mark (process/rlimit_mark.h).
 */
#ifndef KILL_JOB_MARK_H
#define KILL_JOB_MARK_H

#include <sys/types.h>
#include <sys/resource.h>

#include <stdbool.h>
#include <stddef.h>

#define JOB_MARK_NAME "PRUN_JOB_ID"
#define JOB_MARK_SIZE \
	4096 /* enough for a hundred runs, each within the other */

/*
 * Read the value of the first PRUN_JOB_ID from fd, which has the form of
 * /proc/PID/environ; the value is NUL-terminated and cut at size.  Returns the
 * length of the value, 0 when fd has no PRUN_JOB_ID, or -errno.  Async-signal-safe.
 */
int job_mark_find(int fd, char *value, size_t size);

/*
 * Does that value contain the mark?  The value must have an element that is equal to
 * the mark, or that goes on with a '.' where the mark ends: "r1" matches "r1", "r1.7"
 * and "r0.3/r1.7", but not "r12".  An empty mark matches nothing.
 */
bool job_mark_match(const char *value, const char *mark);

/* All marks of one process, and the limit of the process that asks. */
struct job_marks {
	/* The value of PRUN_JOB_ID; empty: it has none. */
	char environment[JOB_MARK_SIZE];
	struct rlimit limit; /* its limit of file locks; 0, 0: unknown */
	struct rlimit runner; /* the caller's own limit of file locks */
};

/*
 * Read the marks of a process.  A mark that cannot be read counts as none.
 * Async-signal-safe.
 */
void job_marks_read(pid_t pid, struct job_marks *marks);

/*
 * Does the process carry the mark of a job that the calling process has started?  A
 * mark without a '.' stands for all jobs of the run: see job_mark_match().
 */
bool job_marks_match(const struct job_marks *marks, const char *mark);

#endif
