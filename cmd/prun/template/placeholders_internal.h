/* SPDX-License-Identifier: ISC */

/*
 * What the files about placeholders share: placeholders.c, which makes the list,
 * placeholder_table.c, which has the built-in ones, and placeholder_find.c, which searches a
 * text for one of the list.
 */
#ifndef TEMPLATE_PLACEHOLDERS_INTERNAL_H
#define TEMPLATE_PLACEHOLDERS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command_options.h"
#include "template/rewrite.h"
#include "text/pattern.h"
#include "text/text.h"

/* placeholder_table.c: the built-in replacement strings, and how a rule becomes a rewrite. */

struct pattern;

enum placeholder_action {
	PLACEHOLDER_VALUE,
	PLACEHOLDER_BASENAME,
	PLACEHOLDER_DIRNAME,
	PLACEHOLDER_DROP_EXTENSION,
	PLACEHOLDER_BASENAME_DROP_EXTENSION,
	PLACEHOLDER_SEQUENCE,
	PLACEHOLDER_SLOT,
	PLACEHOLDER_PADDED_SEQUENCE,
	PLACEHOLDER_PADDED_SLOT,
	PLACEHOLDER_THREADS,
	PLACEHOLDER_TOTAL,
	PLACEHOLDER_DIRECTORY,
	PLACEHOLDER_TAKE_EXTENSIONS,
	PLACEHOLDER_DROP_EXTENSIONS,
	PLACEHOLDER_BASENAME_DROP_EXTENSIONS,
	PLACEHOLDER_UNIQUE,
	PLACEHOLDER_CHOOSE,
	PLACEHOLDER_FIXED,
	PLACEHOLDER_DEFAULT,
	PLACEHOLDER_SKIP_BYTES,
	PLACEHOLDER_SLICE,
	PLACEHOLDER_DROP_PREFIX, /* the shortest prefix that matches */
	PLACEHOLDER_DROP_LONG_PREFIX,
	PLACEHOLDER_DROP_SUFFIX,
	PLACEHOLDER_DROP_LONG_SUFFIX,
	PLACEHOLDER_REPLACE,
	PLACEHOLDER_REPLACE_PREFIX,
	PLACEHOLDER_REPLACE_SUFFIX,
	PLACEHOLDER_REPLACE_ALL,
	PLACEHOLDER_UPPER,
	PLACEHOLDER_UPPER_ALL,
	PLACEHOLDER_LOWER,
	PLACEHOLDER_LOWER_ALL,
	PLACEHOLDER_CODE, /* --rpl */
};

struct placeholder_rule {
	/*
	 * The replacement string as users write it.  Its parts in parentheses are
	 * regular expressions, and what they match are the parameters.
	 */
	const char *tag;
	enum placeholder_action action;
	size_t count; /* how many extensions the action takes or drops */
	/* the text of PLACEHOLDER_FIXED, or code of PLACEHOLDER_CODE */
	const char *text;
};

/* The last row has no tag. */
extern const struct placeholder_rule placeholder_table_basic[];
extern const struct placeholder_rule placeholder_table_plus[];

/* Compile the expression that finds a tag with parameters.  0; -errno and a message. */
int placeholder_compile_tag(const char *tag, struct message *m,
    struct pattern **pp);

/*
 * Add to rewrite, which is all zero, the steps of the rule.  The caller handles
 * PLACEHOLDER_CODE itself.  0; -errno and a message.
 */
int placeholder_build(const struct placeholder_rule *rule,
    const struct text *parameters, size_t n, struct rewrite *rewrite,
    struct message *m);

struct placeholder {
	struct placeholder_rule rule;
	/* matches the tag, if it has parameters; or NULL */
	struct pattern *pattern;
	/* matches the part of that tag behind its brace */
	struct pattern *inner;
	char *tag; /* a copy of rule.tag, to be freed, or NULL */
};

struct placeholders {
	struct placeholder *list;
	size_t n;
	bool first[256]; /* the bytes with which a placeholder can begin */
	struct text open, close; /* the delimiters {= and =} of an expression */
	struct command_name *names; /* a copy of the list; the texts are lent */
	size_t nnames;
	const char *const *match;
	size_t nmatch;
	const struct perl_evaluator *perl;
};

/*
 * placeholder_find.c: is the tag in braces?  Then a position or a name can stand behind the
 * opening brace.
 */
bool placeholder_is_positional(const char *tag);

/*
 * placeholder_find.c: make a rewrite of the rule with these parameters.  rewrite must be all
 * zero.  0, or -errno and a message.
 */
int placeholder_compile(const struct placeholders *s,
    const struct placeholder_rule *rule, const struct text *parameters,
    size_t n, struct rewrite *rewrite, struct message *m);

#endif
