/* SPDX-License-Identifier: ISC */

/*
 * Puts values into templates: see template.h.  Most jobs need no new memory, because the
 * buffers of the job before are used again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "template/shell.h"
#include "template/template.h"

/* The state of one expansion. */
struct expansion {
	struct template *t;
	enum expansion_mode mode;
	unsigned slots;
	const struct command_job *job;
	size_t from, to; /* {} stands for values[from, to) of the job */
	bool by_tuple; /* {1} is values[from], not values[0] */
	struct bytes *out; /* gets the bytes of this word: target, or t->raw */
	struct bytes *target; /* gets the whole expansion */
	/* EXPAND_ARGV: the word has a part, even if that is an empty value. */
	bool exists;
	bool skip; /* code in Perl has called skip() */
	size_t nwords;
	struct message *m;
};

static int
end_argument(struct expansion *e)
{
	int r;

	if (!e->exists)
		return 0;
	if ((r = bytes_add_char(e->out, '\0')) == 0) {
		e->nwords++;
		e->exists = false;
	}
	return r;
}

/* -q: quotes the word that t->raw holds so far, and appends it to the target. */
static int
flush_quoted(struct expansion *e)
{
	int r = quote_add(e->target, bytes_text(&e->t->raw), e->t->shell);

	e->t->raw.len = 0;
	return r;
}

/* Adds what stands between two values of one replacement string. */
static int
separate(struct expansion *e)
{
	int r;

	if (e->mode == EXPAND_ARGV)
		return end_argument(e);
	if (!e->t->quoted_words)
		return bytes_add_char(e->out, ' ');
	if ((r = flush_quoted(e)) == 0)
		r = bytes_add_char(e->target, ' ');
	return r;
}

int
template_rewrite(const struct template *t, struct rewrite *rewrite,
    const struct command_job *job, size_t at, struct perl_answer *answer,
    struct message *m)
{
	*answer = (struct perl_answer){ job->values[at], rewrite->unquoted,
		false };
	if (rewrite->perl > 0)
		return t->perl->evaluate(t->perl->arg, rewrite->perl - 1, job,
		    at, answer, m);
	if (rewrite->nsteps == 0)
		return 0;
	return rewrite_apply(rewrite, answer->value, &answer->value, m);
}

static int
add_value(struct expansion *e, struct rewrite *rewrite, size_t at)
{
	struct perl_answer answer;
	int r;

	if ((r = template_rewrite(e->t, rewrite, e->job, at, &answer, e->m)) !=
	    0)
		return r;
	e->exists = true;
	e->skip |= answer.skip;
	if (e->mode == EXPAND_ARGV || e->t->quoted_words || e->t->unquoted ||
	    answer.unquoted)
		r = bytes_add_text(e->out, answer.value);
	else
		r = quote_add(e->out, answer.value, e->t->shell);
	return r < 0 ? message_errno(e->m, r, "command") : 0;
}

static unsigned
digits_of(uint64_t n)
{
	unsigned digits = 1;

	while ((n /= 10) > 0)
		digits++;
	return digits;
}

static int
add_padded(struct expansion *e, uint64_t n, uint64_t most)
{
	unsigned width = digits_of(most), digits = digits_of(n);
	int r = 0;

	for (; digits < width && r == 0; digits++)
		r = bytes_add_char(e->out, '0');
	return r < 0 ? r : bytes_add_number(e->out, n);
}

/*
 * In a command the text is a variable, such as ${PARALLEL_SSHHOST}, which the shell expands
 * when the job runs.  No shell expands a --tagstring: it gets the name of the host itself.
 */
static const char *
fixed_text(const struct expansion *e, const struct rewrite *rewrite)
{
	if (!e->t->unquoted || e->job->host == NULL)
		return rewrite->fixed;
	return strcmp(rewrite->fixed, "${PARALLEL_SSHHOST}") == 0 ?
	    e->job->host :
	    strcmp(rewrite->fixed, "${PARALLEL_SSHLOGIN}") == 0 ?
	    e->job->login :
	    rewrite->fixed;
}

/* Adds a number or a text that belongs to the job, and not to a value. */
static int
add_number(struct expansion *e, const struct rewrite *rewrite)
{
	const struct command_job *job = e->job;

	e->exists = true;
	switch (rewrite->origin) {
	case REWRITE_SEQUENCE:
		return bytes_add_number(e->out, job->seq);
	case REWRITE_SLOT:
		return bytes_add_number(e->out, job->slot);
	case REWRITE_THREADS:
		return bytes_add_number(e->out,
		    job->threads > 0 ? job->threads : 1);
	case REWRITE_TOTAL:
		return bytes_add_number(e->out, job->total);
	case REWRITE_PADDED_SEQUENCE:
		return add_padded(e, job->seq, job->total);
	case REWRITE_PADDED_SLOT:
		return add_padded(e, job->slot, e->slots);
	default:
		return bytes_add_string(e->out, fixed_text(e, rewrite));
	}
}

static int
add_position(struct expansion *e, struct segment *segment)
{
	size_t begin = e->by_tuple ? e->from : 0;
	size_t count = (e->by_tuple ? e->to : e->job->nvalues) - begin, at;

	if (segment->position > 0)
		at = (size_t)segment->position - 1;
	else if ((size_t)-segment->position <= count)
		at = count - (size_t)-segment->position;
	else
		return 0;
	if (at >= count)
		return 0;
	return add_value(e, &segment->rewrite, begin + at);
}

