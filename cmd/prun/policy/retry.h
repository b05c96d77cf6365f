/* SPDX-License-Identifier: ISC */

/*
 * What follows from how a try ended and how long it took: whether the job is tried again,
 * and when (--retries, --retry-delay, --retry-on), --timeout N%, --delay auto.
 */
#ifndef POLICY_RETRY_H
#define POLICY_RETRY_H

#include <stdbool.h>
#include <stddef.h>
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

/*
 * What follows from how long jobs took and how they ended: --timeout N%,
 * --delay auto.
 */

/* Times from a microsecond to some years, 64 classes from each to its double. */
#define PACE_CLASSES 3072

struct pace {
	/* Set by the owner. */
	double timeout_percent; /* of the median; 0: none */
	double delay; /* seconds from start to start */
	bool delay_auto;

	double timeout; /* seconds; 0: too few jobs have succeeded yet */
	uint64_t succeeded;
	uint64_t *
	    classes; /* how many times fell into each class; NULL: not wanted */
};

/* 0 or -ENOMEM. */
int pace_init(struct pace *p);
void pace_fini(struct pace *p);

/* Adds the result of a try; delay and timeout may change. */
void pace_add(struct pace *p, const struct prun_result *r);

#endif
