/* SPDX-License-Identifier: ISC */

/*
 * Setters of options: see options_set.h.  Each checks its value fully, so that
 * what stands in struct options can be used as it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "delimiter.h"
#include "options_set.h"

void *
store_grow(void *list, size_t n, size_t width)
{
	/* Powers of two only: at the others there is room left. */
	if (n > 0 && (n & (n - 1)) != 0)
		return list;
	return reallocarray(list, n > 0 ? 2 * n : 1, width);
}

char *
store_keep(struct options_store *s, char *string)
{
	char **strings;

	if (string == NULL)
		return NULL;
	strings = store_grow(s->strings, s->nstrings, sizeof *strings);
	if (strings == NULL) {
		free(string);
		return NULL;
	}
	s->strings = strings;
	return s->strings[s->nstrings++] = string;
}

int
store_add_source(struct options *o, const struct source_spec *source)
{
	struct options_store *s = o->store;
	struct source_spec *sources = store_grow(s->sources, s->nsources,
	    sizeof *sources);

	if (sources == NULL)
		return -ENOMEM;
	s->sources = sources;
	s->sources[s->nsources++] = *source;
	return 0;
}

static void *
field_of(struct options *o, const struct option_row *row)
{
	return (char *)o + row->field;
}

static int
no_memory(const char *name, struct message *m)
{
	return message_errno(m, -ENOMEM, "%s", name);
}

#define SETTER(id) \
	int id(struct options *o, const struct option_row *row, \
	    const char *name, const char *value, struct message *m)
#define UNUSED(x) ((void)(x))

SETTER(set_true)
{
	UNUSED(name), UNUSED(value), UNUSED(m);
	*(bool *)field_of(o, row) = true;
	return 0;
}

SETTER(set_string)
{
	UNUSED(name), UNUSED(m);
	*(const char **)field_of(o, row) = value;
	return 0;
}

SETTER(set_seconds)
{
	return duration_parse(name, value, field_of(o, row), m);
}

SETTER(set_nothing)
{
	UNUSED(o), UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	return 0;
}

SETTER(set_action)
{
	UNUSED(name), UNUSED(value), UNUSED(m);
	o->action = (enum options_action)row->field;
	return 0;
}

SETTER(set_min_version)
{
	UNUSED(row);
	if (*value == '\0' || value[strspn(value, "0123456789")] != '\0')
		return message_set(m, -EINVAL, "%s: '%s' is no version", name,
		    value);
	o->action = ACTION_MIN_VERSION;
	o->min_version = value;
	return 0;
}

SETTER(set_completion)
{
	UNUSED(row), UNUSED(name), UNUSED(m);
	o->action = ACTION_COMPLETION;
	o->completion = value;
	return 0;
}

SETTER(set_arg_file)
{
	const struct source_spec source = { .kind = SOURCE_FILE,
		.path = value };

	UNUSED(row);
	return store_add_source(o, &source) < 0 ? no_memory(name, m) : 0;
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
	UNUSED(row);
	return set_separator(&o->store->argument_separator, name, value, m);
}

SETTER(set_arg_file_sep)
{
	UNUSED(row);
	return set_separator(&o->store->file_separator, name, value, m);
}

SETTER(set_null)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->input.delimiter = "";
	o->input.delimiter_len = 1;
	return 0;
}

SETTER(set_delimiter)
{
	struct bytes bytes = { 0 };
	int r;

	UNUSED(row);
	if ((r = delimiter_parse(name, value, &bytes, m)) < 0)
		return r;
	o->input.delimiter_len = bytes.len;
	o->input.delimiter = store_keep(o->store, bytes.data);
	return o->input.delimiter == NULL ? no_memory(name, m) : 0;
}

SETTER(set_eof)
{
	UNUSED(row), UNUSED(name), UNUSED(m);
	o->input.eof = value;
	return 0;
}

SETTER(set_eof_optional)
{
	UNUSED(row), UNUSED(name), UNUSED(m);
	o->input.eof = value;
	return 0;
}

