/* SPDX-License-Identifier: ISC */

/*
 * The rlimit mark: a number by which the processes of a job are recognized even if
 * they have cleared their environment.  It is in the limit of file locks
 * (RLIMIT_LOCKS): a child inherits that limit in any case, anybody may read it, and
 * Linux has not used it since 2.4.25.
 *
 * A run within a job leaves the mark of that job as it is and adds its own, up to
 * three runs deep: the outermost run writes the soft limit.  The two runs within it
 * write the hard limit, and each can only lower it.  Deeper runs add no mark.
 */
#ifndef PROCESS_RLIMIT_MARK_H
#define PROCESS_RLIMIT_MARK_H

#include <sys/resource.h>

#include <stdbool.h>
#include <stdint.h>

/* The number that stands for the job mark "RUN.NUMBER", for rlimit_mark_set(). */
uint64_t rlimit_mark_of(const char *mark);

/*
 * Change the limit of the process that starts a job into the limit of the job.  It
 * is not changed if the user has set it, or if it has no room for another mark.
 * Async-signal-safe.
 */
void rlimit_mark_set(struct rlimit *limit, uint64_t number);

/*
 * Did a process with this limit get the mark from a runner whose own limit is
 * runner? A mark without a '.' stands for all jobs of the run.
 */
bool rlimit_mark_match(const struct rlimit *limit, const struct rlimit *runner,
    const char *mark);

#endif
