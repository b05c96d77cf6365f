/* SPDX-License-Identifier: ISC */

/*
 * Owns the median of run times (--timeout N%) and the delay that grows with
 * failures (--delay auto).  Times are counted by class, so that ten million
 * jobs need no more memory than ten.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "policy/pace.h"

#define PER_OCTAVE 64
#define SHORTEST 1e-6
#define LEAST_DELAY 0.01 /* seconds, once a job has failed */
/* So many jobs must have succeeded before there is a median. */
#define ENOUGH 3

int
pace_init(struct pace *p)
{
	if (p->timeout_percent == 0)
		return 0;
	p->classes = calloc(PACE_CLASSES, sizeof(*p->classes));
	return p->classes == NULL ? -ENOMEM : 0;
}

void
pace_fini(struct pace *p)
{
	free(p->classes);
	p->classes = NULL;
}

static size_t
class_of(double seconds)
{
	double mantissa;
	int octave;
	size_t n;

	if (seconds <= SHORTEST)
		return 0;
	/* The mantissa is from 0.5 to 1. */
	mantissa = frexp(seconds / SHORTEST, &octave);
	n = (size_t)(octave - 1) * PER_OCTAVE +
	    (size_t)((mantissa - 0.5) * 2 * PER_OCTAVE);
	return n < PACE_CLASSES ? n : PACE_CLASSES - 1;
}

/* The upper end of the class in which the median is, in seconds. */
static double
pace_median(const struct pace *p)
{
	uint64_t seen = 0;
	size_t i;

	for (i = 0; i < PACE_CLASSES - 1; i++) {
		seen += p->classes[i];
		if (seen * 2 >= p->succeeded)
			break;
	}
	i++;
	return ldexp(SHORTEST * (1 + (double)(i % PER_OCTAVE) / PER_OCTAVE),
	    (int)(i / PER_OCTAVE));
}

void
pace_add(struct pace *p, const struct prun_result *r)
{
	bool failed = r->status != 0 || r->flags & PRUN_RESULT_TIMED_OUT;

	if (p->delay_auto && failed && p->delay < LEAST_DELAY)
		p->delay = LEAST_DELAY;
	else if (p->delay_auto)
		p->delay *= failed ? 1.3 : 0.9;
	if (p->classes == NULL || failed)
		return;
	p->classes[class_of(r->elapsed)]++;
	p->succeeded++;
	if (p->succeeded >= ENOUGH)
		p->timeout = pace_median(p) * p->timeout_percent / 100;
}
