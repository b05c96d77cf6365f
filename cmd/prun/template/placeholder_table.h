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
	PLACEHOLDER_DROP_PREFIX, /* the shortest */
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
	 * As it stands in a template.  Parts of it in parentheses are regular
	 * expressions, whose matches are the parameters.
	 */
	const char *tag;
	enum placeholder_action action;
	size_t count; /* of extensions */
	const char *text; /* PLACEHOLDER_FIXED, PLACEHOLDER_CODE */
};

/* Ended by a rule without a tag. */
extern const struct placeholder_rule placeholder_table_basic[];
extern const struct placeholder_rule placeholder_table_plus[];

/* The expression that finds rule->tag.  0; -errno and a message. */
int placeholder_compile_tag(const char *tag, struct message *m,
    struct pattern **pp);

/* Fill rewrite, which is all zero.  0; -errno and a message. */
int placeholder_build(const struct placeholder_rule *rule,
    const struct text *parameters, size_t n, struct rewrite *rewrite,
    struct message *m);

#endif
