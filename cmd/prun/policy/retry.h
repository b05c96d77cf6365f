/* SPDX-License-Identifier: ISC */

/*
 * --retries, --retry-delay and --retry-on: whether a job is tried again, and
 * when.
 */
#ifndef POLICY_RETRY_H
#define POLICY_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

/* All zero: a job is tried once. */
struct retry_rule {
	bool set; /* --retries was given */
	unsigned tries; /* 0: for ever */
	double delay; /* seconds before the second try */
	double factor; /* from one delay to the next; 0: 1 */
	/* --retry-on was given: only what follows is tried again. */
	bool chosen;
	bool fail, timeout, signal;
	uint64_t status[4]; /* a bit for each exit status */
};

/*
 * "fail", "timeout", "signal", "status=75": with commas between.  -EINVAL:
 * message.
 */
int retry_parse_on(const char *value, struct retry_rule *rule,
    struct message *m);

/* Seconds until the next try, negative: there is none. */
double retry_after(const struct retry_rule *rule, const struct prun_result *r);

#endif
