/* SPDX-License-Identifier: ISC */

/*
 * Owns how long values make the line of a job, before the line is made: see template_cost()
 * in template.h.
 */
#include "template/shell.h"
#include "template/template.h"

/* How many bytes value number `at` of the tuple adds to the line. */
static size_t
value_cost(struct template *t, struct segment *segment,
    const struct command_job *tuple, size_t at)
{
	struct perl_answer answer;
	struct message ignored;

	/* The error is ignored here, because the expansion of the job will report it. */
	if (template_rewrite(t, &segment->rewrite, tuple, at, &answer,
		&ignored) != 0)
		return 0;
	if (t->unquoted || answer.unquoted)
		return answer.value.len;
	return quote_length(answer.value, t->shell);
}

/*
 * How many bytes {1} or {-1} adds to the line when value number index (from 0) is added to
 * the job.  {1} adds bytes with value 1, and in a repeated word once more with each later
 * value.  Nobody knows yet which value {-1} will get: the longest so far is counted.
 */
static size_t
position_cost(struct template *t, struct segment *segment,
    const struct command_job *tuple, size_t at, size_t index, bool repeated)
{
	size_t before = segment->cost;

	if (index == 0)
		before = segment->cost = 0;
	if (segment->position == (long)index + 1) {
		segment->cost = value_cost(t, segment, tuple, at);
		return repeated ? segment->cost * (index + 1) : segment->cost;
	}
	if (segment->position < 0) {
		segment->cost = value_cost(t, segment, tuple, at);
		if (segment->cost < before)
			segment->cost = before;
		return segment->cost - before;
	}
	return repeated ? segment->cost : 0;
}

static size_t
word_cost(struct template *t, const struct word *word,
    const struct command_job *tuple, size_t at, size_t index)
{
	bool repeated = t->context && word->repeat;
	size_t i, cost = repeated && index > 0;

	for (i = 0; i < word->count; i++) {
		struct segment *segment = &t->segments[word->first + i];

		if (!segment->is_value)
			cost += repeated ? segment->len : 0;
		else if (segment->rewrite.origin != REWRITE_VALUE)
			cost += repeated;
		else if (segment->position == 0)
			cost += value_cost(t, segment, tuple, at) +
			    (!repeated && index > 0);
		else
			cost += position_cost(t, segment, tuple, at, index,
			    repeated);
	}
	return cost;
}

size_t
template_cost(struct template *t, const struct text *values, size_t n,
    size_t first)
{
	const struct command_job tuple = { .values = values, .nvalues = n };
	size_t i, w, cost = 0;

	for (i = 0; i < n; i++)
		for (w = 0; w < t->nwords; w++)
			if (t->words[w].kind == WORD_PLAIN)
				cost += word_cost(t, &t->words[w], &tuple, i,
				    first + i);
	return cost;
}
