/* SPDX-License-Identifier: ISC */

/*
 * Calls PCRE2 for pattern.h.  It matches bytes, not characters: a subject may be in any
 * encoding or in none.
 */
#include <errno.h>
#include <pcre2.h>
#include <stdint.h>
#include <stdlib.h>

#include "text/pattern.h"

struct pattern {
	pcre2_code *code;
	pcre2_match_data *match;
	size_t *offsets; /* a part of match: two offsets for each group */
	size_t ngroups; /* groups of the last match, with group 0 */
	const char *name; /* lent by the caller of pattern_new() */
};

static uint32_t
compile_options(unsigned flags)
{
	uint32_t options = 0;

	if (flags & PATTERN_IGNORE_CASE)
		options |= PCRE2_CASELESS;
	if (flags & PATTERN_MULTILINE)
		options |= PCRE2_MULTILINE;
	if (flags & PATTERN_DOT_ALL)
		options |= PCRE2_DOTALL;
	if (flags & PATTERN_EXTENDED)
		options |= PCRE2_EXTENDED;
	if (flags & PATTERN_UNGREEDY)
		options |= PCRE2_UNGREEDY;
	if (flags & PATTERN_ANCHORED)
		options |= PCRE2_ANCHORED;
	return options;
}

int
pattern_new(const char *name, struct text regex, unsigned flags,
    struct message *m, struct pattern **pp)
{
	struct pattern *p;
	PCRE2_UCHAR words[128];
	PCRE2_SIZE offset;
	int error;

	if ((p = calloc(1, sizeof *p)) == NULL)
		return message_errno(m, -ENOMEM, "%s", name);
	p->name = name;
	p->code = pcre2_compile((PCRE2_SPTR)(regex.data ? regex.data : ""),
	    regex.len, compile_options(flags), &error, &offset, NULL);
	if (p->code == NULL) {
		pcre2_get_error_message(error, words, sizeof words);
		pattern_free(p);
		return message_set(m, -EINVAL,
		    "%s: %s at character %zu of '%.*s'", name,
		    (const char *)words, (size_t)offset, (int)regex.len,
		    regex.data);
	}
	/* If this fails the pattern is only slower. */
	pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
	p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
	if (p->match == NULL) {
		pattern_free(p);
		return message_errno(m, -ENOMEM, "%s", name);
	}
	p->offsets = pcre2_get_ovector_pointer(p->match);
	*pp = p;
	return 0;
}

void
pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	pcre2_match_data_free(p->match);
	pcre2_code_free(p->code);
	free(p);
}

int
pattern_match(struct pattern *p, struct text subject, size_t from,
    bool not_empty, struct message *m)
{
	PCRE2_UCHAR words[128];
	int r;

	r = pcre2_match(p->code, (PCRE2_SPTR)(subject.data ? subject.data : ""),
	    subject.len, from, not_empty ? PCRE2_NOTEMPTY_ATSTART : 0, p->match,
	    NULL);
	if (r == PCRE2_ERROR_NOMATCH)
		return 0;
	if (r < 0) {
		pcre2_get_error_message(r, words, sizeof words);
		return message_set(m, -EINVAL, "%s: %s", p->name,
		    (const char *)words);
	}
	p->ngroups = (size_t)r;
	return 1;
}

struct text
pattern_group(const struct pattern *p, struct text subject, size_t group)
{
	size_t begin, end;

	if (group >= p->ngroups || p->offsets[2 * group] == PCRE2_UNSET)
		return (struct text){ NULL, 0 };
	begin = p->offsets[2 * group];
	end = p->offsets[2 * group + 1];
	/* With \K in a lookahead a match can begin after its own end. */
	return (struct text){ subject.data + begin,
		end > begin ? end - begin : 0 };
}

size_t
pattern_begin(const struct pattern *p)
{
	return p->offsets[0];
}

size_t
pattern_end(const struct pattern *p)
{
	return p->offsets[1];
}

size_t
pattern_groups(const struct pattern *p)
{
	uint32_t n = 0;

	pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &n);
	return n;
}
