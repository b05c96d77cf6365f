/* SPDX-License-Identifier: ISC */

/* --rlimit: the resource limits of jobs, by the names that setrlimit(2) uses. */
#ifndef POLICY_RLIMITS_H
#define POLICY_RLIMITS_H

#include <stddef.h>

#include "prun.h"
#include "text/text.h"

#define RLIMITS_MAX 16

/* All zero means that there are no limits. */
struct rlimits {
	struct prun_rlimit list[RLIMITS_MAX];
	size_t n;
};

/*
 * Parses "cpu=10,as=2G,nofile=64:128,core=unlimited": one value for the soft and the hard
 * limit, or two with a colon between.  Adds to the limits that are there; of two equal
 * names the later one counts.  Returns 0, or -EINVAL with a message.
 */
int rlimits_parse(const char *value, struct rlimits *rl, struct message *m);

#endif
