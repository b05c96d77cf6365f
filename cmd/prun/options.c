/* SPDX-License-Identifier: ISC */

/*
 * Command lines to struct options: see options.h.  Options are found as
 * getopt_long(3) finds them, and end at the first word that is none, so that a
 * command keeps its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "options.h"
#include "options_set.h"
#include "options_table.h"
#include "profile.h"

/* A list of words on its way through the parser. */
struct words {
	const char *const *list;
	size_t n, at;
};

static bool
has_alias(const struct option_row *row, const char *name, size_t len)
{
	const char *alias = row->aliases;
	size_t n;

	for (; alias != NULL && *alias != '\0';
	     alias += n + strspn(alias + n, " ")) {
		n = strcspn(alias, " ");
		if (n == len && strncasecmp(alias, name, n) == 0)
			return true;
	}
	return false;
}

static bool
is_named(const struct option_row *row, const char *name, size_t len)
{
	if (row->name != NULL && strlen(row->name) == len &&
	    strncasecmp(row->name, name, len) == 0)
		return true;
	return (len == 1 && row->letter == *name) || has_alias(row, name, len);
}

static bool
has_prefix(const struct option_row *row, const char *prefix, size_t len)
{
	const char *alias = row->aliases;

	if (row->state == OPTION_HIDDEN)
		return false;
	if (row->name != NULL && strncasecmp(row->name, prefix, len) == 0)
		return true;
	for (; alias != NULL && *alias != '\0'; alias += strspn(alias, " ")) {
		if (strncasecmp(alias, prefix, len) == 0)
			return true;
		alias += strcspn(alias, " ");
	}
	return false;
}

static int
ambiguous(const char *name, size_t len, const struct option_row *a,
    const struct option_row *b, struct message *m)
{
	return message_set(m, -EINVAL, "option --%.*s is ambiguous: --%s, --%s",
	    (int)len, name, a->name, b->name);
}

/* The row that a long name, or an unambiguous beginning of one, means. */
static int
find_long(const char *name, size_t len, const struct option_row **row,
    struct message *m)
{
	size_t i;

	*row = NULL;
	for (i = 0; i < options_nrows; i++)
		if (is_named(&options_rows[i], name, len)) {
			*row = &options_rows[i];
			return 0;
		}
	for (i = 0; i < options_nrows && len > 0; i++) {
		if (!has_prefix(&options_rows[i], name, len))
			continue;
		if (*row != NULL)
			return ambiguous(name, len, *row, &options_rows[i], m);
		*row = &options_rows[i];
	}
	if (*row == NULL)
		return message_set(m, -EINVAL, "unknown option: --%.*s",
		    (int)len, name);
	return 0;
}

static const struct option_row *
find_short(char letter)
{
	size_t i;

	for (i = 0; i < options_nrows; i++)
		if (options_rows[i].letter == letter && letter != '\0')
			return &options_rows[i];
	return NULL;
}

static int
set(struct options *o, const struct option_row *row, const char *name,
    const char *value, struct message *m)
{
	/* The job of a semaphore gets prun's stdin as it is. */
	if (o->semaphore.enabled && strcmp(name, "--pipe") == 0)
		return 0;
	if (row->state == OPTION_NOT_YET)
		return message_set(m, -ENOTSUP, "%s is not supported", name);
	return row->set(o, row, name, value, m);
}

static bool
is_number(const char *word)
{
	return *word >= '0' && *word <= '9' &&
	    word[strspn(word, "0123456789.")] == '\0';
}

/* The argument that stands in the next word: *value stays NULL when it is optional. */
static int
next_value(struct words *w, const struct option_row *row, const char *name,
    const char **value, struct message *m)
{
	const char *next = w->at < w->n ? w->list[w->at] : NULL;

	if (row->argument == ARGUMENT_REQUIRED && next == NULL)
		return message_set(m, -EINVAL, "option %s needs an argument",
		    name);
	if (next == NULL ||
	    (row->argument == ARGUMENT_OPTIONAL && *next == '-') ||
	    (row->argument == ARGUMENT_OPTIONAL_NUMBER && !is_number(next)))
		return 0;
	*value = next;
	w->at++;
	return 0;
}

