/* SPDX-License-Identifier: ISC */

/*
 * Cutting paths: see path.h.
 */
#include <string.h>

#include "template/path.h"

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

/* Where the last n extensions of the file name begin; t.len: it has fewer. */
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
