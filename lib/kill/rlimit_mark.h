/* SPDX-License-Identifier: ISC */

/*
 * What shows that a process is a job's, whoever its parents are: the token in its
 * environment (see proc_token.h) or, where that was cleared, the brand: a soft limit
 * of file locks, which is inherited whatever a process does, which anybody may
 * read, and which no Linux since 2.4.25 looks at.
 */
#ifndef KILL_RLIMIT_MARK_H
#define KILL_RLIMIT_MARK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "kill/job_mark.h"

/* The limit for a job by its token, "RUN.NUMBER". */
uint64_t proc_brand_of(const char *token);

/* Is that limit a brand, or free for one: nobody has set it? */
bool proc_brand_is_ours(uint64_t limit);

struct proc_brand {
	char token[PROC_TOKEN_SIZE]; /* empty: none */
	uint64_t limit; /* 0: none, or no brand */
};

/* Nothing is found where nothing can be read.  Async-signal-safe. */
void proc_brand_read(pid_t pid, struct proc_brand *brand);

/* A token without a '.' stands for the whole run: see proc_token_match(). */
bool proc_brand_match(const struct proc_brand *brand, const char *token);

#endif
