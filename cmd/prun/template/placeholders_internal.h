/* SPDX-License-Identifier: ISC */

/*
 * What placeholders.c, which makes the list, and placeholder_find.c, which searches
 * a text for what is in it, share.
 */
#ifndef TEMPLATE_PLACEHOLDERS_INTERNAL_H
#define TEMPLATE_PLACEHOLDERS_INTERNAL_H

#include "template/command_options.h"
#include "template/placeholder_table.h"
#include "template/rewrite.h"
#include "text/pattern.h"

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