static int
add_all(struct expansion *e, struct segment *segment)
{
	size_t i;
	int r;

	for (i = e->from; i < e->to; i++) {
		if (i > e->from && (r = separate(e)) < 0)
			return message_errno(e->m, r, "command");
		if ((r = add_value(e, &segment->rewrite, i)) != 0)
			return r;
	}
	return 0;
}

static int
add_segment(struct expansion *e, struct segment *segment)
{
	int r;

	if (!segment->is_value) {
		e->exists = true;
		r = bytes_add(e->out, e->t->source.data + segment->begin,
		    segment->len);
	} else if (segment->rewrite.origin != REWRITE_VALUE) {
		r = add_number(e, &segment->rewrite);
	} else {
		return segment->position == 0 ? add_all(e, segment) :
						add_position(e, segment);
	}
	return r < 0 ? message_errno(e->m, r, "command") : 0;
}

static int
add_word(struct expansion *e, const struct word *word)
{
	bool quoted = e->t->quoted_words && e->mode == EXPAND_LINE &&
	    word->kind != WORD_BLANK;
	size_t i;
	int r = 0;

	e->exists |= e->t->quoted_words;
	e->out = quoted ? &e->t->raw : e->target;
	for (i = 0; i < word->count && r == 0; i++)
		r = add_segment(e, &e->t->segments[word->first + i]);
	e->out = e->target;
	return r;
}

/* Ends the word of the command, if this is its last part. */
static int
end_word(struct expansion *e, const struct word *word)
{
	int r = 0;

	if (word->glued || word->kind == WORD_BLANK)
		return 0;
	if (e->mode == EXPAND_ARGV)
		r = end_argument(e);
	else if (e->t->quoted_words)
		r = flush_quoted(e);
	return r < 0 ? message_errno(e->m, r, "command") : 0;
}

/* Do tuples have several values?  Then {1} means the first value of the tuple. */
static bool
has_wide_tuples(const struct expansion *e)
{
	return e->t->by_tuple && e->job->ntuples > 0 &&
	    e->job->nvalues > e->job->ntuples;
}

/* -X: adds the word once for each value or tuple. */
static int
repeat_word(struct expansion *e, const struct word *word)
{
	bool by_tuple = word->positional && has_wide_tuples(e);
	size_t i, n = by_tuple ? e->job->ntuples : e->job->nvalues;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		if (i > 0 && (r = separate(e)) < 0)
			return message_errno(e->m, r, "command");
		e->from = i;
		e->to = i + 1;
		if (by_tuple) {
			e->from = i > 0 ? e->job->ends[i - 1] : 0;
			e->to = e->job->ends[i];
			e->by_tuple = true;
		}
		r = add_word(e, word);
	}
	e->by_tuple = false;
	e->from = 0;
	e->to = e->job->nvalues;
	return r;
}

/*
 * With -N0 the job has a tuple, but no value, and each word is added once.  (The job of
 * command_base_cost() has no tuple.)
 */
static bool
has_no_values(const struct command_job *job)
{
	return job->nvalues == 0 && job->ntuples > 0;
}

/*
 * A word with {1} but without {} is repeated only if tuples have several values.  Otherwise
 * the command would lack the values of all tuples but the first.
 */
static bool
is_repeated(const struct expansion *e, const struct word *word)
{
	return e->t->context && !has_no_values(e->job) &&
	    (word->repeat || (word->positional && has_wide_tuples(e)));
}

static bool
is_left_out(const struct template *t, const struct command_job *job)
{
	size_t i;

	for (i = 0; i < t->nsegments; i++)
		if (t->segments[i].rewrite.filter != REWRITE_ALL &&
		    rewrite_leaves_out(&t->segments[i].rewrite, job->values,
			job->nvalues))
			return true;
	return false;
}

int
template_put(struct template *t, enum expansion_mode mode, unsigned slots,
    const struct command_job *job, struct bytes *out, size_t *nwords,
    struct message *m)
{
	struct expansion e = { .t = t,
		.mode = mode,
		.slots = slots,
		.job = job,
		.to = job->nvalues,
		.out = out,
		.target = out,
		.m = m };
	size_t i;
	int r = is_left_out(t, job);

	for (i = 0; i < t->nwords && r == 0; i++) {
		const struct word *word = &t->words[i];

		if (word->kind == WORD_BLANK && mode == EXPAND_ARGV)
			continue;
		if (is_repeated(&e, word))
			r = repeat_word(&e, word);
		else
			r = add_word(&e, word);
		if (r == 0)
			r = end_word(&e, word);
	}
	t->raw.len = 0;
	*nwords = e.nwords;
	return r == 0 ? e.skip : r;
}

bool
template_needs_perl(const struct template *t)
{
	size_t i;

	for (i = 0; i < t->nsegments; i++)
		if (t->segments[i].rewrite.perl > 0)
			return true;
	return false;
}

int
template_expect(const struct template *t, const struct command_job *job)
{
	size_t i, at, from, to, n = job->nvalues;
	int r = 0;

	for (i = 0; i < t->nsegments && r == 0; i++) {
		const struct segment *s = &t->segments[i];

		from = 0;
		to = n;
		if (s->position != 0) {
			from = s->position > 0 ? (size_t)s->position - 1 :
						 n - (size_t)-s->position;
			to = from < n ? from + 1 : from;
		}
		for (at = from; at < to && r == 0 && s->rewrite.perl > 0; at++)
			r = t->perl->expect(t->perl->arg, s->rewrite.perl - 1,
			    job, at);
	}
	return r;
}
