/* SPDX-License-Identifier: ISC */

/*
 * The rlimit mark: numbers by which a job's processes are known when they have cleared
 * their environment.  They stand in the limit of file locks (RLIMIT_LOCKS), which is
 * inherited whatever a process does, which anybody may read, and which no Linux since
 * 2.4.25 looks at.
 *
 * A run within a job leaves the mark of that job as it is and adds its own, three runs
 * deep: the outermost one writes the soft limit, the two within it the hard limit, of
 * which each may only be lowered.  Deeper runs add none.
 */
#ifndef PROCESS_RLIMIT_MARK_H
#define PROCESS_RLIMIT_MARK_H

#include <sys/resource.h>

#include <stdbool.h>
#include <stdint.h>

/* What the job mark "RUN.NUMBER" is as a number: for rlimit_mark_set(). */
uint64_t rlimit_mark_of(const char *mark);

/*
 * From the limit of the process that starts a job to that of the job.  Left as it is
 * where it is the user's own, or has no room.  Async-signal-safe.
 */
void rlimit_mark_set(struct rlimit *limit, uint64_t number);

/*
 * Has a process with that limit got the mark from a runner whose own limit is runner?
 * A mark without a '.' stands for all jobs of the run.
 */
bool rlimit_mark_match(const struct rlimit *limit, const struct rlimit *runner,
    const char *mark);

#endif
