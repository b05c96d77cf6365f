/* SPDX-License-Identifier: ISC */

/*
 * Makes the list of placeholders from the table and from the options: see placeholders.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/placeholders.h"
#include "template/placeholders_internal.h"

#define PARENS "{==}"

static struct placeholder *
find_tag(struct placeholders *s, const char *tag)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->list[i].rule.tag, tag) == 0)
			return &s->list[i];
	return NULL;
}

static void
drop_placeholder(struct placeholder *placeholder)
{
	pattern_free(placeholder->pattern);
	pattern_free(placeholder->inner);
	free(placeholder->tag);
	*placeholder = (struct placeholder){ 0 };
}

/* Adds the rule.  It replaces an earlier rule that has the same tag. */
static int
add_rule(struct placeholders *s, const struct placeholder_rule *rule,
    char *owned_tag, struct message *m)
{
	struct placeholder *list, *placeholder = find_tag(s, rule->tag);
	int r;

	if (placeholder != NULL) {
		drop_placeholder(placeholder);
	} else {
		list = reallocarray(s->list, s->n + 1, sizeof *list);
		if (list == NULL) {
			free(owned_tag);
			return message_errno(m, -ENOMEM, "--rpl");
		}
		s->list = list;
		placeholder = &list[s->n++];
	}
	*placeholder = (struct placeholder){ .rule = *rule, .tag = owned_tag };
	s->first[(unsigned char)rule->tag[0]] = true;
	if (strchr(rule->tag, '(') == NULL || strchr(rule->tag, ')') == NULL)
		return 0;
	if ((r = placeholder_compile_tag(rule->tag, m, &placeholder->pattern)) <
		0 ||
	    !placeholder_is_positional(rule->tag))
		return r;
	return placeholder_compile_tag(rule->tag + 1, m, &placeholder->inner);
}

/*
 * Does the header name a column as the tag does?  Then the tag means the value of the column,
 * as {NAME} does: in a table of hosts {host} is not the {host} of --plus.
 */
static bool
is_column(const struct placeholders *s, const char *tag)
{
	size_t len = strlen(tag);

	if (!placeholder_is_positional(tag) || len < 3)
		return false;
	for (size_t i = 0; i < s->nnames; i++) {
		if (s->names[i].name.len == len - 2 &&
		    memcmp(s->names[i].name.data, tag + 1, len - 2) == 0)
			return true;
	}
	return false;
}

static int
add_table(struct placeholders *s, const struct placeholder_rule *table,
    struct message *m)
{
	int r = 0;

	for (; table->tag != NULL && r == 0; table++) {
		if (!is_column(s, table->tag))
			r = add_rule(s, table, NULL, m);
	}
	return r;
}

/*
 * Adds the basic placeholders.  Those to which -I, --er and other options give tags of the
 * user come last, so that such a tag is not taken for that of another one.
 */
static int
add_basic(struct placeholders *s, const struct command_options *o,
    struct message *m)
{
	const char *const names[] = { o->replace, o->replace_extension,
		o->replace_basename, o->replace_dirname,
		o->replace_basename_extension, o->replace_sequence,
		o->replace_slot };
	const size_t n = sizeof names / sizeof *names;
	struct placeholder_rule rule;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		rule = placeholder_table_basic[i];
		if ((names[i] == NULL || *names[i] == '\0') &&
		    !is_column(s, rule.tag))
			r = add_rule(s, &rule, NULL, m);
	}
	if (r == 0)
		r = add_table(s, &placeholder_table_basic[n], m);
	for (i = 0; i < n && r == 0; i++) {
		rule = placeholder_table_basic[i];
		rule.tag = names[i];
		if (rule.tag != NULL && *rule.tag != '\0')
			r = add_rule(s, &rule, NULL, m);
	}
	return r;
}

/* Adds the definition "TAG CODE" of a --rpl; the tag ends at the first blank. */
static int
add_user(struct placeholders *s, const char *definition, struct message *m)
{
	size_t len = strcspn(definition, " \t");
	struct rewrite probe = { 0 };
	struct placeholder_rule rule = { .action = PLACEHOLDER_CODE };
	char *tag;
	int r;

	if (len == 0)
		return message_set(m, -EINVAL, "--rpl: '%s' has no tag",
		    definition);
	if ((tag = strndup(definition, len)) == NULL)
		return message_errno(m, -ENOMEM, "--rpl");
	if (is_column(s, tag)) {
		free(tag);
		return 0;
	}
	rule.tag = tag;
	rule.text = definition + len;
	/* Without parameters the code is known now, so its errors are reported now. */
	if (strchr(tag, '(') == NULL) {
		r = placeholder_compile(s, &rule, NULL, 0, &probe, m);
		rewrite_fini(&probe);
		if (r < 0) {
			free(tag);
			return r;
		}
	}
	return add_rule(s, &rule, tag, m);
}

static int
set_parens(struct placeholders *s, const char *parens, struct message *m)
{
	size_t len;

	if (parens == NULL)
		parens = PARENS;
	len = strlen(parens);
	if (len < 2)
		return message_set(m, -EINVAL, "--parens: '%s' is too short",
		    parens);
	s->open = (struct text){ parens, len / 2 };
	s->close = (struct text){ parens + len / 2, len - len / 2 };
	s->first[(unsigned char)parens[0]] = true;
	return 0;
}

int
placeholders_new(const struct command_options *options,
    const struct command_name *names, size_t nnames, struct message *m,
    struct placeholders **sp)
{
	struct placeholders *s;
	size_t i;
	int r;

	if ((s = calloc(1, sizeof *s)) == NULL)
		return message_errno(m, -ENOMEM, "command");
	if (nnames > 0 &&
	    (s->names = reallocarray(NULL, nnames, sizeof *names)) == NULL) {
		free(s);
		return message_errno(m, -ENOMEM, "command");
	}
	if (nnames > 0)
		memcpy(s->names, names, nnames * sizeof *names);
	s->nnames = nnames;
	s->match = options->match;
	s->nmatch = options->nmatch;
	s->perl = options->perl;
	s->first['{'] = true;
	r = set_parens(s, options->parens, m);
	if (r == 0)
		r = add_basic(s, options, m);
	if (r == 0 && options->plus)
		r = add_table(s, placeholder_table_plus, m);
	for (i = 0; r == 0 && i < options->nrpl; i++)
		r = add_user(s, options->rpl[i], m);
	if (r < 0) {
		placeholders_free(s);
		return r;
	}
	*sp = s;
	return 0;
}

void
placeholders_free(struct placeholders *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		drop_placeholder(&s->list[i]);
	free(s->list);
	free(s->names);
	free(s);
}
