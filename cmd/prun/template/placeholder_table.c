/* SPDX-License-Identifier: ISC */

/*
 * Owns the table of built-in replacement strings: see placeholders_internal.h.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "template/placeholders_internal.h"
#include "template/rewrite.h"
#include "text/pattern.h"

/* The first seven stand in the order of the names in add_basic(). */
const struct placeholder_rule placeholder_table_basic[] = {
	{ "{}", PLACEHOLDER_VALUE, 0, NULL },
	{ "{.}", PLACEHOLDER_DROP_EXTENSION, 1, NULL },
	{ "{/}", PLACEHOLDER_BASENAME, 0, NULL },
	{ "{//}", PLACEHOLDER_DIRNAME, 0, NULL },
	{ "{/.}", PLACEHOLDER_BASENAME_DROP_EXTENSION, 1, NULL },
	{ "{#}", PLACEHOLDER_SEQUENCE, 0, NULL },
	{ "{%}", PLACEHOLDER_SLOT, 0, NULL },
	{ "{0#}", PLACEHOLDER_PADDED_SEQUENCE, 0, NULL },
	{ "{0%}", PLACEHOLDER_PADDED_SLOT, 0, NULL },
	{ "{threads}", PLACEHOLDER_THREADS, 0, NULL },
	{ NULL, PLACEHOLDER_VALUE, 0, NULL },
};

const struct placeholder_rule placeholder_table_plus[] = {
	{ "{+/}", PLACEHOLDER_DIRECTORY, 0, NULL },
	{ "{+.}", PLACEHOLDER_TAKE_EXTENSIONS, 1, NULL },
	{ "{+..}", PLACEHOLDER_TAKE_EXTENSIONS, 2, NULL },
	{ "{+...}", PLACEHOLDER_TAKE_EXTENSIONS, 3, NULL },
	{ "{..}", PLACEHOLDER_DROP_EXTENSIONS, 2, NULL },
	{ "{...}", PLACEHOLDER_DROP_EXTENSIONS, 3, NULL },
	{ "{/..}", PLACEHOLDER_BASENAME_DROP_EXTENSIONS, 2, NULL },
	{ "{/...}", PLACEHOLDER_BASENAME_DROP_EXTENSIONS, 3, NULL },
	{ "{##}", PLACEHOLDER_TOTAL, 0, NULL },
	{ "{uniq}", PLACEHOLDER_UNIQUE, 0, NULL },
	{ "{choose_k}", PLACEHOLDER_CHOOSE, 0, NULL },
	{ "{slot}", PLACEHOLDER_FIXED, 0, "${PARALLEL_JOBSLOT}" },
	{ "{host}", PLACEHOLDER_FIXED, 0, "${PARALLEL_SSHHOST}" },
	{ "{sshlogin}", PLACEHOLDER_FIXED, 0, "${PARALLEL_SSHLOGIN}" },
	{ "{hgrp}", PLACEHOLDER_FIXED, 0, "${PARALLEL_HOSTGROUPS}" },
	{ "{agrp}", PLACEHOLDER_FIXED, 0, "${PARALLEL_ARGHOSTGROUPS}" },
	{ "{:-([^}]+?)}", PLACEHOLDER_DEFAULT, 0, NULL },
	{ "{:([0-9]+)}", PLACEHOLDER_SKIP_BYTES, 0, NULL },
	{ "{:([0-9]+):([0-9]+)}", PLACEHOLDER_SLICE, 0, NULL },
	{ "{##([^#}][^}]*?)}", PLACEHOLDER_DROP_LONG_PREFIX, 0, NULL },
	{ "{#([^#}][^}]*?)}", PLACEHOLDER_DROP_PREFIX, 0, NULL },
	{ "{%%([^}]+?)}", PLACEHOLDER_DROP_LONG_SUFFIX, 0, NULL },
	{ "{%([^}]+?)}", PLACEHOLDER_DROP_SUFFIX, 0, NULL },
	{ "{/#([^}]+?)/([^}]*?)}", PLACEHOLDER_REPLACE_PREFIX, 0, NULL },
	{ "{/%([^}]+?)/([^}]*?)}", PLACEHOLDER_REPLACE_SUFFIX, 0, NULL },
	{ "{//([^}]+?)/([^}]*?)}", PLACEHOLDER_REPLACE_ALL, 0, NULL },
	{ "{/([^}]+?)/([^}]*?)}", PLACEHOLDER_REPLACE, 0, NULL },
	{ "{^^([^}]+?)}", PLACEHOLDER_UPPER_ALL, 0, NULL },
	{ "{^([^}]+?)}", PLACEHOLDER_UPPER, 0, NULL },
	{ "{,,([^}]+?)}", PLACEHOLDER_LOWER_ALL, 0, NULL },
	{ "{,([^}]+?)}", PLACEHOLDER_LOWER, 0, NULL },
	{ NULL, PLACEHOLDER_VALUE, 0, NULL },
};

