/* SPDX-License-Identifier: ISC */

/*
 * --rlimit: resource limits of jobs, by the names that setrlimit(2) has for
 * them.
 */
#ifndef POLICY_RLIMITS_H
#define POLICY_RLIMITS_H

#include <stddef.h>

#include "prun.h"
#include "text/text.h"

#define RLIMITS_MAX 16

/* All zero: none. */
struct rlimits {
	struct prun_rlimit list[RLIMITS_MAX];
	size_t n;
};

/*
 * "cpu=10,as=2G,nofile=64:128,core=unlimited": soft and hard at once, or with a
 * colon between.  Adds to what is there; the later wins.  -EINVAL with a message.
 */
int rlimits_parse(const char *value, struct rlimits *rl, struct message *m);

#endif