SETTER(set_trim)
{
	static const char *const names[] = { "n", "l", "r", "lr", "rl" };

	static const enum trim trims[] = { TRIM_NONE, TRIM_LEFT, TRIM_RIGHT,
		TRIM_BOTH, TRIM_BOTH };

	size_t i;

	UNUSED(row);
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(value, names[i]) == 0) {
			o->input.trim = trims[i];
			return 0;
		}
	return message_set(m, -EINVAL, "%s: '%s' is none of n, l, r, lr, rl",
	    name, value);
}

/* As GNU parallel 20221122 does it: whatever the expression, the header is one record. */
SETTER(set_header)
{
	UNUSED(row), UNUSED(name), UNUSED(m);
	o->input.header_paths = strcmp(value, "0") == 0;
	o->input.header = !o->input.header_paths;
	return 0;
}

SETTER(set_colsep)
{
	UNUSED(row), UNUSED(name), UNUSED(m);
	o->input.colsep = value;
	return 0;
}

SETTER(set_seed)
{
	char *end;

	UNUSED(row);
	errno = 0;
	o->input.seed = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0)
		return message_set(m, -EINVAL, "%s: '%s' is no number", name,
		    value);
	o->input.seeded = true;
	return 0;
}

static int
set_count(struct options *o, const char *name, const char *value,
    struct message *m)
{
	size_t n;
	int r;

	if ((r = size_parse(name, value, &n, m)) < 0)
		return r;
	o->batch.max_args = n > 0 ? n : 1;
	o->batch.no_values = n == 0;
	return 0;
}

SETTER(set_max_args)
{
	UNUSED(row);
	/* -N wins wherever it stands. */
	if (o->store->replace_args)
		return 0;
	return set_count(o, name, value, m);
}

/* Other than -n, -N and -L repeat the word around {}. */
SETTER(set_max_replace_args)
{
	UNUSED(row);
	o->store->replace_args = true;
	o->command.context = true;
	return set_count(o, name, value, m);
}

SETTER(set_max_lines)
{
	UNUSED(row);
	o->input.join_lines = true;
	o->command.context = true;
	return set_count(o, name, value, m);
}

/* -l0 is -l1. */
SETTER(set_max_lines_optional)
{
	int r;

	UNUSED(row);
	o->input.join_lines = true;
	r = set_count(o, name, value != NULL ? value : "1", m);
	o->batch.no_values = false;
	return r;
}

SETTER(set_max_chars)
{
	size_t n;
	int r;

	UNUSED(row);
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
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	return fill(o, true);
}

SETTER(set_context)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->command.by_tuple = true;
	o->command.context = true;
	return fill(o, true);
}

SETTER(set_xargs)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	return fill(o, false);
}

SETTER(set_replace_optional)
{
	UNUSED(row), UNUSED(name), UNUSED(m);
	o->command.replace = value;
	return 0;
}

static int
add_string(const char ***list, size_t *n, const char *name, const char *value,
    struct message *m)
{
	const char **bigger = store_grow(*list, *n, sizeof *bigger);

	if (bigger == NULL)
		return no_memory(name, m);
	*list = bigger;
	(*list)[(*n)++] = value;
	return 0;
}

SETTER(set_rule)
{
	UNUSED(row);
	return add_string(&o->store->rules, &o->store->nrules, name, value, m);
}

SETTER(set_match)
{
	UNUSED(row);
	return add_string(&o->store->match, &o->store->nmatch, name, value, m);
}

SETTER(set_shell_quote)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->command.shell_quote++;
	o->output.dry_run = true;
	return 0;
}

SETTER(set_exec)
{
	UNUSED(row);
	if (strcmp(value, "auto") != 0 && strcmp(value, "shell") != 0)
		return message_set(m, -EINVAL,
		    "%s: '%s' is neither auto nor shell", name, value);
	o->command.execution = *value == 's' ? EXECUTION_SHELL : EXECUTION_AUTO;
	return 0;
}

/* One host of a list: ":" or "N/:". */
static int
add_host(struct options *o, const char *name, struct text host,
    struct message *m)
{
	unsigned n = 0;
	size_t i;