static int
add_quoted(struct bytes *out, char c)
{
	if (!isalnum((unsigned char)c) && c != '_' && (unsigned char)c < 0x80 &&
	    bytes_add_char(out, '\\') < 0)
		return -ENOMEM;
	return bytes_add_char(out, c);
}

/* Makes a regular expression of the tag.  Outside parentheses a byte matches itself. */
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

int
placeholder_compile_tag(const char *tag, struct message *m, struct pattern **pp)
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

static int
add_step(struct rewrite *r, enum rewrite_kind kind, size_t count)
{
	struct rewrite_step *step;
	int result;

	if ((result = rewrite_add(r, kind, &step)) == 0)
		step->count = count;
	return result;
}

static int
add_stem(struct rewrite *r, size_t count)
{
	int result;

	if ((result = add_step(r, STEP_BASENAME, 0)) == 0)
		result = add_step(r, STEP_DROP_EXTENSIONS, count);
	return result;
}

static size_t
number(struct text t)
{
	size_t i, n = 0;

	for (i = 0; i < t.len && n < SIZE_MAX / 20; i++)
		n = n * 10 + (size_t)(t.data[i] - '0');
	return n;
}

static int
add_slice(struct rewrite *r, size_t from, size_t count)
{
	struct rewrite_step *step;
	int result;

	if ((result = rewrite_add(r, STEP_SLICE, &step)) == 0) {
		step->from = from;
		step->count = count;
	}
	return result;
}

static int
add_default(struct rewrite *r, struct text text)
{
	struct rewrite_step *step;
	int result;

	if ((result = rewrite_add(r, STEP_DEFAULT, &step)) == 0)
		result = bytes_add_text(&step->text, text);
	return result;
}

/* Users often write a pattern of the shell here, so the message shows what they wrote. */
static int
bad_regex(struct text regex, struct message *m)
{
	return message_set(m, -EINVAL,
	    "--plus: '%.*s' in a replacement string is no regular expression",
	    (int)regex.len, regex.data);
}

static int
add_case(struct rewrite *r, struct text regex, bool upper, bool all,
    struct message *m)
{
	struct rewrite_step *step;

	if (rewrite_add(r, STEP_CASE, &step) < 0)
		return -ENOMEM;
	step->upper = upper;
	step->all = all;
	if (pattern_new("--plus", regex, all ? 0 : PATTERN_ANCHORED, m,
		&step->pattern) < 0)
		return bad_regex(regex, m);
	return 0;
}

/* Adds the steps of the code, in which $$1 and $$2 stand for the parameters. */
static int
add_code(struct rewrite *r, const char *code, const struct text *parameters,
    size_t n, struct message *m)
{
	const struct perl_code steps = { "--plus", text_of(code), parameters,
		n };
	int result = perl_expression_compile(r, &steps, NULL, m);

	return result == -EINVAL ? bad_regex(parameters[0], m) : result;
}

