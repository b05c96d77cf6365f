/* SPDX-License-Identifier: ISC */

/*
 * A template is a text with placeholders.  template.c parses it once into words, which are
 * made of literals and values; expand.c puts values into it.  Neither knows where the text
 * comes from or what it is used for.
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
	/* a literal: where its bytes are in template.source */
	size_t begin, len;
	long position; /* a value: 1 is the first, -1 the last, 0 all values */
	struct rewrite rewrite; /* a value: what is made of it */
	/* how many bytes the value at position has, as far as template_cost() knows */
	size_t cost;
};

enum word_kind {
	WORD_PLAIN,
	WORD_BLANK, /* the blank between two words of the command */
	WORD_QUOTED_BLANK, /* a blank within a word of the command, for -q */
};

/* Segments without blanks between them. */
struct word {
	enum word_kind kind;
	size_t first, count; /* its segments in template.segments */
	/* -q: the next word belongs to the same word of the command */
	bool glued;
	bool repeat; /* it has {}, so -X repeats it for each value */
	bool positional; /* it has a placeholder with a position, as {1} */
};

struct template
{
	struct bytes source;
	struct segment *segments;
	size_t nsegments;
	struct word *words;
	size_t nwords;
	/* -q: each word of the command is quoted as a whole */
	bool quoted_words;
	bool has_values; /* it has a placeholder */
	bool needs_total; /* it has {##}, {0#} or total_jobs() */
	bool needs_slot; /* it has {%} or {0%}, or code that perl evaluates */
	bool unquoted; /* values are put in without quotes */
	enum shell_kind shell; /* the shell for which values are quoted */
	const struct perl_evaluator *perl; /* NULL: no rewrite needs perl */
	bool context, by_tuple; /* as command_options has them */

	unsigned slots; /* template_expand(): it sets the width of {0%} */
	struct bytes out; /* template_expand(): the result */
	struct bytes raw; /* -q: the word that will be quoted */
};

/* All zero is the empty template. */
void template_fini(struct template *t);

/* Append a text, whose words are separated by blanks.  0, or -errno and a message. */
int template_add_text(struct template *t, struct placeholders *s,
    struct text text, struct message *m);

/* Append one word, which may hold blanks, and a blank between it and the word before. */
int template_add_word(struct template *t, struct placeholders *s,
    struct text word, struct message *m);

/* Append the placeholder {}. */
int template_add_all(struct template *t);

/* Does the text begin with a placeholder? */
bool template_begins_with_value(const struct template *t);

/* What the expansion is for. */
enum expansion_mode {
	/* one line, with values quoted for the shell, unless t->unquoted */
	EXPAND_LINE,
	EXPAND_ARGV, /* the words, each with a NUL behind it */
};

/*
 * Append the expansion to out; with EXPAND_ARGV, set *nwords to the number of words.  0; 1
 * if the job is to be skipped; or -errno.  If it was code in Perl that skips the job, out
 * still gets the whole expansion.
 */
int template_put(struct template *t, enum expansion_mode mode, unsigned slots,
    const struct command_job *job, struct bytes *out, size_t *nwords,
    struct message *m);

/* Does the template have code that perl evaluates? */
bool template_needs_perl(const struct template *t);

/* Call perl->expect() for all that template_put() will have perl evaluate.  0 or -ENOMEM. */
int template_expect(const struct template *t, const struct command_job *job);

/* Applies the rewrite to value number `at` of the job.  Returns as rewrite_apply(). */
int template_rewrite(const struct template *t, struct rewrite *rewrite,
    const struct command_job *job, size_t at, struct perl_answer *answer,
    struct message *m);

/*
 * By how many bytes a line grows if values[0, n) are added to its job.  values[0] becomes
 * value number `first` of the job.
 */
size_t template_cost(struct template *t, const struct text *values, size_t n,
    size_t first);

#endif
