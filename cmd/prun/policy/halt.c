/* SPDX-License-Identifier: ISC */

/* Owns the syntax and the counting of --halt.  Kills no job and prints nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/halt.h"

#define DIGITS "0123456789"
#define TIMED_OUT_STATUS 255

static const char *const whys[] = {
	[HALT_FAIL] = "fail",
	[HALT_SUCCESS] = "success",
	[HALT_DONE] = "done",
};

/* Parses the short values of older versions of GNU parallel: 0, 1, 2, -1, -2 and N%. */
static bool
parse_old(const char *value, struct halt_rule *rule)
{
	static const struct {
		const char *name;
		struct halt_rule rule;
	} old[] = {
		{ "never", { 0 } },
		{ "0", { 0 } },
		{ "1", { HALT_SOON, HALT_FAIL, false, 1 } },
		{ "2", { HALT_NOW, HALT_FAIL, false, 1 } },
		{ "-1", { HALT_SOON, HALT_SUCCESS, false, 1 } },
		{ "-2", { HALT_NOW, HALT_SUCCESS, false, 1 } },
	};

	size_t digits = strspn(value, DIGITS);

	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		if (strcmp(value, old[i].name) == 0) {
			*rule = old[i].rule;
			return true;
		}
	}
	if (digits == 0 || digits > 9 || strcmp(value + digits, "%") != 0)
		return false;
	*rule = (struct halt_rule){ HALT_SOON, HALT_FAIL, true,
		strtod(value, NULL) };
	return true;
}

/*
 * Returns the text after "now," or "soon,"; NULL if the value does not begin with one of
 * these.
 */
static const char *
parse_when(const char *value, struct halt_rule *rule)
{
	const struct text word = { value, strcspn(value, ",") };

	if (text_equals(word, "now"))
		rule->when = HALT_NOW;
	else if (text_equals(word, "soon"))
		rule->when = HALT_SOON;
	else
		return NULL;
	return value + word.len + (value[word.len] == ',');
}

static const char *
parse_why(const char *text, struct halt_rule *rule)
{
	const struct text word = { text, strcspn(text, "=") };

	for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++) {
		if (!text_equals(word, whys[i]))
			continue;
		rule->why = (enum halt_why)i;
		return text + word.len + (text[word.len] == '=');
	}
	return NULL;
}

static bool
parse_limit(const char *text, struct halt_rule *rule)
{
	size_t digits = strspn(text, DIGITS);

	if (digits == 0 || digits > 15)
		return false;
	rule->percent = text[digits] == '%';
	rule->limit = strtod(text, NULL);
	return text[digits + rule->percent] == '\0';
}

int
halt_parse(const char *value, struct halt_rule *rule, struct message *m)
{
	const char *why, *limit;
	int when = (int)strcspn(value, ",");

	*rule = (struct halt_rule){ 0 };
	if (parse_old(value, rule) || strncmp(value, "never,", 6) == 0)
		goto check;
	why = parse_when(value, rule);
	if (why == NULL)
		return message_set(m, -EINVAL,
		    "Error: --halt must have 'never', 'soon', or 'now'.");
	limit = parse_why(why, rule);
	if (limit == NULL)
		return message_set(m, -EINVAL,
		    "Error: --halt %.*s must be followed by ,success or ,fail.",
		    when, value);
	if (!parse_limit(limit, rule))
		return message_set(m, -EINVAL,
		    "Error: --halt %.*s,%s must be followed by ,number or ,percent%%.",
		    when, value, whys[rule->why]);
check:
	if (rule->when != HALT_NEVER && rule->limit == 0)
		return message_set(m, -EINVAL,
		    "Error: --halt %s: no job could do more than that.", value);
	return 0;
}

bool
halt_needs_total(const struct halt_rule *rule)
{
	return rule->percent;
}

static uint64_t
halt_count(const struct halt *h)
{
	switch (h->rule.why) {
	case HALT_FAIL:
		return h->failed;
	case HALT_SUCCESS:
		return h->succeeded;
	case HALT_DONE:
		break;
	}
	return h->failed + h->succeeded;
}

static bool
is_reached(const struct halt *h, uint64_t total)
{
	double count = (double)halt_count(h);

	if (h->rule.percent)
		return total > 0 &&
		    count * 100 >= h->rule.limit * (double)total;
	return count >= h->rule.limit;
}

static bool
has_failed(const struct prun_result *r)
{
	return r->status != 0 || r->flags & PRUN_RESULT_TIMED_OUT;
}

void
halt_take_back(struct halt *h, const struct prun_result *r)
{
	if (has_failed(r))
		h->failed--;
	else
		h->succeeded--;
}

bool
halt_add(struct halt *h, const struct prun_result *r, uint64_t total)
{
	const bool failed = has_failed(r);
	int status = r->flags & PRUN_RESULT_TIMED_OUT ? TIMED_OUT_STATUS :
							r->status;

	if (h->failed + h->succeeded == 0)
		h->done_status = status;
	if (failed && h->failed++ == 0)
		h->first_status = status;
	h->succeeded += !failed;
	if (h->rule.when == HALT_NEVER ||
	    (h->rule.why == HALT_FAIL && !failed) ||
	    (h->rule.why == HALT_SUCCESS && failed))
		return false;
	h->tripped = h->tripped || is_reached(h, total);
	return true;
}

const char *
halt_verb(const struct halt *h)
{
	static const char *const verbs[] = {
		[HALT_FAIL] = "failed",
		[HALT_SUCCESS] = "succeeded",
		[HALT_DONE] = "finished",
	};

	return verbs[h->rule.why];
}

int
halt_status(const struct halt *h, int failed, uint64_t total)
{
	if (h->rule.why == HALT_SUCCESS && h->tripped)
		return 0;
	if (h->rule.percent && total > 0)
		return (int)((100 * h->failed + total - 1) / total);
	if (h->rule.why == HALT_FAIL && h->tripped && h->rule.limit == 1)
		return h->first_status;
	if (h->rule.why == HALT_DONE && h->tripped && h->rule.limit == 1)
		return h->done_status;
	return failed;
}
