/* SPDX-License-Identifier: ISC */

/*
 * Applies steps to a value: see rewrite.h. Steps that cut a path return a slice of the
 * value. The others copy it into one of two buffers, in turns, since the other buffer may
 * hold their input. Paths are cut here as well.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/rewrite.h"
#include "template/substitution.h"
#include "text/pattern.h"

static const char *
last_slash(struct text t)
{
	return t.len > 0 ? memrchr(t.data, '/', t.len) : NULL;
}

struct text
path_basename(struct text t)
{
	const char *slash = last_slash(t);

	if (slash == NULL)
		return t;
	t.len -= (size_t)(slash + 1 - t.data);
	t.data = slash + 1;
	return t;
}

static struct text
without_slashes(struct text t)
{
	while (t.len > 1 && t.data[t.len - 1] == '/')
		t.len--;
	return t;
}

struct text
path_dirname(struct text t)
{
	const char *slash;

	t = without_slashes(t);
	if ((slash = last_slash(t)) == NULL)
		return (struct text){ ".", 1 };
	if (slash == t.data)
		return (struct text){ t.data, 1 };
	t.len = (size_t)(slash - t.data);
	return without_slashes(t);
}

struct text
path_directory(struct text t)
{
	const char *slash = last_slash(t);

	t.len = slash ? (size_t)(slash - t.data) : 0;
	return t;
}

/* Where the last n extensions of the file name begin; t.len if it has fewer. */
static size_t
find_extensions(struct text t, size_t n)
{
	size_t at = t.len;

	while (at-- > 0 && t.data[at] != '/') {
		if (t.data[at] == '.' && --n == 0)
			return at;
	}
	return t.len;
}

struct text
path_drop_extensions(struct text t, size_t n)
{
	t.len = find_extensions(t, n);
	return t;
}

struct text
path_take_extensions(struct text t, size_t n)
{
	const char *dot;
	size_t at;

	/* One extension is what follows the last dot, even a dot in a folder's name. */
	if (n == 1) {
		dot = t.len > 0 ? memrchr(t.data, '.', t.len) : NULL;
		at = dot ? (size_t)(dot - t.data) : t.len;
	} else {
		at = find_extensions(t, n);
	}
	if (at == t.len)
		return (struct text){ t.data, 0 };
	return (struct text){ t.data + at + 1, t.len - at - 1 };
}

void
rewrite_fini(struct rewrite *r)
{
	size_t i;

	for (i = 0; i < r->nsteps; i++) {
		bytes_fini(&r->steps[i].text);
		pattern_free(r->steps[i].pattern);
		substitution_free(r->steps[i].substitution);
		transliteration_free(r->steps[i].transliteration);
	}
	free(r->steps);
	bytes_fini(&r->scratch[0]);
	bytes_fini(&r->scratch[1]);
	*r = (struct rewrite){ 0 };
}

int
rewrite_add(struct rewrite *r, enum rewrite_kind kind,
    struct rewrite_step **step)
{
	struct rewrite_step *steps;

	steps = reallocarray(r->steps, r->nsteps + 1, sizeof *steps);
	if (steps == NULL)
		return -ENOMEM;
	r->steps = steps;
	*step = &steps[r->nsteps++];
	**step = (struct rewrite_step){ .kind = kind };
	return 0;
}

static struct text
slice(struct text t, size_t from, size_t count)
{
	if (from > t.len)
		from = t.len;
	t.data += from;
	t.len -= from;
	if (count < t.len)
		t.len = count;
	return t;
}

/* Changes the case of the match at the beginning, or of all matches. */
static int
change_case(const struct rewrite_step *step, struct text value,
    struct bytes *out, struct message *m)
{
	size_t from = 0, begin, end, i;
	int r;

	if (bytes_add_text(out, value) < 0)
		return message_errno(m, -ENOMEM, "--plus");
	while ((r = pattern_match(step->pattern, value, from, true, m)) > 0) {
		begin = pattern_begin(step->pattern);
		end = pattern_end(step->pattern);
		for (i = begin; i < end; i++)
			out->data[i] = (char)(step->upper ?
				toupper((unsigned char)value.data[i]) :
				tolower((unsigned char)value.data[i]));
		if (!step->all)
			break;
		from = end;
	}
	return r < 0 ? r : 0;
}

