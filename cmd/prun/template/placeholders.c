/* SPDX-License-Identifier: ISC */

/*
 * The list of placeholders, from the table and from the options: see
 * placeholders.h.  At each place in a text the first of these counts: an
 * expression in {= =}; the longest placeholder without parameters; one with a
 * name or a position behind its brace; one with parameters.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/perl_expression.h"
#include "template/placeholder_table.h"
#include "template/placeholders.h"
#include "text/pattern.h"

#define PARENS "{==}"
#define MAX_PARAMETERS 9

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

/* A tag in braces: a position or a name can stand behind its first brace. */
static bool
is_positional(const char *tag)
{
	size_t len = strlen(tag);

	return len >= 2 && tag[0] == '{' && tag[len - 1] == '}';
}

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

/* A later rule with the same tag takes the place of an earlier one. */
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
	    !is_positional(rule->tag))
		return r;
	return placeholder_compile_tag(rule->tag + 1, m, &placeholder->inner);
}

/* Is a column of the header called so?  Then {NAME} means its value. */
static bool
has_name(const struct placeholders *s, const char *name)
{
	for (size_t i = 0; i < s->nnames; i++) {
		if (text_equals(s->names[i].name, name))
			return true;
	}
	return false;
}

/* -I, --er, ... give another tag to a basic placeholder. */
static int
add_basic(struct placeholders *s, const struct command_options *o,
    struct message *m)
{
	const char *const names[] = { o->replace, o->replace_extension,
		o->replace_basename, o->replace_dirname,
		o->replace_basename_extension, o->replace_sequence,
		o->replace_slot };
	struct placeholder_rule rule;
	size_t i;
	int r = 0;

	for (i = 0; placeholder_table_basic[i].tag != NULL && r == 0; i++) {
		rule = placeholder_table_basic[i];
		if (i < sizeof names / sizeof *names && names[i] != NULL &&
		    *names[i] != '\0')
			rule.tag = names[i];
		if (rule.action == PLACEHOLDER_THREADS &&
		    has_name(s, "threads"))
			continue;
		r = add_rule(s, &rule, NULL, m);
	}
	return r;
}

/*
 * The "1 " in front of code is GNU parallel's own: its manual shows strings defined
 * so.
 */
static struct text
code_of(const struct placeholder_rule *rule)
{
	struct text code = text_trim_left(text_of(rule->text));

	if (code.len > 2 && code.data[0] == '1' && text_is_blank(code.data[1]))
		code = (struct text){ code.data + 2, code.len - 2 };
	return code;
}

/* Make of the rule with these parameters what it does. */
static int
compile_rule(const struct placeholders *s, const struct placeholder_rule *rule,
    const struct text *parameters, size_t n, struct rewrite *rewrite,
    struct message *m)
{
	struct perl_code code = { .name = "--rpl",
		.parameters = parameters,
		.nparameters = n };

	if (rule->action != PLACEHOLDER_CODE)
		return placeholder_build(rule, parameters, n, rewrite, m);
	code.text = code_of(rule);
	return perl_expression_compile(rewrite, &code, s->perl, m);
}

