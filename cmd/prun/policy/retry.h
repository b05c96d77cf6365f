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

/* All zero means that a job is tried once. */
struct retry_rule {
	bool set; /* --retries was given */
	unsigned tries; /* how many tries a job has; 0 means any number */
	double delay; /* the seconds before the second try */
	/* each delay is so many times the one before; 0 means 1 */
	double factor;
	/*
	 * --retry-on was given: a job is tried again only if it ended in one of the ways
	 * below.
	 */
	bool chosen;
	bool fail, timeout, signal;
	uint64_t status[4]; /* a bit for each exit status */
};

/*
 * Parses "fail", "timeout", "signal" and "status=75", with commas between.  Returns 0, or
 * -EINVAL with a message.
 */
int retry_parse_on(const char *value, struct retry_rule *rule,
    struct message *m);

/* How many seconds later the next try begins; negative if there is none. */
double retry_after(const struct retry_rule *rule, const struct prun_result *r);

/* What follows from how long jobs took and how they ended: --timeout N%, --delay auto. */

/* Times from a microsecond to some years: 64 classes between each time and its double. */
#define PACE_CLASSES 3072

struct pace {
	/* The owner sets these. */
	double timeout_percent; /* per cent of the median; 0 if not wanted */
	double delay; /* the seconds from one start to the next */
	bool delay_auto;

	double timeout; /* in seconds; 0 while too few jobs have succeeded */
	uint64_t succeeded;
	/* how many times fell into each class; NULL if not wanted */
	uint64_t *classes;
};

/* Returns 0 or -ENOMEM. */
int pace_init(struct pace *p);
void pace_fini(struct pace *p);

/* Adds the result of a try.  This may change delay and timeout. */
void pace_add(struct pace *p, const struct prun_result *r);

#endif