/*
 * Applies a step that copies; out is empty.  1: the step has changed the value, or, for
 * STEP_CASE, may have changed it.
 */
static int
apply_copying(const struct rewrite_step *step, struct text value,
    struct bytes *out, struct message *m)
{
	int r;

	switch (step->kind) {
	case STEP_CASE:
		r = change_case(step, value, out, m);
		return r < 0 ? r : 1;
	case STEP_SUBSTITUTE:
		return substitution_apply(step->substitution, value, out, m);
	default:
		r = transliteration_apply(step->transliteration, value, out);
		return r < 0 ? message_errno(m, r, "tr///") : r;
	}
}

static int
apply_match(const struct rewrite_step *step, struct text *value,
    struct message *m)
{
	int r;

	if ((r = pattern_match(step->pattern, *value, 0, false, m)) < 0)
		return r;
	if (r == 0)
		return 0;
	*value = pattern_group(step->pattern, *value, step->count);
	if (value->data == NULL)
		*value = (struct text){ "", 0 };
	return 1;
}

/* Applies a step that returns a slice.  1: applied; 0: the step is one that copies. */
static int
apply_slicing(const struct rewrite_step *step, struct text *value)
{
	switch (step->kind) {
	case STEP_BASENAME:
		*value = path_basename(*value);
		return 1;
	case STEP_DIRNAME:
		*value = path_dirname(*value);
		return 1;
	case STEP_DIRECTORY:
		*value = path_directory(*value);
		return 1;
	case STEP_DROP_EXTENSIONS:
		*value = path_drop_extensions(*value, step->count);
		return 1;
	case STEP_TAKE_EXTENSIONS:
		*value = path_take_extensions(*value, step->count);
		return 1;
	case STEP_DEFAULT:
		if (value->len == 0)
			*value = bytes_text(&step->text);
		return 1;
	case STEP_SLICE:
		*value = slice(*value, step->from, step->count);
		return 1;
	default:
		return 0;
	}
}

int
rewrite_apply(struct rewrite *r, struct text value, struct text *result,
    struct message *m)
{
	struct rewrite_step *step;
	struct bytes *out = &r->scratch[0];
	int changed = 0;
	size_t i;

	for (i = 0; i < r->nsteps; i++) {
		step = &r->steps[i];
		if (step->unless && changed > 0)
			continue;
		if (step->kind == STEP_GROUP) {
			if ((changed = apply_match(step, &value, m)) <= 0)
				return changed < 0 ? changed : 1;
			continue;
		}
		if ((changed = apply_slicing(step, &value)) > 0)
			continue;
		out->len = 0;
		if ((changed = apply_copying(step, value, out, m)) < 0)
			return changed;
		value = bytes_text(out);
		out = out == &r->scratch[0] ? &r->scratch[1] : &r->scratch[0];
	}
	*result = value;
	return 0;
}

static bool
has_equal_values(const struct text *values, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = i + 1; k < n; k++)
			if (values[i].len == values[k].len &&
			    memcmp(values[i].data, values[k].data,
				values[i].len) == 0)
				return true;
	return false;
}

static bool
values_ascend(const struct text *values, size_t n)
{
	size_t i, len;
	int order;

	for (i = 1; i < n; i++) {
		struct text a = values[i - 1], b = values[i];

		len = a.len < b.len ? a.len : b.len;
		order = memcmp(a.data, b.data, len);
		if (order > 0 || (order == 0 && a.len >= b.len))
			return false;
	}
	return true;
}

bool
rewrite_leaves_out(const struct rewrite *r, const struct text *values, size_t n)
{
	return (r->filter == REWRITE_UNIQUE && has_equal_values(values, n)) ||
	    (r->filter == REWRITE_CHOOSE && !values_ascend(values, n));
}
