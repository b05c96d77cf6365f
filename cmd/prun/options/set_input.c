/* SPDX-License-Identifier: ISC */

/*
 * Owns the setters of the options about input and about the arguments of a job: see set.h.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "options/set.h"

SETTER(set_arg_file)
{
	const struct source_spec source = { .kind = SOURCE_FILE,
		.path = value };

	if (path_check(name, value, m) != 0)
		return -EINVAL;
	return store_add_source(o, &source) < 0 ?
	    message_errno(m, -ENOMEM, "%s", name) :
	    0;
}

static int
set_separator(const char **field, const char *name, const char *value,
    struct message *m)
{
	if (*value == '\0')
		return message_set(m, -EINVAL, "%s: the separator is empty",
		    name);
	*field = value;
	return 0;
}

SETTER(set_arg_sep)
{
	return set_separator(&o->store->argument_separator, name, value, m);
}

SETTER(set_arg_file_sep)
{
	return set_separator(&o->store->file_separator, name, value, m);
}

SETTER(set_null)
{
	o->input.delimiter = "";
	o->input.delimiter_len = 1;
	return 0;
}

SETTER(set_delimiter)
{
	struct bytes bytes = { 0 };
	int r;

	if ((r = delimiter_parse(name, value, &bytes, m)) < 0)
		return r;
	o->input.delimiter_len = bytes.len;
	o->input.delimiter = store_keep(o->store, bytes.data);
	return o->input.delimiter == NULL ?
	    message_errno(m, -ENOMEM, "%s", name) :
	    0;
}

/* As in xargs, an empty string means that no string ends the input. */
SETTER(set_eof)
{
	o->input.eof = value != NULL && *value != '\0' ? value : NULL;
	return 0;
}

SETTER(set_trim)
{
	static const char *const words[] = { "n", "l", "r", "lr", "rl", NULL };

	static const enum trim trims[] = { TRIM_NONE, TRIM_LEFT, TRIM_RIGHT,
		TRIM_BOTH, TRIM_BOTH };

	int i = word_parse(name, value, words, m);

	if (i < 0)
		return i;
	o->input.trim = trims[i];
	return 0;
}

SETTER(set_header)
{
	o->store->header = value;
	o->input.header_paths = strcmp(value, "0") == 0;
	o->input.header = !o->input.header_paths;
	return 0;
}

SETTER(set_seed)
{
	o->input.seeded = true;
	return count_parse(name, value, &o->input.seed, m);
}

/*
 * Sets what the option means with --pipe, records of a block or lines of a record, and, if
 * it counts, how many records a job takes.
 */
static int
set_count(struct options *o, const char *name, const char *value, bool counts,
    size_t *field, struct message *m)
{
	size_t n;
	int r;

	if ((r = size_parse(name, value, &n, m)) < 0)
		return r;
	*field = n > 0 ? n : SIZE_MAX;
	if (counts) {
		o->batch.max_args = n > 0 ? n : 1;
		o->batch.no_values = n == 0;
	}
	return 0;
}

SETTER(set_max_args)
{
	/* If both -N and -n are given, -N counts, in either order. */
	if (o->store->replace_args)
		return 0;
	o->store->max_args = true;
	return set_count(o, name, value, true, &o->pipe.block.records, m);
}

/* -N.  It and -L repeat the word around {}; -n does not. */
SETTER(set_max_replace_args)
{
	o->store->replace_args = true;
	o->command.context = true;
	return set_count(o, name, value, true, &o->pipe.block.records, m);
}

/* If -n or -N is given too, that counts, in either order. */
static int
set_lines(struct options *o, const char *name, const char *value,
    struct message *m)
{
	o->input.join_lines = true;
	return set_count(o, name, value,
	    !o->store->replace_args && !o->store->max_args,
	    &o->pipe.block.lines, m);
}

SETTER(set_max_lines)
{
	o->command.context = true;
	return set_lines(o, name, strcmp(value, "-0") == 0 ? "0" : value, m);
}

/* -l.  "-l0" means "-l1". */
SETTER(set_max_lines_optional)
{
	return set_lines(o, name,
	    value == NULL || strcmp(value, "0") == 0 ? "1" : value, m);
}

SETTER(set_max_chars)
{
	size_t n;
	int r;

	if ((r = size_parse(name, value, &n, m)) < 0)
		return r;
	if (n == 0)
		return message_set(m, -EINVAL, "%s: no line is that short",
		    name);
	o->batch.max_chars = o->command.max_chars = n;
	return 0;
}

static int
fill(struct options *o, bool spread)
{
	o->batch.fill = true;
	o->batch.spread |= spread;
	return 0;
}

SETTER(set_many)
{
	return fill(o, true);
}

SETTER(set_context)
{
	o->command.by_tuple = true;
	o->command.context = true;
	return fill(o, true);
}

SETTER(set_xargs)
{
	return fill(o, false);
}