/* "tag code": the tag ends at the first blank. */
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
	rule.tag = tag;
	rule.text = definition + len;
	/* Without parameters the code is complete: report its errors now. */
	if (strchr(tag, '(') == NULL) {
		r = compile_rule(s, &rule, NULL, 0, &probe, m);
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
	for (i = 0;
	     r == 0 && options->plus && placeholder_table_plus[i].tag != NULL;
	     i++)
		r = add_rule(s, &placeholder_table_plus[i], NULL, m);
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

static struct text
rest_of(struct text t, size_t from)
{
	return (struct text){ t.data + from, t.len - from };
}

/* Returns the length of the number at t; 0: no number.  Position 0 is all values. */
static size_t
read_position(struct text t, long *position)
{
	bool negative = t.len > 0 && *t.data == '-';
	size_t at = negative, from = at;
	long n = 0;

	while (at < t.len && isdigit((unsigned char)t.data[at]) &&
	    n < 100000000)
		n = n * 10 + (t.data[at++] - '0');
	if (at == from || (n == 0 && (negative || at > 1)))
		return 0;
	*position = negative ? -n : n;
	return at;
}

/* Returns the length of the longest name with which t begins; 0: none. */
static size_t
read_name(const struct placeholders *s, struct text t, long *position)
{
	size_t i, len = 0;

	for (i = 0; i < s->nnames; i++) {
		struct text name = s->names[i].name;

		if (name.len > len && name.len <= t.len &&
		    memcmp(name.data, t.data, name.len) == 0) {
			len = name.len;
			*position = (long)s->names[i].position;
		}
	}
	return len;
}

/* The longest tag without parameters which, from byte skip on, begins t. */
static struct placeholder *
find_plain(struct placeholders *s, struct text t, size_t skip, size_t *len)
{
	struct placeholder *found = NULL;
	size_t i, n;

	*len = 0;
	for (i = 0; i < s->n; i++) {
		const char *tag = s->list[i].rule.tag;

		if (s->list[i].pattern != NULL ||
		    (skip > 0 && !is_positional(tag)))
			continue;
		n = strlen(tag) - skip;
		if (n > *len && text_begins(t, tag + skip)) {
			found = &s->list[i];
			*len = n;
		}
	}
	return found;
}

/*
 * Finds a placeholder with parameters at t.  With inner, t begins behind the
 * position in it.
 */
static int
find_dynamic(struct placeholders *s, struct text t, bool inner, size_t *len,
    struct rewrite *rewrite, struct message *m)
{
	struct text parameters[MAX_PARAMETERS];
	struct pattern *pattern;
	size_t i, n, group;
	int r;

	for (i = 0; i < s->n; i++) {
		pattern = inner ? s->list[i].inner : s->list[i].pattern;
		if (pattern == NULL)
			continue;
		if ((r = pattern_match(pattern, t, 0, false, m)) < 0)
			return r;
		if (r == 0)
			continue;
		n = pattern_groups(pattern);
		n = n > MAX_PARAMETERS ? MAX_PARAMETERS : n;
		for (group = 0; group < n; group++)
			parameters[group] = pattern_group(pattern, t,
			    group + 1);
		*len = pattern_end(pattern);
		r = compile_rule(s, &s->list[i].rule, parameters, n, rewrite,
		    m);
		return r < 0 ? r : 1;
	}
	return 0;
}

/* {= code =}, {=2 code =}, {=name code =} */
static int
find_expression(struct placeholders *s, struct text t, size_t *len,
    long *position, struct rewrite *rewrite, struct message *m)
{
	struct perl_code expression = { .name = "{= =}" };
	const char *end;
	struct text code;
	size_t skip;
	int r;

	if (t.len < s->open.len ||
	    memcmp(t.data, s->open.data, s->open.len) != 0)
		return 0;
	code = rest_of(t, s->open.len);
	if ((end = memmem(code.data, code.len, s->close.data, s->close.len)) ==
	    NULL)
		return 0;
	code.len = (size_t)(end - code.data);
	*len = s->open.len + code.len + s->close.len;
	*position = 0;
	if ((skip = read_position(code, position)) == 0 &&
	    (skip = read_name(s, code, position)) > 0 && skip < code.len &&
	    !isspace((unsigned char)code.data[skip])) {
		skip = 0;
		*position = 0;
	}
	expression.text = rest_of(code, skip);
	r = perl_expression_compile(rewrite, &expression, s->perl, m);
	return r < 0 ? r : 1;
}

/* {n.m} with --match: t, which begins behind the position, begins with ".m}". */
static int
find_match(struct placeholders *s, struct text t, long position, size_t *len,
    struct rewrite *rewrite, struct message *m)
{
	struct rewrite_step *step;
	const char *regex;
	size_t digits, index, reused;
	long group;

	if (s->nmatch == 0 || t.len < 3 || t.data[0] != '.' ||
	    !isdigit((unsigned char)t.data[1]) ||
	    (digits = read_position(rest_of(t, 1), &group)) == 0 ||
	    digits + 1 >= t.len || t.data[digits + 1] != '}')
		return 0;
	*len = digits + 2;
	index = position > 0 ? (size_t)position - 1 : 0;
	if (index >= s->nmatch)
		index = s->nmatch - 1;
	regex = s->match[index];
	/* +N: the same as number N. */
	if (regex[0] == '+' && (reused = strspn(regex + 1, "0123456789")) > 0 &&
	    regex[reused + 1] == '\0') {
		index = strtoul(regex + 1, NULL, 10);
		if (index == 0 || index > s->nmatch)
			return message_set(m, -EINVAL,
			    "--match %s: there is no such --match", regex);
		regex = s->match[index - 1];
	}
	if (rewrite_add(rewrite, STEP_GROUP, &step) < 0)
		return message_errno(m, -ENOMEM, "--match");
	step->count = (size_t)group;
	if (pattern_new("--match", text_of(regex), 0, m, &step->pattern) < 0)
		return -EINVAL;
	if (step->count > pattern_groups(step->pattern))
		return message_set(m, -EINVAL, "--match: '%s' has no group %zu",
		    regex, step->count);
	return 1;
}

/* The brace and the position or name have skip bytes: look for the rest of a tag. */
static int
find_positional(struct placeholders *s, struct text t, size_t skip, size_t *len,
    long position, struct rewrite *rewrite, struct message *m)
{
	struct text inner = rest_of(t, skip);
	struct placeholder *placeholder;
	int r;

	if ((placeholder = find_plain(s, inner, 1, len)) != NULL) {
		r = compile_rule(s, &placeholder->rule, NULL, 0, rewrite, m);
		r = r < 0 ? r : 1;
	} else if ((r = find_match(s, inner, position, len, rewrite, m)) == 0) {
		r = find_dynamic(s, inner, true, len, rewrite, m);
	}
	*len += skip;
	return r;
}

/* GNU parallel takes {1 with newlines behind it for {1. */
static size_t
count_newlines(struct text t)
{
	size_t n = 0;

	while (n < t.len && t.data[n] == '\n')
		n++;
	return n;
}

int
placeholders_find(struct placeholders *s, struct text text, size_t at,
    size_t *len, long *position, struct rewrite *rewrite, struct message *m)
{
	struct text t = rest_of(text, at);
	struct placeholder *placeholder;
	size_t skip;
	int r;

	if (!s->first[(unsigned char)*t.data])
		return 0;
	*position = 0;
	if ((r = find_expression(s, t, len, position, rewrite, m)) != 0)
		return r;
	if ((placeholder = find_plain(s, t, 0, len)) != NULL) {
		r = compile_rule(s, &placeholder->rule, NULL, 0, rewrite, m);
		return r < 0 ? r : 1;
	}
	if (*t.data == '{' &&
	    (skip = read_name(s, rest_of(t, 1), position)) > 0 &&
	    (r = find_positional(s, t, skip + 1, len, *position, rewrite, m)) !=
		0)
		return r;
	if (*t.data == '{' &&
	    (skip = read_position(rest_of(t, 1), position)) > 0 &&
	    (skip += count_newlines(rest_of(t, 1 + skip))) > 0 &&
	    (r = find_positional(s, t, skip + 1, len, *position, rewrite, m)) !=
		0)
		return r;
	*position = 0;
	return find_dynamic(s, t, false, len, rewrite, m);
}
