/* SPDX-License-Identifier: ISC */

/*
 * Owns what follows from how a try ended and how long it took: which jobs are tried again
 * (--retries and the like), the median of run times (--timeout N%), and the delay that
 * grows with failures (--delay auto).  Times are counted in classes, so that ten million
 * jobs need no more memory than ten.  Starts nothing.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "policy/retry.h"

/* A delay that is doubled again and again stops growing here. */
#define LONGEST 3600.0

static bool
parse_status(struct text word, struct retry_rule *rule)
{
	static const char name[] = "status=";
	const size_t skip = sizeof(name) - 1;
	long status;

	if (!text_begins(word, name) || word.len == skip ||
	    word.len > skip + 3 ||
	    strspn(word.data + skip, "0123456789") != word.len - skip)
		return false;
	status = strtol(word.data + skip, NULL, 10);
	if (status < 1 || status > 255)
		return false;
	rule->status[status / 64] |= UINT64_C(1) << (status % 64);
	return true;
}

int
retry_parse_on(const char *value, struct retry_rule *rule, struct message *m)
{
	struct text word;

	rule->chosen = true;
	for (const char *s = value;; s += word.len + 1) {
		word = (struct text){ s, strcspn(s, ",") };
		if (text_equals(word, "fail"))
			rule->fail = true;
		else if (text_equals(word, "timeout"))
			rule->timeout = true;
		else if (text_equals(word, "signal"))
			rule->signal = true;
		else if (!parse_status(word, rule))
			return message_set(m, -EINVAL,
			    "--retry-on %s: '%.*s' is none of fail, timeout, signal and status=1..255",
			    value, (int)word.len, s);
		if (s[word.len] == '\0')
			return 0;
	}
}

static bool
is_chosen(const struct retry_rule *rule, const struct prun_result *r)
{
	if (r->flags & PRUN_RESULT_TIMED_OUT)
		return rule->timeout || rule->fail;
	if (r->signal != 0)
		return rule->signal || rule->fail;
	return rule->fail ||
	    rule->status[r->status / 64] >> (r->status % 64) & 1;
}

double
retry_after(const struct retry_rule *rule, const struct prun_result *r)
{
	double delay = rule->delay;

	if (r->status == 0 && !(r->flags & PRUN_RESULT_TIMED_OUT))
		return -1;
	if (!rule->set || (rule->tries != 0 && r->tries >= rule->tries))
		return -1;
	/*
	 * A job that was killed to free memory is tried again even if --retry-on does not
	 * name that.
	 */
	if (rule->chosen && !(r->flags & PRUN_RESULT_TERMINATED) &&
	    !is_chosen(rule, r))
		return -1;
	for (unsigned i = 1; rule->factor > 1 && i < r->tries; i++) {
		delay *= rule->factor;
		if (delay > LONGEST)
			return rule->delay > LONGEST ? rule->delay : LONGEST;
	}
	return delay;
}

#define PER_OCTAVE 64
#define SHORTEST 1e-6
#define LEAST_DELAY 0.01 /* seconds: the delay after the first failure */
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
	/* The mantissa is at least 0.5 and less than 1. */
	mantissa = frexp(seconds / SHORTEST, &octave);
	n = (size_t)(octave - 1) * PER_OCTAVE +
	    (size_t)((mantissa - 0.5) * 2 * PER_OCTAVE);
	return n < PACE_CLASSES ? n : PACE_CLASSES - 1;
}

/* Returns, in seconds, the upper end of the class in which the median lies. */
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