/* --name, --name=value, --name value; the cursor is behind the word. */
static int
parse_long(struct options *o, struct words *w, const char *word,
    struct message *m)
{
	size_t len = strcspn(word + 2, "=");
	const char *value = word[2 + len] == '=' ? word + 3 + len : NULL;
	const struct option_row *row;
	char name[64];
	int r;

	if ((r = find_long(word + 2, len, &row, m)) < 0)
		return r;
	message_set(m, 0, "%s%s", row->name && len > 1 ? "--" : "-",
	    row->name && len > 1 ? row->name :
				   (const char[]){ row->letter, '\0' });
	strlcpy(name, m->text, sizeof name);
	if (row->argument == ARGUMENT_NONE && value != NULL)
		return message_set(m, -EINVAL, "option %s takes no argument",
		    name);
	if (row->argument != ARGUMENT_NONE && value == NULL &&
	    (r = next_value(w, row, name, &value, m)) < 0)
		return r;
	return set(o, row, name, value, m);
}

/* -k, -kj2, -j 2: letters up to one that takes an argument. */
static int
parse_short(struct options *o, struct words *w, const char *word,
    struct message *m)
{
	const struct option_row *row;
	const char *value;
	char name[3] = "-";
	size_t i, digits;
	int r;

	for (i = 1; word[i] != '\0'; i++) {
		name[1] = word[i];
		if ((row = find_short(word[i])) == NULL)
			return message_set(m, -EINVAL, "unknown option: -%c",
			    word[i]);
		if (row->argument == ARGUMENT_NONE) {
			if ((r = set(o, row, name, NULL, m)) < 0)
				return r;
			continue;
		}
		value = word[i + 1] != '\0' ? word + i + 1 : NULL;
		digits = value ? strspn(value, "0123456789") : 0;
		/* -lk is -l -k. */
		if (row->argument == ARGUMENT_OPTIONAL_NUMBER &&
		    value != NULL && digits == 0) {
			if ((r = set(o, row, name, NULL, m)) < 0)
				return r;
			continue;
		}
		if (value == NULL &&
		    (r = next_value(w, row, name, &value, m)) < 0)
			return r;
		return set(o, row, name, value, m);
	}
	return 0;
}

/* Options up to the first word that is none; the cursor is on it. */
static int
parse_words(struct options *o, struct words *w, struct message *m)
{
	const char *word;
	int r = 0;

	while (r == 0 && w->at < w->n) {
		word = w->list[w->at];
		if (word[0] != '-' || word[1] == '\0')
			break;
		w->at++;
		if (strcmp(word, "--") == 0)
			break;
		r = word[1] == '-' ? parse_long(o, w, word, m) :
				     parse_short(o, w, word, m);
	}
	return r;
}

static int
add_command_word(struct options_store *s, const char *word, struct message *m)
{
	const char **words = store_grow(s->words, s->nwords, sizeof *words);

	if (words == NULL)
		return message_errno(m, -ENOMEM, "command");
	s->words = words;
	s->words[s->nwords++] = word;
	return 0;
}

/* What a word that parts sources means. */
struct separator {
	bool is_one;
	enum source_kind kind;
	bool linked;
};

static struct separator
separator_of(const struct options_store *s, const char *word)
{
	const char *arguments = s->argument_separator ? s->argument_separator :
							":::";
	const char *files = s->file_separator ? s->file_separator : "::::";
	const char *const names[] = { arguments, files };
	struct separator result = { false, SOURCE_ARGUMENTS, false };
	size_t i, len;

	for (i = 0; i < 2 && !result.is_one; i++) {
		len = strlen(names[i]);
		if (strncmp(word, names[i], len) != 0)
			continue;
		result.is_one = word[len] == '\0' ||
		    strcmp(word + len, "+") == 0;
		result.linked = word[len] == '+';
		result.kind = i == 0 ? SOURCE_ARGUMENTS : SOURCE_FILE;
	}
	return result;
}

