/* SPDX-License-Identifier: ISC */

/*
 * What placeholders.c, which makes the list, and placeholder_find.c, which searches
 * a text for what is in it, share.
 */
#ifndef TEMPLATE_PLACEHOLDERS_INTERNAL_H
#define TEMPLATE_PLACEHOLDERS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command_options.h"
#include "template/rewrite.h"
#include "text/pattern.h"
#include "text/text.h"

/*
 * The built-in replacement strings, as a table, and how a row of it becomes a
 * rewrite.  placeholders.h finds them in a text.
 */

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
	PLACEHOLDER_DROP_PREFIX, /* the shortest that matches */
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
	size_t count; /* how many extensions */
	const char *text; /* PLACEHOLDER_FIXED, PLACEHOLDER_CODE */
};

/* The last row has no tag. */
extern const struct placeholder_rule placeholder_table_basic[];
extern const struct placeholder_rule placeholder_table_plus[];

/* Compile the expression that finds a tag with parameters.  0; -errno and a message. */
int placeholder_compile_tag(const char *tag, struct message *m,
    struct pattern **pp);

/*
 * Add to rewrite, which is all zero, what the rule does; PLACEHOLDER_CODE is the
 * caller's.  0; -errno and a message.
 */
int placeholder_build(const struct placeholder_rule *rule,
    const struct text *parameters, size_t n, struct rewrite *rewrite,
    struct message *m);

struct placeholder {
	struct placeholder_rule rule;
	struct pattern *pattern; /* finds a tag with parameters */
	struct pattern *inner; /* finds such a tag from behind its brace on */
	char *tag; /* a copy of rule.tag, to be freed, or NULL */
};

struct placeholders {
	struct placeholder *list;
	size_t n;
	bool first[256]; /* the bytes with which a placeholder can begin */
	struct text open, close; /* of {= =} */
	struct command_name *names; /* a copy, the texts are lent */
	size_t nnames;
	const char *const *match;
	size_t nmatch;
	const struct perl_evaluator *perl;
};

/* placeholder_find.c: a tag in braces: a position or a name can stand behind its first brace. */
bool placeholder_is_positional(const char *tag);

/*
 * Make of the rule with these parameters what it does.  0, or -errno and a message.
 * rewrite must be all zero.
 */
int placeholder_compile(const struct placeholders *s,
    const struct placeholder_rule *rule, const struct text *parameters,
    size_t n, struct rewrite *rewrite, struct message *m);

#endif
