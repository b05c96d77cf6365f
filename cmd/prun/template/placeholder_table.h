/* SPDX-License-Identifier: ISC */

/*
 * The replacement strings that are built in, as a table.  What a rule makes of
 * its parameters is here, where it stands in a template is not.
 */
#ifndef TEMPLATE_PLACEHOLDER_TABLE_H
#define TEMPLATE_PLACEHOLDER_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "template/rewrite.h"
#include "text/text.h"

enum rule_action {
	RULE_VALUE,
	RULE_BASENAME,
	RULE_DIRNAME,
	RULE_DROP_EXTENSION,
	RULE_BASENAME_DROP_EXTENSION,
	RULE_SEQUENCE,
	RULE_SLOT,
	RULE_PADDED_SEQUENCE,
	RULE_PADDED_SLOT,
	RULE_TOTAL,
	RULE_DIRECTORY,
	RULE_TAKE_EXTENSIONS,
	RULE_DROP_EXTENSIONS,
	RULE_BASENAME_DROP_EXTENSIONS,
	RULE_UNIQUE,
	RULE_CHOOSE,
	RULE_FIXED,
	RULE_DEFAULT,
	RULE_SKIP_BYTES,
	RULE_SLICE,
	RULE_DROP_PREFIX, /* the shortest */
	RULE_DROP_LONG_PREFIX,
	RULE_DROP_SUFFIX,
	RULE_DROP_LONG_SUFFIX,
	RULE_REPLACE,
	RULE_REPLACE_PREFIX,
	RULE_REPLACE_SUFFIX,
	RULE_REPLACE_ALL,
	RULE_UPPER,
	RULE_UPPER_ALL,
	RULE_LOWER,
	RULE_LOWER_ALL,
	RULE_CODE, /* --rpl */
};

struct rule {
	/*
	 * As it stands in a template.  Parts of it in parentheses are regular
	 * expressions, whose matches are the parameters.
	 */
	const char *tag;
	enum rule_action action;
	size_t count; /* of extensions */
	const char *text; /* RULE_FIXED, RULE_CODE */
};

/* Ended by a rule without a tag. */
extern const struct rule placeholder_table_basic[];
extern const struct rule placeholder_table_plus[];

/* Fill rewrite, which is all zero.  0; -errno and a message. */
int rule_build(const struct rule *rule, const struct text *parameters, size_t n,
    struct rewrite *rewrite, struct message *m);

#endif