static int
add_sources(struct options *o, struct separator separator,
    const char *const *words, size_t n, struct message *m)
{
	struct source_spec source = { .kind = separator.kind,
		.linked = separator.linked,
		.words = words,
		.nwords = n };
	size_t i;
	int r = 0;

	if (separator.kind == SOURCE_ARGUMENTS)
		return store_add_source(o, &source) < 0 ?
		    message_errno(m, -ENOMEM, "command") :
		    0;
	for (i = 0; i < n && r == 0; i++) {
		source.path = words[i];
		r = store_add_source(o, &source);
	}
	return r < 0 ? message_errno(m, r, "command") : 0;
}

/* The command, and the sources behind it. */
static int
take_rest(struct options *o, struct words *w, struct message *m)
{
	struct separator separator = { false, SOURCE_ARGUMENTS, false };
	size_t from;
	int r = 0;

	for (; w->at < w->n && r == 0; w->at++) {
		separator = separator_of(o->store, w->list[w->at]);
		if (separator.is_one)
			break;
		r = add_command_word(o->store, w->list[w->at], m);
	}
	while (r == 0 && w->at < w->n) {
		struct separator next = { false, SOURCE_ARGUMENTS, false };

		for (from = ++w->at; w->at < w->n && !next.is_one;) {
			next = separator_of(o->store, w->list[w->at]);
			w->at += !next.is_one;
		}
		r = add_sources(o, separator, w->list + from, w->at - from, m);
		separator = next;
	}
	return r;
}

/* Words that somebody else wrote down: options, and words that come before the command's. */
static int
take_defaults(struct options *o, struct profile *p, struct message *m)
{
	struct words w = { (const char *const *)p->words, p->nwords, 0 };
	size_t i;
	int r = 0;

	/* The store keeps the words: struct options points at them. */
	for (i = 0; i < p->nwords; i++) {
		char *word = p->words[i];

		p->words[i] = NULL;
		if ((p->words[i] = store_keep(o->store, word)) == NULL)
			r = message_errno(m, -ENOMEM, "options");
	}
	if (r == 0 && (r = parse_words(o, &w, m)) == 0)
		for (; w.at < w.n && r == 0; w.at++)
			r = add_command_word(o->store, w.list[w.at], m);
	free(p->words);
	*p = (struct profile){ 0 };
	return r;
}

static int
take_variable(struct options *o, const char *name, struct message *m)
{
	const char *value = getenv(name);
	struct profile p = { 0 };
	char label[32] = "$";
	int r;

	if (value == NULL)
		return 0;
	strlcat(label, name, sizeof label);
	if ((r = profile_split(&p, label, text_of(value), m)) < 0) {
		profile_fini(&p);
		return r;
	}
	return take_defaults(o, &p, m);
}

/* The config files, or the profiles that argv asks for, then the variables. */
static int
take_all_defaults(struct options *o, const struct options_store *asked,
    struct message *m)
{
	struct profile p = { 0 };
	size_t i;
	int r = 0;

	if (asked->plain)
		return 0;
	if (asked->nprofiles == 0)
		r = profile_read_config(&p, m);
	for (i = 0; i < asked->nprofiles && r == 0; i++) {
		if ((r = profile_read(&p, asked->profiles[i], m)) == 0 &&
		    i + 1 < asked->nprofiles)
			r = take_defaults(o, &p, m);
	}
	if (r < 0) {
		profile_fini(&p);
		return r;
	}
	if ((r = take_defaults(o, &p, m)) == 0 &&
	    (r = take_variable(o, "PARALLEL", m)) == 0)
		r = take_variable(o, "PRUN", m);
	return r;
}

