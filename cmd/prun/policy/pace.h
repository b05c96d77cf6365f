/* SPDX-License-Identifier: ISC */

/*
 * What follows from how long jobs took and how they ended: --timeout N%,
 * --delay auto.
 */
#ifndef POLICY_PACE_H
#define POLICY_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"

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