	if (text_equals(host, ":"))
		return 0;
	for (i = 0; i < host.len && host.data[i] >= '0' &&
	     host.data[i] <= '9' && n < 100000;
	     i++)
		n = n * 10 + (unsigned)(host.data[i] - '0');
	if (i == 0 || n == 0 || host.len - i != 2 ||
	    memcmp(host.data + i, "/:", 2) != 0)
		return message_set(m, -ENOTSUP,
		    "%s %.*s: other hosts are not supported", name,
		    (int)host.len, host.data);
	o->run.cpus = n;
	return 0;
}

SETTER(set_sshlogin)
{
	size_t len;
	int r;

	UNUSED(row);
	do {
		len = strcspn(value, ",\n");
		if ((r = add_host(o, name, (struct text){ value, len }, m)) < 0)
			return r;
		value += len + (value[len] != '\0');
	} while (*value != '\0');
	return 0;
}

SETTER(set_nonall)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->store->nonall = true;
	return 0;
}

SETTER(set_timeout)
{
	size_t len = strlen(value);
	char *end;

	UNUSED(row);
	o->policy.timeout_percent = o->run.timeout = 0;
	if (len == 0 || value[len - 1] != '%')
		return duration_parse(name, value, &o->run.timeout, m);
	if (strspn(value, "0123456789.") == len - 1)
		o->policy.timeout_percent = strtod(value, &end);
	if (o->policy.timeout_percent <= 0)
		return message_set(m, -EINVAL, "%s: '%s' is no percentage",
		    name, value);
	return 0;
}

/* The engine knows the signals: here it is only that the form is right. */
SETTER(set_termseq)
{
	size_t part = 0;
	const char *at;

	UNUSED(row);
	for (at = value; *at != '\0'; part++) {
		size_t len = strcspn(at, ",");
		bool number = strspn(at, "0123456789") == len;

		if (len == 0 || len > 12 || (part % 2 == 1 && !number))
			break;
		at += len + (at[len] == ',' && at[len + 1] != '\0');
	}
	if (*at != '\0' || part == 0)
		return message_set(m, -EINVAL,
		    "%s: '%s' is not SIGNAL,MILLISECONDS,SIGNAL,...", name,
		    value);
	o->run.termseq = value;
	return 0;
}

SETTER(set_group)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->store->group = true;
	o->output.mode = OUTPUT_GROUP;
	return 0;
}

SETTER(set_ungroup)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->store->ungroup = true;
	o->output.mode = OUTPUT_UNGROUP;
	return 0;
}

SETTER(set_line_buffer)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->output.mode = OUTPUT_LINE;
	return 0;
}

/* "\t" is a tab. */
SETTER(set_tagstring)
{
	char *copy = store_keep(o->store, strdup(value)), *from = copy,
	     *to = copy;

	UNUSED(row);
	if (copy == NULL)
		return no_memory(name, m);
	while (*from != '\0') {
		if (from[0] == '\\' && from[1] == 't') {
			*to++ = '\t';
			from += 2;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	o->output.tag = true;
	o->output.tagstring = copy;
	return 0;
}

SETTER(set_keep_order)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->output.keep_order = !o->store->no_keep_order;
	return 0;
}

/* It wins wherever it stands. */
SETTER(set_no_keep_order)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->store->no_keep_order = true;
	o->output.keep_order = false;
	return 0;
}

SETTER(set_verbose)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->output.verbose++;
	return 0;
}

SETTER(set_silent)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->output.verbose = 0;
	return 0;
}

SETTER(set_profile)
{
	struct options_store *s = o->store;
	char **profiles = store_grow(s->profiles, s->nprofiles,
	    sizeof *profiles);
	char *copy = store_keep(s, strdup(value));

	UNUSED(row);
	if (profiles != NULL)
		s->profiles = profiles;
	if (profiles == NULL || copy == NULL)
		return no_memory(name, m);
	s->profiles[s->nprofiles++] = copy;
	return 0;
}

SETTER(set_plain)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->store->plain = true;
	return 0;
}