static int
new_store(struct options *o, struct message *m)
{
	*o = (struct options){ 0 };
	if ((o->store = calloc(1, sizeof *o->store)) == NULL)
		return message_errno(m, -ENOMEM, "options");
	return 0;
}

/* --nonall: one job, whose tag is the host. */
static void
prepare_nonall(struct options *o)
{
	static const char *const nothing[] = { "" };
	static struct source_spec once = { .kind = SOURCE_ARGUMENTS,
		.words = nothing,
		.nwords = 1 };

	o->input.sources = &once;
	o->input.nsources = 1;
	o->batch.no_values = true;
	if (o->output.tagstring == NULL)
		o->output.tagstring = ":";
}

static int
finish(struct options *o, struct message *m)
{
	struct options_store *s = o->store;

	if (s->group && s->ungroup)
		return message_set(m, -EINVAL,
		    "--group cannot be combined with --ungroup");
	/* What has the terminal has it alone, unless the user knows better. */
	if (s->tty && o->run.jobs == NULL)
		o->run.jobs = "1";
	if (s->tty && !s->group && o->output.mode == OUTPUT_GROUP)
		o->output.mode = OUTPUT_UNGROUP;
	o->input.sources = s->sources;
	o->input.nsources = s->nsources;
	o->command.words = s->words;
	o->command.nwords = s->nwords;
	o->command.rules = s->rules;
	o->command.nrules = s->nrules;
	o->command.match = s->match;
	o->command.nmatch = s->nmatch;
	if (s->replace_args || o->input.join_lines)
		o->command.by_tuple = false;
	if (o->batch.max_chars == 0)
		o->batch.max_chars = command_limit();
	if (s->nonall)
		prepare_nonall(o);
	return 0;
}

/* What argv says of profiles must be known before they are read. */
static int
parse_arguments(struct options *o, const struct words *arguments,
    struct message *m)
{
	struct options first;
	struct words w = *arguments;
	int r;

	if ((r = new_store(&first, m)) == 0) {
		first.semaphore = o->semaphore;
		r = parse_words(&first, &w, m);
	}
	if (r == 0)
		r = take_all_defaults(o, first.store, m);
	options_fini(&first);
	if (r < 0)
		return r;
	w = *arguments;
	if ((r = parse_words(o, &w, m)) == 0)
		r = take_rest(o, &w, m);
	return r;
}

int
options_parse(int argc, char *const argv[], struct options *o,
    struct message *m)
{
	struct words arguments = { (const char *const *)argv + 1,
		argc > 0 ? (size_t)argc - 1 : 0, 0 };
	const char *name = argc > 0 ? argv[0] : "prun";
	int r;

	if ((r = new_store(o, m)) < 0)
		return r;
	if (strrchr(name, '/') != NULL)
		name = strrchr(name, '/') + 1;
	o->semaphore.enabled = strcmp(name, "sem") == 0;
	if ((r = parse_arguments(o, &arguments, m)) < 0)
		return r;
	return finish(o, m);
}

void
options_fini(struct options *o)
{
	struct options_store *s = o->store;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nstrings; i++)
		free(s->strings[i]);
	free(s->strings);
	free(s->sources);
	free(s->words);
	free(s->rules);
	free(s->match);
	free(s->profiles);
	free(s);
	*o = (struct options){ 0 };
}

int
options_list(FILE *out)
{
	static const char *const states[] = { "ready", "not-yet", "hidden" };
	const struct option_row *row;

	for (row = options_rows; row < options_rows + options_nrows; row++)
		if (fprintf(out, "%s %c %s %s\n", row->name ? row->name : "-",
			row->letter ? row->letter : '-',
			row->value ? row->value : "-", states[row->state]) < 0)
			return -EIO;
	return 0;
}
