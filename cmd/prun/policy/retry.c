/* SPDX-License-Identifier: ISC */

/* Owns the choice of what is tried again.  Starts nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/retry.h"

/* A delay that doubles does not grow for ever. */
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
	 * A job that was killed to free memory is tried again whatever
	 * --retry-on says.
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
