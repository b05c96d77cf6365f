/* SPDX-License-Identifier: ISC */

/*
 * Owns the parser of the Perl expressions that prun knows itself; rewrite.c does what they
 * say.  Starts no perl.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "template/rewrite.h"
#include "template/substitution.h"

struct perl_expression {
	const char *name;
	struct text text; /* the whole expression */
	size_t at;
	const struct text *parameters;
	size_t nparameters;
};

static int
not_understood(const struct perl_expression *c, struct message *m)
{
	return message_set(m, -ENOTSUP,
	    "%s: '%.*s' is Perl that is not supported here (only s///, tr/// and uq() are)",
	    c->name, (int)c->text.len, c->text.data);
}

static bool
at_end(const struct perl_expression *c)
{
	return c->at >= c->text.len;
}

static void
skip_blanks(struct perl_expression *c)
{
	while (!at_end(c) && isspace((unsigned char)c->text.data[c->at]))
		c->at++;
}

static bool
skip_word(struct perl_expression *c, const char *word)
{
	struct text rest = { c->text.data + c->at, c->text.len - c->at };

	if (!text_begins(rest, word))
		return false;
	c->at += strlen(word);
	return true;
}

static char
closing(char open)
{
	switch (open) {
	case '(':
		return ')';
	case '[':
		return ']';
	case '{':
		return '}';
	case '<':
		return '>';
	}
	return open;
}

/* Reads up to the closing delimiter, and moves c->at behind it.  Brackets nest. */
static bool
read_part(struct perl_expression *c, char open, struct text *part)
{
	char close = closing(open);
	size_t depth = 1, from = c->at;

	for (; !at_end(c); c->at++) {
		char next = c->text.data[c->at];

		if (next == '\\')
			c->at++;
		else if (next == close && --depth == 0)
			break;
		else if (next == open && open != close)
			depth++;
	}
	if (at_end(c))
		return false;
	*part = (struct text){ c->text.data + from, c->at - from };
	c->at++;
	return true;
}

/* Reads both parts of s/// or tr///, whose first delimiter is at c->at. */
static bool
read_parts(struct perl_expression *c, struct text *first, struct text *second,
    struct text *flags)
{
	char open;
	size_t from;

	if (at_end(c))
		return false;
	open = c->text.data[c->at++];
	if (isalnum((unsigned char)open) || isspace((unsigned char)open) ||
	    open == '_' || open == '\\' || !read_part(c, open, first))
		return false;
	if (closing(open) != open) {
		skip_blanks(c);
		if (at_end(c))
			return false;
		open = c->text.data[c->at++];
	}
	if (!read_part(c, open, second))
		return false;
	from = c->at;
	while (!at_end(c) && isalpha((unsigned char)c->text.data[c->at]))
		c->at++;
	*flags = (struct text){ c->text.data + from, c->at - from };
	return true;
}

static int
compile_substitution(struct rewrite *r, struct perl_expression *c, bool unless,
    struct message *m)
{
	struct text regex, replacement, flags;
	struct rewrite_step *step;

	if (!read_parts(c, &regex, &replacement, &flags))
		return not_understood(c, m);
	if (rewrite_add(r, STEP_SUBSTITUTE, &step) < 0)
		return message_errno(m, -ENOMEM, "%s", c->name);
	step->unless = unless;
	return substitution_new(c->name, regex, replacement, flags,
	    c->parameters, c->nparameters, m, &step->substitution);
}

static int
compile_transliteration(struct rewrite *r, struct perl_expression *c,
    bool unless, struct message *m)
{
	struct text from, to, flags;
	struct rewrite_step *step;

	if (!read_parts(c, &from, &to, &flags))
		return not_understood(c, m);
	if (rewrite_add(r, STEP_TRANSLITERATE, &step) < 0)
		return message_errno(m, -ENOMEM, "%s", c->name);
	step->unless = unless;
	return transliteration_new(c->name, from, to, flags, m,
	    &step->transliteration);
}

static int
compile_statement(struct rewrite *r, struct perl_expression *c, bool unless,
    struct message *m)
{
	if (skip_word(c, "$_ =~ ") || skip_word(c, "$_=~"))
		skip_blanks(c);
	if (skip_word(c, "tr") || skip_word(c, "y"))
		return compile_transliteration(r, c, unless, m);
	if (skip_word(c, "s"))
		return compile_substitution(r, c, unless, m);
	if (!unless && skip_word(c, "uq")) {
		r->unquoted = true;
		if (!skip_word(c, "("))
			return 0;
		skip_blanks(c);
		return skip_word(c, ")") ? 0 : not_understood(c, m);
	}
	return not_understood(c, m);
}

static int
compile_steps(struct rewrite *r, const struct perl_code *code,
    struct message *m)
{
	struct perl_expression c = { code->name, code->text, 0,
		code->parameters, code->nparameters };
	bool unless = false;
	int result = 0;

	skip_blanks(&c);
	while (result == 0 && !at_end(&c)) {
		if (skip_word(&c, ";")) {
			skip_blanks(&c);
			continue;
		}
		if ((result = compile_statement(r, &c, unless, m)) < 0)
			break;
		skip_blanks(&c);
		unless = skip_word(&c, "||");
		skip_blanks(&c);
		if (unless ? at_end(&c) :
			     !at_end(&c) && c.text.data[c.at] != ';')
			result = not_understood(&c, m);
	}
	return result;
}

static bool
mentions(struct text code, const char *word)
{
	return memmem(code.data, code.len, word, strlen(word)) != NULL;
}

int
perl_expression_compile(struct rewrite *r, const struct perl_code *code,
    const struct perl_evaluator *perl, struct message *m)
{
	int result = compile_steps(r, code, m);

	if ((result != -ENOTSUP && result != -EINVAL) || perl == NULL)
		return result;
	rewrite_fini(r);
	r->unquoted = mentions(code->text, "uq");
	r->total = mentions(code->text, "total_jobs");
	if ((result = perl->define(perl->arg, code, &r->perl)) < 0)
		return message_errno(m, result, "%s", code->name);
	r->perl++;
	return 0;
}
