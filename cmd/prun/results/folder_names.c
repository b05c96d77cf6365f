/* SPDX-License-Identifier: ISC */

/*
 * Owns how a path is made of values, so that no value leads out of the folder: see
 * folder_names.h.
 */
#include <stdbool.h>
#include <string.h>

#include "results/folder_names.h"

/* The longest name of a file that common file systems allow. */
#define NAME_LENGTH 255

/* How the byte c of a value is written in a path; NULL: as it is. */
static const char *
escape_of(char c)
{
	switch (c) {
	case '/':
		return "\\_";
	case '\\':
		return "\\\\";
	case '\t':
		return "\\t";
	case '\n':
		return "\\n";
	case '\0':
		return "\\0";
	default:
		return NULL;
	}
}

static bool
is_dots(struct text t)
{
	return text_equals(t, ".") || text_equals(t, "..");
}

/* Adds the value as one level of the path, cut to the longest name of a file. */
static int
add_value(struct bytes *path, struct text value)
{
	const char *escape;
	size_t start;
	int error;

	if (value.len == 0)
		return 0;
	error = bytes_add_char(path, '/');
	start = path->len;
	if (error == 0 && is_dots(value))
		error = bytes_add_char(path, '\\');
	for (size_t i = 0; i < value.len && error == 0; i++) {
		escape = escape_of(value.data[i]);
		error = escape != NULL ? bytes_add(path, escape, 2) :
					 bytes_add_char(path, value.data[i]);
		if (path->len - start > NAME_LENGTH)
			break;
	}
	if (path->len - start > NAME_LENGTH)
		path->len = start + NAME_LENGTH;
	return error;
}

/* Sets each of the three paths to base with one of the names behind it. */
static int
name_files(struct folder_files *f, struct text base, const char *const names[3])
{
	struct bytes *paths[3] = { &f->out, &f->err, &f->seq };
	int error = 0;

	for (int i = 0; i < 3 && error == 0; i++) {
		if (paths[i]->data != base.data) {
			paths[i]->len = 0;
			error = bytes_add_text(paths[i], base);
		}
	}
	for (int i = 2; i >= 0 && error == 0; i--) {
		error = bytes_add_string(paths[i], names[i]);
		if (error == 0)
			error = bytes_terminate(paths[i]);
	}
	return error;
}

static int
name_in_folder(struct folder_files *f)
{
	static const char *const names[3] = { "/stdout", "/stderr", "/seq" };

	return name_files(f, bytes_text(&f->out), names);
}

int
folder_name_by_values(struct folder_files *f, const char *folder,
    struct text host, const struct text *values, size_t n, size_t width,
    const struct text *names, size_t nnames)
{
	size_t source;
	int error;

	f->out.len = 0;
	error = bytes_add_string(&f->out, folder);
	if (error == 0)
		error = add_value(&f->out, host);
	for (size_t i = 0; i < n && error == 0; i++) {
		source = i % width;
		if (source < nnames) {
			error = add_value(&f->out, names[source]);
		} else {
			error = bytes_add_char(&f->out, '/');
			if (error == 0)
				error = bytes_add_number(&f->out, source + 1);
		}
		if (error == 0)
			error = add_value(&f->out, values[i]);
	}
	return error != 0 ? error : name_in_folder(f);
}

/*
 * How many of the first bytes of the expanded path the template itself has.  The bytes after
 * them may come from values.
 */
static size_t
own_length(const char *template, struct text expanded)
{
	size_t n = 0;

	while (n < expanded.len && template[n] == expanded.data[n])
		n++;
	return n;
}

/* Adds the expanded path with a backslash before each ".." that comes from a value. */
static int
add_safe(struct bytes *path, struct text expanded, size_t own)
{
	size_t start = 0, end;
	const char *slash;
	struct text part;
	int error = 0;

	for (; start <= expanded.len && error == 0; start = end + 1) {
		slash = memchr(expanded.data + start, '/',
		    expanded.len - start);
		end = slash != NULL ? (size_t)(slash - expanded.data) :
				      expanded.len;
		part = (struct text){ expanded.data + start, end - start };
		if (own > 0 && end > own && text_equals(part, ".."))
			error = bytes_add_char(path, '\\');
		for (size_t i = 0; i < part.len && error == 0; i++)
			error = part.data[i] == '\0' ?
			    bytes_add(path, "\\0", 2) :
			    bytes_add_char(path, part.data[i]);
		if (error == 0 && slash != NULL)
			error = bytes_add_char(path, '/');
	}
	return error;
}

int
folder_name_by_template(struct folder_files *f, const char *template,
    struct text expanded)
{
	static const char *const names[3] = { "", ".err", ".seq" };
	int error;

	f->out.len = 0;
	error = add_safe(&f->out, expanded, own_length(template, expanded));
	if (error != 0)
		return error;
	if (f->out.len > 1 && f->out.data[f->out.len - 1] == '/') {
		f->out.len--;
		return name_in_folder(f);
	}
	return name_files(f, bytes_text(&f->out), names);
}
