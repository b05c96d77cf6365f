/* SPDX-License-Identifier: ISC */

/*
 * The list of replacement strings, put together from what is built in and what
 * options say: see strings.h.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/placeholder_list.h"
#include "template/placeholder_table.h"
#include "template/placeholders.h"
#include "text/pattern.h"

#define PARENS "{==}"

static int
add_quoted(struct bytes *out, char c)
{
	if (!isalnum((unsigned char)c) && c != '_' && (unsigned char)c < 0x80 &&
	    bytes_add_char(out, '\\') < 0)
		return -ENOMEM;
	return bytes_add_char(out, c);
}

/* Everything but what is in parentheses stands for itself. */
static int
tag_to_regex(const char *tag, struct bytes *out)
{
	size_t depth = 0;
	int r = 0;

	for (; *tag != '\0' && r == 0; tag++) {
		if (*tag == '\\' && depth > 0 && tag[1] != '\0') {
			r = bytes_add(out, tag++, 2);
			continue;
		}
		if (*tag == '(')
			depth++;
		r = depth > 0 ? bytes_add_char(out, *tag) :
				add_quoted(out, *tag);
		if (*tag == ')' && depth > 0)
			depth--;
	}
	return r;
}

static int
compile_tag(const char *tag, struct message *m, struct pattern **pp)
{
	struct bytes regex = { 0 };
	int r;

	if ((r = tag_to_regex(tag, &regex)) < 0)
		r = message_errno(m, r, "--rpl");
	else
		r = pattern_new("--rpl", bytes_text(&regex), PATTERN_ANCHORED,
		    m, pp);
	bytes_fini(&regex);
	return r;
}

bool
placeholders_is_positional(const char *tag)
{
	size_t len = strlen(tag);

	return len >= 2 && tag[0] == '{' && tag[len - 1] == '}';
}

static struct string *
find_tag(struct placeholders *s, const char *tag)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->list[i].rule.tag, tag) == 0)
			return &s->list[i];
	return NULL;
}

static void
drop_string(struct string *string)
{
	pattern_free(string->pattern);
	pattern_free(string->inner);
	free(string->tag);
	*string = (struct string){ 0 };
}

/* A later rule with the same tag takes the place of an earlier one. */
static int
add_rule(struct placeholders *s, const struct rule *rule, char *owned_tag,
    struct message *m)
{
	struct string *list, *string = find_tag(s, rule->tag);
	int r;

	if (string != NULL) {
		drop_string(string);
	} else {
		list = reallocarray(s->list, s->n + 1, sizeof *list);
		if (list == NULL) {
			free(owned_tag);
			return message_errno(m, -ENOMEM, "--rpl");
		}
		s->list = list;
		string = &list[s->n++];
	}
	*string = (struct string){ .rule = *rule, .tag = owned_tag };
	s->first[(unsigned char)rule->tag[0]] = true;
	if (strchr(rule->tag, '(') == NULL || strchr(rule->tag, ')') == NULL)
		return 0;
	if ((r = compile_tag(rule->tag, m, &string->pattern)) < 0 ||
	    !placeholders_is_positional(rule->tag))
		return r;
	return compile_tag(rule->tag + 1, m, &string->inner);
}

/* -I, --er, ...: another name for a basic string. */
static int
add_basic(struct placeholders *s, const struct command_options *o,
    struct message *m)
{
	const char *const names[] = { o->replace, o->replace_extension,
		o->replace_basename, o->replace_dirname,
		o->replace_basename_extension, o->replace_sequence,
		o->replace_slot };
	struct rule rule;
	size_t i;
	int r = 0;

	for (i = 0; placeholder_table_basic[i].tag != NULL && r == 0; i++) {
		rule = placeholder_table_basic[i];
		if (i < sizeof names / sizeof *names && names[i] != NULL &&
		    *names[i] != '\0')
			rule.tag = names[i];
		r = add_rule(s, &rule, NULL, m);
	}
	return r;
}

/* "tag code": the tag ends at the first blank. */
static int
add_user(struct placeholders *s, const char *definition, struct message *m)
{
	size_t len = strcspn(definition, " \t");
	struct rewrite probe = { 0 };
	struct rule rule = { .action = RULE_CODE };
	char *tag;
	int r;

	if (len == 0)
		return message_set(m, -EINVAL, "--rpl: '%s' has no tag",
		    definition);
	if ((tag = strndup(definition, len)) == NULL)
		return message_errno(m, -ENOMEM, "--rpl");
	rule.tag = tag;
	rule.text = definition + len;
	/* Code without parameters can be judged even when it is not used. */
	if (strchr(tag, '(') == NULL) {
		r = rewrite_compile(&probe, "--rpl", text_of(rule.text), NULL,
		    0, m);
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
	s->first['{'] = true;
	r = set_parens(s, options->parens, m);
	if (r == 0)
		r = add_basic(s, options, m);
	for (i = 0;
	     r == 0 && options->plus && placeholder_table_plus[i].tag != NULL;
	     i++)
		r = add_rule(s, &placeholder_table_plus[i], NULL, m);
	for (i = 0; r == 0 && i < options->nrules; i++)
		r = add_user(s, options->rules[i], m);
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
		drop_string(&s->list[i]);
	free(s->list);
	free(s->names);
	free(s);
}
