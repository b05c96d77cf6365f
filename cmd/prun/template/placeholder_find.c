/* SPDX-License-Identifier: ISC */

/*
 * Searches a text for a placeholder: see placeholders_find().  If several begin at a place,
 * the first of this list is taken: an expression in {= =}; the longest placeholder without
 * parameters; one with a name or a position behind its brace; one with parameters.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/placeholders.h"
#include "template/placeholders_internal.h"
#include "template/rewrite.h"

#define MAX_PARAMETERS 9

bool
placeholder_is_positional(const char *tag)
{
	size_t len = strlen(tag);

	return len >= 2 && tag[0] == '{' && tag[len - 1] == '}';
}

/*
 * The code of the rule without a "1 " in front, which means nothing: the manual of GNU
 * parallel shows definitions that begin with it.
 */
static struct text
code_of(const struct placeholder_rule *rule)
{
	struct text code = text_trim_left(text_of(rule->text));

	if (code.len > 2 && code.data[0] == '1' && text_is_blank(code.data[1]))
		code = (struct text){ code.data + 2, code.len - 2 };
	return code;
}

int
placeholder_compile(const struct placeholders *s,
    const struct placeholder_rule *rule, const struct text *parameters,
    size_t n, struct rewrite *rewrite, struct message *m)
{
	struct perl_code code = { .name = "--rpl",
		.parameters = parameters,
		.nparameters = n };

	if (rule->action != PLACEHOLDER_CODE)
		return placeholder_build(rule, parameters, n, rewrite, m);
	code.text = code_of(rule);
	return perl_expression_compile(rewrite, &code, s->perl, m);
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

/* The longest tag without parameters that, without its first skip bytes, begins t. */
static struct placeholder *
find_plain(struct placeholders *s, struct text t, size_t skip, size_t *len)
{
	struct placeholder *found = NULL;
	size_t i, n;

	*len = 0;
	for (i = 0; i < s->n; i++) {
		const char *tag = s->list[i].rule.tag;

		if (s->list[i].pattern != NULL ||
		    (skip > 0 && !placeholder_is_positional(tag)))
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
 * Finds a placeholder with parameters at the start of t.  With inner, t begins behind the
 * placeholder's position or name.
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
		r = placeholder_compile(s, &s->list[i].rule, parameters, n,
		    rewrite, m);
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

/* {n.m} with --match: finds the ".m}" at the start of t, which is behind the position. */
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
	/* --match +N stands for the expression of --match number N. */
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

/*
 * Finds a placeholder with a position or a name at the start of t.  skip is the length of
 * its brace and its position or name.
 */
static int
find_positional(struct placeholders *s, struct text t, size_t skip, size_t *len,
    long position, struct rewrite *rewrite, struct message *m)
{
	struct text inner = rest_of(t, skip);
	struct placeholder *placeholder;
	int r;

	if ((placeholder = find_plain(s, inner, 1, len)) != NULL) {
		r = placeholder_compile(s, &placeholder->rule, NULL, 0, rewrite,
		    m);
		r = r < 0 ? r : 1;
	} else if ((r = find_match(s, inner, position, len, rewrite, m)) == 0) {
		r = find_dynamic(s, inner, true, len, rewrite, m);
	}
	*len += skip;
	return r;
}

/* How many blanks t begins with: GNU parallel ignores blanks and newlines behind {1. */
static size_t
count_blanks(struct text t)
{
	size_t n = 0;

	while (n < t.len && isspace((unsigned char)t.data[n]))
		n++;
	return n;
}

/* Finds {00#} and {00%} with any number of zeros: they are {0#} and {0%}. */
static struct placeholder *
find_zeros(struct placeholders *s, struct text t, size_t *len)
{
	struct placeholder *found;
	size_t at = 1;

	while (at < t.len && t.data[at] == '0')
		at++;
	if (*t.data != '{' || at < 3 ||
	    (found = find_plain(s, rest_of(t, at - 1), 1, len)) == NULL ||
	    (found->rule.action != PLACEHOLDER_PADDED_SEQUENCE &&
		found->rule.action != PLACEHOLDER_PADDED_SLOT))
		return NULL;
	*len += at - 1;
	return found;
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
	if ((placeholder = find_plain(s, t, 0, len)) != NULL ||
	    (placeholder = find_zeros(s, t, len)) != NULL) {
		r = placeholder_compile(s, &placeholder->rule, NULL, 0, rewrite,
		    m);
		return r < 0 ? r : 1;
	}
	if (*t.data == '{' &&
	    (skip = read_name(s, rest_of(t, 1), position)) > 0 &&
	    (r = find_positional(s, t, skip + 1, len, *position, rewrite, m)) !=
		0)
		return r;
	if (*t.data == '{' &&
	    (skip = read_position(rest_of(t, 1), position)) > 0 &&
	    (skip += count_blanks(rest_of(t, 1 + skip))) > 0 &&
	    (r = find_positional(s, t, skip + 1, len, *position, rewrite, m)) !=
		0)
		return r;
	*position = 0;
	return find_dynamic(s, t, false, len, rewrite, m);
}
