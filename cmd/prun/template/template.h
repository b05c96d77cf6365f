/* SPDX-License-Identifier: ISC */

/*
 * A text with replacement strings, taken apart once: literals and values, in
 * words.  Compiling is template.c, putting values in is expand.c; neither knows
 * where a text comes from or what becomes of it.
 */
#ifndef TEMPLATE_TEMPLATE_H
#define TEMPLATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command_options.h"
#include "template/placeholders.h"
#include "template/rewrite.h"
#include "template/shell.h"
#include "text/text.h"

struct segment {
	bool is_value;
	size_t begin, len; /* a literal: in template.source */
	long position; /* a value: 1 the first, -1 the last, 0 all */
	struct rewrite rewrite;
	size_t cost; /* template_cost(): of the value at position so far */
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
	bool glued; /* -q: the word of the command goes on behind it */
	bool repeat; /* has all values: repeated for each with -X */
	bool positional;
};

struct template
{
	struct bytes source;
	struct segment *segments;
	size_t nsegments;
	struct word *words;
	size_t nwords;
	bool quoted_words; /* -q: each word is quoted as a whole */
	bool has_values; /* any replacement string at all */
	bool needs_total;
	bool unquoted; /* values go in as they are */
	enum shell_kind shell; /* for quoting */
	bool context, by_tuple; /* as command_options has them */

	unsigned slots; /* for {0%}, of template_expand() */
	struct bytes out;
	struct bytes raw; /* of a word that is to be quoted */
};

/* All zero is the empty template. */
void template_fini(struct template *t);

/* Append a text; blanks part its words.  -errno and a message. */
int template_add_text(struct template *t, struct placeholders *s,
    struct text text, struct message *m);

/* Append one word, blanks and all, and a blank before it unless it is the first. */
int template_add_word(struct template *t, struct placeholders *s,
    struct text word, struct message *m);

/* Append a value: all of them, as they are. */
int template_add_all(struct template *t);

/* Does the text begin with a replacement string? */
bool template_begins_with_value(const struct template *t);

/* What the expansion is for. */
enum expansion_mode {
	EXPAND_LINE, /* values quoted for the shell, unless t->unquoted */
	EXPAND_ARGV, /* words apart, each with a NUL behind it */
};

/*
 * Append the expansion to out, and count words of EXPAND_ARGV in *nwords.
 * 0; 1 when the job is to be skipped; -errno.
 */
int template_put(struct template *t, enum expansion_mode mode, unsigned slots,
    const struct command_job *job, struct bytes *out, size_t *nwords,
    struct message *m);

/*
 * How much longer a line gets by values[0, n), which are number first and
 * following.
 */
size_t template_cost(struct template *t, const struct text *values, size_t n,
    size_t first);

#endif
