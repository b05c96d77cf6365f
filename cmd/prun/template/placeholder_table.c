/* SPDX-License-Identifier: ISC */

/*
 * The built-in replacement strings: see rules.h.
 */
#include <errno.h>
#include <stdint.h>

#include "template/placeholder_table.h"
#include "text/pattern.h"

/* The first seven stand in the order in which strings.c gives them new names. */
const struct rule placeholder_table_basic[] = {
	{ "{}", RULE_VALUE, 0, NULL },
	{ "{.}", RULE_DROP_EXTENSION, 1, NULL },
	{ "{/}", RULE_BASENAME, 0, NULL },
	{ "{//}", RULE_DIRNAME, 0, NULL },
	{ "{/.}", RULE_BASENAME_DROP_EXTENSION, 1, NULL },
	{ "{#}", RULE_SEQUENCE, 0, NULL },
	{ "{%}", RULE_SLOT, 0, NULL },
	{ "{0#}", RULE_PADDED_SEQUENCE, 0, NULL },
	{ "{0%}", RULE_PADDED_SLOT, 0, NULL },
	{ NULL, RULE_VALUE, 0, NULL },
};

const struct rule placeholder_table_plus[] = {
	{ "{+/}", RULE_DIRECTORY, 0, NULL },
	{ "{+.}", RULE_TAKE_EXTENSIONS, 1, NULL },
	{ "{+..}", RULE_TAKE_EXTENSIONS, 2, NULL },
	{ "{+...}", RULE_TAKE_EXTENSIONS, 3, NULL },
	{ "{..}", RULE_DROP_EXTENSIONS, 2, NULL },
	{ "{...}", RULE_DROP_EXTENSIONS, 3, NULL },
	{ "{/..}", RULE_BASENAME_DROP_EXTENSIONS, 2, NULL },
	{ "{/...}", RULE_BASENAME_DROP_EXTENSIONS, 3, NULL },
	{ "{##}", RULE_TOTAL, 0, NULL },
	{ "{uniq}", RULE_UNIQUE, 0, NULL },
	{ "{choose_k}", RULE_CHOOSE, 0, NULL },
	{ "{slot}", RULE_FIXED, 0, "${PARALLEL_JOBSLOT}" },
	{ "{host}", RULE_FIXED, 0, "${PARALLEL_SSHHOST}" },
	{ "{sshlogin}", RULE_FIXED, 0, "${PARALLEL_SSHLOGIN}" },
	{ "{hgrp}", RULE_FIXED, 0, "${PARALLEL_HOSTGROUPS}" },
	{ "{agrp}", RULE_FIXED, 0, "${PARALLEL_ARGHOSTGROUPS}" },
	{ "{:-([^}]+?)}", RULE_DEFAULT, 0, NULL },
	{ "{:([0-9]+)}", RULE_SKIP_BYTES, 0, NULL },
	{ "{:([0-9]+):([0-9]+)}", RULE_SLICE, 0, NULL },
	{ "{##([^#}][^}]*?)}", RULE_DROP_LONG_PREFIX, 0, NULL },
	{ "{#([^#}][^}]*?)}", RULE_DROP_PREFIX, 0, NULL },
	{ "{%%([^}]+?)}", RULE_DROP_LONG_SUFFIX, 0, NULL },
	{ "{%([^}]+?)}", RULE_DROP_SUFFIX, 0, NULL },
	{ "{/#([^}]+?)/([^}]*?)}", RULE_REPLACE_PREFIX, 0, NULL },
	{ "{/%([^}]+?)/([^}]*?)}", RULE_REPLACE_SUFFIX, 0, NULL },
	{ "{//([^}]+?)/([^}]*?)}", RULE_REPLACE_ALL, 0, NULL },
	{ "{/([^}]+?)/([^}]*?)}", RULE_REPLACE, 0, NULL },
	{ "{^^([^}]+?)}", RULE_UPPER_ALL, 0, NULL },
	{ "{^([^}]+?)}", RULE_UPPER, 0, NULL },
	{ "{,,([^}]+?)}", RULE_LOWER_ALL, 0, NULL },
	{ "{,([^}]+?)}", RULE_LOWER, 0, NULL },
	{ NULL, RULE_VALUE, 0, NULL },
};

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

/* What is written like a pattern of the shell's often is no regular expression. */
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