static int
build_numbers(const struct placeholder_rule *rule, struct rewrite *r)
{
	switch (rule->action) {
	case PLACEHOLDER_SEQUENCE:
		r->origin = REWRITE_SEQUENCE;
		break;
	case PLACEHOLDER_SLOT:
		r->origin = REWRITE_SLOT;
		break;
	case PLACEHOLDER_PADDED_SEQUENCE:
		r->origin = REWRITE_PADDED_SEQUENCE;
		break;
	case PLACEHOLDER_PADDED_SLOT:
		r->origin = REWRITE_PADDED_SLOT;
		break;
	case PLACEHOLDER_THREADS:
		r->origin = REWRITE_THREADS;
		break;
	case PLACEHOLDER_TOTAL:
		r->origin = REWRITE_TOTAL;
		break;
	case PLACEHOLDER_FIXED:
		r->origin = REWRITE_FIXED;
		r->fixed = rule->text;
		break;
	case PLACEHOLDER_UNIQUE:
		r->filter = REWRITE_UNIQUE;
		break;
	case PLACEHOLDER_CHOOSE:
		r->filter = REWRITE_CHOOSE;
		break;
	default:
		break;
	}
	return 0;
}

static int
build_path(const struct placeholder_rule *rule, struct rewrite *r)
{
	switch (rule->action) {
	case PLACEHOLDER_BASENAME:
		return add_step(r, STEP_BASENAME, 0);
	case PLACEHOLDER_DIRNAME:
		return add_step(r, STEP_DIRNAME, 0);
	case PLACEHOLDER_DIRECTORY:
		return add_step(r, STEP_DIRECTORY, 0);
	case PLACEHOLDER_TAKE_EXTENSIONS:
		return add_step(r, STEP_TAKE_EXTENSIONS, rule->count);
	case PLACEHOLDER_DROP_EXTENSION:
	case PLACEHOLDER_DROP_EXTENSIONS:
		return add_step(r, STEP_DROP_EXTENSIONS, rule->count);
	case PLACEHOLDER_BASENAME_DROP_EXTENSION:
	case PLACEHOLDER_BASENAME_DROP_EXTENSIONS:
		return add_stem(r, rule->count);
	default:
		return build_numbers(rule, r);
	}
}

int
placeholder_build(const struct placeholder_rule *rule, const struct text *p,
    size_t n, struct rewrite *r, struct message *m)
{
	switch (rule->action) {
	case PLACEHOLDER_DEFAULT:
		return add_default(r, p[0]);
	case PLACEHOLDER_SKIP_BYTES:
		return add_slice(r, number(p[0]), SIZE_MAX);
	case PLACEHOLDER_SLICE:
		return add_slice(r, number(p[0]), number(p[1]));
	/*
	 * Users write patterns of the shell, such as {#*x}, where the star would
	 * repeat the ^.  Perl allows that, and so does GNU parallel.  PCRE2
	 * allows it only for a group: (?:^).
	 */
	case PLACEHOLDER_DROP_PREFIX:
		return add_code(r, "s/(?U)(?:^)$$1//", p, n, m);
	case PLACEHOLDER_DROP_LONG_PREFIX:
		return add_code(r, "s/(?:^)$$1//", p, n, m);
	case PLACEHOLDER_DROP_SUFFIX:
		return add_code(r, "s/^(.*)(?U:$$1)$/$1/s", p, n, m);
	case PLACEHOLDER_DROP_LONG_SUFFIX:
		return add_code(r, "s/$$1$//", p, n, m);
	case PLACEHOLDER_REPLACE:
		return add_code(r, "s/$$1/$$2/", p, n, m);
	case PLACEHOLDER_REPLACE_PREFIX:
		return add_code(r, "s/(?:^)$$1/$$2/", p, n, m);
	case PLACEHOLDER_REPLACE_SUFFIX:
		return add_code(r, "s/$$1$/$$2/", p, n, m);
	case PLACEHOLDER_REPLACE_ALL:
		return add_code(r, "s/$$1/$$2/g", p, n, m);
	case PLACEHOLDER_UPPER:
	case PLACEHOLDER_UPPER_ALL:
		return add_case(r, p[0], true,
		    rule->action == PLACEHOLDER_UPPER_ALL, m);
	case PLACEHOLDER_LOWER:
	case PLACEHOLDER_LOWER_ALL:
		return add_case(r, p[0], false,
		    rule->action == PLACEHOLDER_LOWER_ALL, m);
	default:
		return build_path(rule, r);
	}
}
