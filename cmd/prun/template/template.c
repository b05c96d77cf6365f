/* SPDX-License-Identifier: ISC */

/*
 * Parses texts into segments and words, and says how long values make the line of a job
 * before the line is made: see template.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/shell.h"
#include "template/template.h"

void
template_fini(struct template *t)
{
	size_t i;

	for (i = 0; i < t->nsegments; i++)
		rewrite_fini(&t->segments[i].rewrite);
	free(t->segments);
	free(t->words);
	bytes_fini(&t->source);
	bytes_fini(&t->out);
	bytes_fini(&t->raw);
	*t = (struct template){ 0 };
}

static int
open_word(struct template *t, enum word_kind kind)
{
	struct word *words, *last = t->nwords ? &t->words[t->nwords - 1] : NULL;

	if (last != NULL && last->kind == kind)
		return 0;
	if (last != NULL)
		last->glued = kind != WORD_BLANK && last->kind != WORD_BLANK;
	words = reallocarray(t->words, t->nwords + 1, sizeof *words);
	if (words == NULL)
		return -ENOMEM;
	t->words = words;
	t->words[t->nwords] = (struct word){ .kind = kind };
	t->words[t->nwords++].first = t->nsegments;
	return 0;
}

static int
add_segment(struct template *t, struct segment segment)
{
	struct segment *segments;
	struct word *word = &t->words[t->nwords - 1];

	segments = reallocarray(t->segments, t->nsegments + 1,
	    sizeof *segments);
	if (segments == NULL)
		return -ENOMEM;
	t->segments = segments;
	t->segments[t->nsegments++] = segment;
	word->count++;
	word->repeat |= segment.is_value && segment.position == 0 &&
	    segment.rewrite.origin == REWRITE_VALUE;
	word->positional |= segment.is_value && segment.position != 0;
	return 0;
}

/* Adds literal bytes.  They extend the literal before them, if it is in the same word. */
static int
add_literal(struct template *t, struct text text, enum word_kind kind)
{
	struct segment *last;
	size_t begin = t->source.len;
	int r;

	if (text.len == 0)
		return 0;
	if ((r = open_word(t, kind)) < 0 ||
	    (r = bytes_add_text(&t->source, text)) < 0)
		return r;
	last = t->words[t->nwords - 1].count ? &t->segments[t->nsegments - 1] :
					       NULL;
	if (last != NULL && !last->is_value &&
	    last->begin + last->len == begin) {
		last->len += text.len;
		return 0;
	}
	return add_segment(t,
	    (struct segment){ .begin = begin, .len = text.len });
}

static int
add_value(struct template *t, long position, const struct rewrite *rewrite)
{
	int r;

	if ((r = open_word(t, WORD_PLAIN)) < 0)
		return r;
	t->has_values = true;
	t->needs_total |= rewrite->origin == REWRITE_TOTAL ||
	    rewrite->origin == REWRITE_PADDED_SEQUENCE || rewrite->total;
	t->needs_slot |= rewrite->origin == REWRITE_SLOT ||
	    rewrite->origin == REWRITE_PADDED_SLOT || rewrite->perl > 0;
	return add_segment(t,
	    (struct segment){ .is_value = true,
		.position = position,
		.rewrite = *rewrite });
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Adds literal bytes, of which the blanks become words of the kind `blanks`. */
static int
add_run(struct template *t, struct text run, enum word_kind blanks)
{
	size_t end;
	int r = 0;

	while (r == 0 && run.len > 0) {
		bool blank = is_blank(*run.data);

		for (end = 1;
		     end < run.len && is_blank(run.data[end]) == blank;)
			end++;
		r = add_literal(t, (struct text){ run.data, end },
		    blank ? blanks : WORD_PLAIN);
		run.data += end;
		run.len -= end;
	}
	return r;
}

static int
add_parsed(struct template *t, struct placeholders *s, struct text text,
    enum word_kind blanks, struct message *m)
{
	size_t at, from = 0, len;
	struct rewrite rewrite;
	long position;
	int r;

	for (at = 0; at < text.len;) {
		rewrite = (struct rewrite){ 0 };
		if ((r = placeholders_find(s, text, at, &len, &position,
			 &rewrite, m)) < 0) {
			rewrite_fini(&rewrite);
			return r;
		}
		if (r == 0) {
			at++;
			continue;
		}
		if (add_run(t, (struct text){ text.data + from, at - from },
			blanks) < 0 ||
		    add_value(t, position, &rewrite) < 0) {
			rewrite_fini(&rewrite);
			return message_errno(m, -ENOMEM, "command");
		}
		from = at += len;
	}
	if (add_run(t, (struct text){ text.data + from, at - from }, blanks) <
	    0)
		return message_errno(m, -ENOMEM, "command");
	return 0;
}

int
template_add_text(struct template *t, struct placeholders *s, struct text text,
    struct message *m)
{
	return add_parsed(t, s, text, WORD_BLANK, m);
}

int
template_add_word(struct template *t, struct placeholders *s, struct text word,
    struct message *m)
{
	/* open_word() is called first, so that an empty text becomes a word too. */
	if ((t->nwords > 0 && add_literal(t, text_of(" "), WORD_BLANK) < 0) ||
	    open_word(t, WORD_PLAIN) < 0)
		return message_errno(m, -ENOMEM, "command");
	return add_parsed(t, s, word, WORD_QUOTED_BLANK, m);
}

int
template_add_all(struct template *t)
{
	struct rewrite rewrite = { 0 };

	if (t->nwords > 0 && add_literal(t, text_of(" "), WORD_BLANK) < 0)
		return -ENOMEM;
	return add_value(t, 0, &rewrite);
}

bool
template_begins_with_value(const struct template *t)
{
	return t->nsegments > 0 && t->segments[0].is_value;
}

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
