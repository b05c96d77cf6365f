/* SPDX-License-Identifier: ISC */

/* Owns the grammar of kill sequences.  Touches nothing but its arguments. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/proc.h"
#include "kill/terminate.h"

#define NS_PER_MS INT64_C(1000000)
#define LAST_WAIT 25
#define LONGEST_WAIT 86400000 /* a day, in milliseconds */

static int
parse_wait(const char *text, size_t len, int64_t *ns)
{
	int64_t ms = 0;

	if (len == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		ms = ms * 10 + (text[i] - '0');
		if (ms > LONGEST_WAIT)
			return -EINVAL;
	}
	*ns = ms * NS_PER_MS;
	return 0;
}

int
termseq_parse(const char *text, struct termseq *seq)
{
	struct termseq_step *step;
	size_t len;
	bool last;

	for (seq->n = 0; seq->n < TERMSEQ_STEPS;) {
		step = &seq->step[seq->n++];
		len = strcspn(text, ",");
		step->sig = status_signal(text, len);
		step->wait = LAST_WAIT * NS_PER_MS;
		if (step->sig == 0)
			return -EINVAL;
		if (text[len] == '\0')
			return 0;
		text += len + 1;
		len = strcspn(text, ",");
		last = text[len] == '\0';
		if (parse_wait(text, len, &step->wait) != 0)
			return -EINVAL;
		if (last)
			return 0;
		text += len + 1;
	}
	return -EINVAL;
}
