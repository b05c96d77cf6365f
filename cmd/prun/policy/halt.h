/* SPDX-License-Identifier: ISC */

/* --halt: when a run is to give up, and the exit status that follows from it. */
#ifndef POLICY_HALT_H
#define POLICY_HALT_H

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

enum halt_when {
	HALT_NEVER = 0,
	HALT_SOON, /* start no more */
	HALT_NOW, /* and kill what runs */
};

enum halt_why {
	HALT_FAIL = 0,
	HALT_SUCCESS,
	HALT_DONE,
};

/* All zero: never. */
struct halt_rule {
	enum halt_when when;
	enum halt_why why;
	bool percent; /* limit is a percentage of all jobs */
	double limit;
};

struct halt {
	struct halt_rule rule;
	uint64_t failed, succeeded;
	int first_status; /* of the first job that failed */
	int done_status; /* of the first job, failed or not */
	bool tripped;
};

/* "now,fail=3%", "never", "2", ...: 0 or -EINVAL with a message. */
int halt_parse(const char *value, struct halt_rule *rule, struct message *m);

/* Does it need to know how many jobs there will be? */
bool halt_needs_total(const struct halt_rule *rule);

/*
 * One job has had its last try.  total: of all jobs, 0: not known.  True when
 * it is one of those that the rule counts: halt_verb() tells how it is named.
 */
bool halt_add(struct halt *h, const struct prun_result *r, uint64_t total);

/* It is run once more, by hand: how it has ended does not count any more. */
void halt_take_back(struct halt *h, const struct prun_result *r);

/* "failed", "succeeded", "finished" */
const char *halt_verb(const struct halt *h);

/*
 * The exit status of the run; failed is the status that the failed jobs
 * make without --halt, and total as above.
 */
int halt_status(const struct halt *h, int failed, uint64_t total);

#endif