/* $$1 and $$2 in code are the parameters. */
static int
add_code(struct rewrite *r, const char *code, const struct text *parameters,
    size_t n, struct message *m)
{
	int result = rewrite_compile(r, "--plus", text_of(code), parameters, n,
	    m);

	return result == -EINVAL ? bad_regex(parameters[0], m) : result;
}

static int
build_numbers(const struct rule *rule, struct rewrite *r)
{
	switch (rule->action) {
	case RULE_SEQUENCE:
		r->origin = REWRITE_SEQUENCE;
		break;
	case RULE_SLOT:
		r->origin = REWRITE_SLOT;
		break;
	case RULE_PADDED_SEQUENCE:
		r->origin = REWRITE_PADDED_SEQUENCE;
		break;
	case RULE_PADDED_SLOT:
		r->origin = REWRITE_PADDED_SLOT;
		break;
	case RULE_TOTAL:
		r->origin = REWRITE_TOTAL;
		break;
	case RULE_FIXED:
		r->origin = REWRITE_FIXED;
		r->fixed = rule->text;
		break;
	case RULE_UNIQUE:
		r->filter = REWRITE_UNIQUE;
		break;
	case RULE_CHOOSE:
		r->filter = REWRITE_CHOOSE;
		break;
	default:
		break;
	}
	return 0;
}

static int
build_path(const struct rule *rule, struct rewrite *r)
{
	switch (rule->action) {
	case RULE_BASENAME:
		return add_step(r, STEP_BASENAME, 0);
	case RULE_DIRNAME:
		return add_step(r, STEP_DIRNAME, 0);
	case RULE_DIRECTORY:
		return add_step(r, STEP_DIRECTORY, 0);
	case RULE_TAKE_EXTENSIONS:
		return add_step(r, STEP_TAKE_EXTENSIONS, rule->count);
	case RULE_DROP_EXTENSION:
	case RULE_DROP_EXTENSIONS:
		return add_step(r, STEP_DROP_EXTENSIONS, rule->count);
	case RULE_BASENAME_DROP_EXTENSION:
	case RULE_BASENAME_DROP_EXTENSIONS:
		return add_stem(r, rule->count);
	default:
		return build_numbers(rule, r);
	}
}

int
rule_build(const struct rule *rule, const struct text *p, size_t n,
    struct rewrite *r, struct message *m)
{
	switch (rule->action) {
	case RULE_CODE:
		return rewrite_compile(r, "--rpl", text_of(rule->text), p, n,
		    m);
	case RULE_DEFAULT:
		return add_default(r, p[0]);
	case RULE_SKIP_BYTES:
		return add_slice(r, number(p[0]), SIZE_MAX);
	case RULE_SLICE:
		return add_slice(r, number(p[0]), number(p[1]));
	/*
	 * What users write like a pattern of the shell's, {#*x}, repeats the ^.
	 * Perl lets it, and GNU parallel so does; PCRE2 does for a group only.
	 */
	case RULE_DROP_PREFIX:
		return add_code(r, "s/(?U)(?:^)$$1//", p, n, m);
	case RULE_DROP_LONG_PREFIX:
		return add_code(r, "s/(?:^)$$1//", p, n, m);
	case RULE_DROP_SUFFIX:
		return add_code(r, "s/^(.*)(?U:$$1)$/$1/s", p, n, m);
	case RULE_DROP_LONG_SUFFIX:
		return add_code(r, "s/$$1$//", p, n, m);
	case RULE_REPLACE:
		return add_code(r, "s/$$1/$$2/", p, n, m);
	case RULE_REPLACE_PREFIX:
		return add_code(r, "s/(?:^)$$1/$$2/", p, n, m);
	case RULE_REPLACE_SUFFIX:
		return add_code(r, "s/$$1$/$$2/", p, n, m);
	case RULE_REPLACE_ALL:
		return add_code(r, "s/$$1/$$2/g", p, n, m);
	case RULE_UPPER:
	case RULE_UPPER_ALL:
		return add_case(r, p[0], true, rule->action == RULE_UPPER_ALL,
		    m);
	case RULE_LOWER:
	case RULE_LOWER_ALL:
		return add_case(r, p[0], false, rule->action == RULE_LOWER_ALL,
		    m);
	default:
		return build_path(rule, r);
	}
}
