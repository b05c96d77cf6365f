/* SPDX-License-Identifier: ISC */

/*
 * The inside of struct strings, which strings.c builds and placeholders_find.c
 * searches.  For these two only.
 */
#ifndef TEMPLATE_PLACEHOLDER_LIST_H
#define TEMPLATE_PLACEHOLDER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command_options.h"
#include "template/placeholder_table.h"
#include "text/text.h"

struct pattern;

struct string {
	struct rule rule;
	struct pattern *pattern; /* of a tag with parameters */
	struct pattern *inner; /* without the brace, behind a position */
	char *tag; /* when it had to be copied */
};

struct placeholders {
	struct string *list;
	size_t n;
	bool first[256]; /* bytes that some string begins with */
	struct text open, close; /* of {= =} */
	struct command_name *names; /* a copy, the texts are lent */
	size_t nnames;
	const char *const *match;
	size_t nmatch;
};

/* A tag in braces, into which a position or a name can be put. */
bool placeholders_is_positional(const char *tag);

#endif
