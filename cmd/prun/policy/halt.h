/* SPDX-License-Identifier: ISC */

/* --halt: when a run gives up, and which exit status follows from that. */
#ifndef POLICY_HALT_H
#define POLICY_HALT_H

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

enum halt_when {
	HALT_NEVER = 0,
	HALT_SOON, /* no more jobs start */
	HALT_NOW, /* and the running jobs are killed */
};

enum halt_why {
	HALT_FAIL = 0,
	HALT_SUCCESS,
	HALT_DONE,
};

/* All zero means that the run never gives up. */
struct halt_rule {
	enum halt_when when;
	enum halt_why why;
	bool percent; /* limit is a percentage of all jobs */
	double limit;
};

struct halt {
	struct halt_rule rule;
	uint64_t failed, succeeded;
	int first_status; /* the status of the first job that failed */
	/* the status of the first job that ended, failed or not */
	int done_status;
	bool tripped;
};

/*
 * Parses "now,fail=3%", "never", "2" and the like.  Returns 0, or -EINVAL with a message.
 */
int halt_parse(const char *value, struct halt_rule *rule, struct message *m);

/* Must the rule know how many jobs there will be? */
bool halt_needs_total(const struct halt_rule *rule);

/*
 * Tell that a job has had its last try.  total is the number of all jobs; 0 if it is not
 * known.  Returns true if the rule counts this job: halt_verb() says what it has done.
 */
bool halt_add(struct halt *h, const struct prun_result *r, uint64_t total);

/*
 * Tell that a client runs a job once more that has ended with the result r: that end does
 * not count any more.
 */
void halt_take_back(struct halt *h, const struct prun_result *r);

/* Which jobs the rule counts: those that have "failed", "succeeded" or "finished". */
const char *halt_verb(const struct halt *h);

/*
 * Returns the exit status of the run.  failed is the status that follows from the failed
 * jobs without --halt; total means the same as for halt_add().
 */
int halt_status(const struct halt *h, int failed, uint64_t total);

#endif
