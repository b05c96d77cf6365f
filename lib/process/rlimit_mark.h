/* SPDX-License-Identifier: ISC */

/*
 * The rlimit mark: a number by which a job's processes are known when they have
 * cleared their environment.  It is their soft limit of file locks, which is inherited
 * whatever a process does, which anybody may read, and which no Linux since 2.4.25
 * looks at.
 */
#ifndef PROCESS_RLIMIT_MARK_H
#define PROCESS_RLIMIT_MARK_H

#include <stdbool.h>
#include <stdint.h>

/* The limit for a job by its mark, "RUN.NUMBER". */
uint64_t rlimit_mark_of(const char *mark);

/* Is that limit a mark, or free for one: nobody has set it?  Async-signal-safe. */
bool rlimit_mark_is_free(uint64_t limit);

/* Is that limit the mark's?  A mark without a '.' stands for all jobs of the run. */
bool rlimit_mark_match(uint64_t limit, const char *mark);

#endif
