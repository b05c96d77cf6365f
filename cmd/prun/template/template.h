/* SPDX-License-Identifier: ISC */

/*
 * A text with placeholders, taken apart once into literals and values, in words.
 * template.c takes it apart, expand.c puts values into it.  Neither knows where
 * the text comes from or what it is used for.
 */
#ifndef TEMPLATE_TEMPLATE_H
#define TEMPLATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command_options.h"
#include "template/perl_evaluator.h"
#include "template/placeholders.h"
#include "template/rewrite.h"
#include "template/shell.h"
#include "text/text.h"

struct segment {
	bool is_value;
	size_t begin, len; /* of a literal: its bytes in template.source */
	long position; /* of a value: 1 the first, -1 the last, 0 all */
	struct rewrite rewrite; /* of a value */
	/* bytes of the value at position, as template_cost() knows it */
	size_t cost;
};

enum word_kind {
	WORD_PLAIN,
	WORD_BLANK, /* between words of the command */
	WORD_QUOTED_BLANK, /* -q: inside of a word of the command */
};

/* Segments without blanks between them. */
struct word {
	enum word_kind kind;
	size_t first, count; /* segments */
	bool glued; /* -q: the next word is of the same word of the command */
	bool repeat; /* it has {}: -X repeats it for each value */
	bool positional; /* it has {1} or the like */
};

struct template
{
	struct bytes source;
	struct segment *segments;
	size_t nsegments;
	struct word *words;
	size_t nwords;
	bool quoted_words; /* -q: each word is quoted as a whole */
	bool has_values; /* it has a placeholder */
	bool needs_total; /* it has {##}, {0#} or total_jobs() */
	bool needs_slot; /* it has {%} or {0%}, or code that perl evaluates */
	bool unquoted; /* values are put in as they are */
	enum shell_kind shell; /* for quoting */
	const struct perl_evaluator *perl; /* NULL: no rewrite needs it */
	bool context, by_tuple; /* as command_options has them */

	unsigned slots; /* template_expand(): how wide {0%} is */
	struct bytes out; /* template_expand(): the result */
	struct bytes raw; /* -q: the word that will be quoted */
};

/* All zero is the empty template. */
void template_fini(struct template *t);

/* Append a text; blanks separate its words.  -errno and a message. */
int template_add_text(struct template *t, struct placeholders *s,
    struct text text, struct message *m);

/* Append one word, which may hold blanks; a blank separates it from the last one. */
int template_add_word(struct template *t, struct placeholders *s,
    struct text word, struct message *m);

/* Append {}. */
int template_add_all(struct template *t);

/* Does the text begin with a placeholder? */
bool template_begins_with_value(const struct template *t);

/* What the expansion is for. */
enum expansion_mode {
	EXPAND_LINE, /* values quoted for the shell, unless t->unquoted */
	EXPAND_ARGV, /* words apart, each with a NUL behind it */
};

/*
 * Append the expansion to out; with EXPAND_ARGV *nwords is the number of words.
 * 0; 1 when the job is to be skipped; -errno.  When code in Perl skips the job, out is
 * whole all the same.
 */
int template_put(struct template *t, enum expansion_mode mode, unsigned slots,
    const struct command_job *job, struct bytes *out, size_t *nwords,
    struct message *m);

/* It has code that perl evaluates. */
bool template_needs_perl(const struct template *t);

/* Tell perl what template_put() will ask for.  0 or -ENOMEM. */
int template_expect(const struct template *t, const struct command_job *job);

/*
 * How many bytes longer values[0, n) make a line.  values[0] is value number
 * `first` of the job.
 */
size_t template_cost(struct template *t, const struct text *values, size_t n,
    size_t first);

#endif
