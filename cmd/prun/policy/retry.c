/* SPDX-License-Identifier: ISC */

/* Owns the choice of what is tried again.  Starts nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/retry.h"

/* A delay that doubles does not grow for ever. */
#define LONGEST 3600.0

static bool
is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncmp(text, word, len) == 0;
}

static bool
parse_status(const char *text, size_t len, struct retry_rule *rule)
{
	static const char name[] = "status=";
	const size_t skip = sizeof(name) - 1;
	char digits[4];
	long status;

	if (len <= skip || len - skip >= sizeof(digits) ||
	    strncmp(text, name, skip) != 0)
		return false;
	memcpy(digits, text + skip, len - skip);
	digits[len - skip] = '\0';
	status = strtol(digits, NULL, 10);
	if (strspn(digits, "0123456789") != len - skip || status < 1 ||
	    status > 255)
		return false;
	rule->status[status / 64] |= UINT64_C(1) << (status % 64);
	return true;
}

int
retry_parse_on(const char *value, struct retry_rule *rule, struct message *m)
{
	const char *s = value;
	size_t len;

	rule->chosen = true;
	for (;; s += len + 1) {
		len = strcspn(s, ",");
		if (is_word(s, len, "fail"))
			rule->fail = true;
		else if (is_word(s, len, "timeout"))
			rule->timeout = true;
		else if (is_word(s, len, "signal"))
			rule->signal = true;
		else if (!parse_status(s, len, rule))
			return message_set(m, -EINVAL,
			    "--retry-on %s: '%.*s' is none of fail, timeout, signal and status=1..255",
			    value, (int)len, s);
		if (s[len] == '\0')
			return 0;
	}
}

static bool
is_chosen(const struct retry_rule *rule, const struct prun_result *r)
{
	if (r->flags & PRUN_TIMED_OUT)
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

	if (r->status == 0 && !(r->flags & PRUN_TIMED_OUT))
		return -1;
	if (!rule->set || (rule->tries != 0 && r->tries >= rule->tries))
		return -1;
	/* Killed to make room for others: that is no choice of the user's. */
	if (rule->chosen && !(r->flags & PRUN_TERMINATED) &&
	    !is_chosen(rule, r))
		return -1;
	for (unsigned i = 1; rule->factor > 1 && i < r->tries; i++) {
		delay *= rule->factor;
		if (delay > LONGEST)
			return rule->delay > LONGEST ? rule->delay : LONGEST;
	}
	return delay;
}
