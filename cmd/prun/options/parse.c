/* SPDX-License-Identifier: ISC */

/*
 * Parses words as options, and suggests what a wrong name may have meant: see parse.h.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "options/option_row.h"
#include "options/parse.h"
#include "options/set.h"

#define NAME_BYTES 48 /* for a longer name prun suggests no other */

/* Copies the name without hyphens, in small letters.  False: the name is too long. */
static bool
fold(char folded[NAME_BYTES], const char *name, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (name[i] == '-' || name[i] == '_')
			continue;
		if (n == NAME_BYTES - 1)
			return false;
		folded[n++] = (char)tolower((unsigned char)name[i]);
	}
	folded[n] = '\0';
	return true;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * How many typing errors turn one name into the other.  An error is an added, a missing or a
 * wrong letter, or two letters that have changed places.
 */
static unsigned
typing_errors(const char *a, const char *b)
{
	unsigned rows[3][NAME_BYTES] = { 0 };
	unsigned *before = rows[0], *above = rows[1], *row = rows[2], *oldest;
	const size_t na = strlen(a), nb = strlen(b);

	for (size_t j = 0; j <= nb; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = least(above[j], row[j - 1]) + 1;
			row[j] = least(row[j],
			    above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		oldest = before;
		before = above;
		above = row;
		row = oldest;
	}
	return above[nb];
}

/*
 * The long name, without "--", that the user may have meant: one that differs from name only
 * in hyphens, else one that differs by few typing errors.  NULL: there is none.
 */
static const char *
suggestion_for(const char *name, size_t len)
{
	const struct option_row *row;
	const char *best = NULL;
	char wanted[NAME_BYTES] = "", folded[NAME_BYTES] = "";
	unsigned errors, fewest;

	if (!fold(wanted, name, len))
		return NULL;
	fewest = (unsigned)strlen(wanted) / 4 + 1;
	fewest = least(fewest, 4);
	for (row = options_rows; row < options_rows + options_nrows; row++) {
		if (row->name == NULL || !option_is_shown(row) ||
		    !fold(folded, row->name, strlen(row->name)))
			continue;
		if ((errors = typing_errors(wanted, folded)) < fewest) {
			fewest = errors;
			best = row->name;
		}
	}
	return best;
}

bool
suggestion_is_like(struct text a, struct text b)
{
	char one[NAME_BYTES] = "", other[NAME_BYTES] = "";

	return fold(one, a.data, a.len) && fold(other, b.data, b.len) &&
	    typing_errors(one, other) <= (strlen(other) > 3);
}

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

/*
 * Returns the name of the row if it begins with the prefix, else the first alias that
 * does, else NULL.  *n is the length of what is returned.
 */
static const char *
name_with_prefix(const struct option_row *row, const char *prefix, size_t len,
    size_t *n)
{
	const char *alias = row->aliases;

	if (row->state == OPTION_HIDDEN)
		return NULL;
	if (row->name != NULL && strncasecmp(row->name, prefix, len) == 0) {
		*n = strlen(row->name);
		return row->name;
	}
	for (; alias != NULL && *alias != '\0';
	     alias += *n + strspn(alias + *n, " ")) {
		*n = strcspn(alias, " ");
		if (strncasecmp(alias, prefix, len) == 0)
			return alias;
	}
	return NULL;
}

/* The next row, from row on, that has a name with the prefix. */
static const struct option_row *
next_of_prefix(const struct option_row *row, bool newer, const char *prefix,
    size_t len)
{
	size_t n;

	for (; row < options_rows + options_nrows; row++)
		if ((row->state == OPTION_NEWER) == newer &&
		    name_with_prefix(row, prefix, len, &n) != NULL)
			return row;
	return NULL;
}

static void
say_unknown(const char *name, size_t len, struct message *m)
{
	const char *meant = suggestion_for(name, len);

	if (meant == NULL)
		message_set(m, 0, "unknown option: --%.*s", (int)len, name);
	else
		message_set(m, 0, "unknown option: --%.*s (did you mean --%s?)",
		    (int)len, name, meant);
}

/* Sets a message that names all options that may be meant; first those that work. */
static void
say_ambiguous(const char *name, size_t len, bool newer, struct message *m)
{
	const struct option_row *row;
	char names[sizeof m->text] = "";
	const char *one;
	size_t n, end = 0;

	for (int works = 1; works >= 0; works--)
		for (row = next_of_prefix(options_rows, newer, name, len);
		     row != NULL;
		     row = next_of_prefix(row + 1, newer, name, len))
			if (option_is_shown(row) == (works == 1) &&
			    end < sizeof names) {
				one = name_with_prefix(row, name, len, &n);
				end += (size_t)snprintf(names + end,
				    sizeof names - end, "%s--%.*s",
				    end > 0 ? ", " : "", (int)n, one);
			}
	message_set(m, 0, "option --%.*s is ambiguous: %s", (int)len, name,
	    names);
}

/* The row with that long name, or else with the only name that begins with it. */
static const struct option_row *
find_long(const char *name, size_t len, struct message *m)
{
	const struct option_row *row, *found = NULL;
	bool newer = false;

	for (row = options_rows; row < options_rows + options_nrows; row++)
		if (is_named(row, name, len))
			return row;
	if (len > 0)
		found = next_of_prefix(options_rows, newer, name, len);
	if (len > 0 && found == NULL)
		found = next_of_prefix(options_rows, newer = true, name, len);
	if (found == NULL) {
		say_unknown(name, len, m);
		return NULL;
	}
	if (next_of_prefix(found + 1, newer, name, len) == NULL)
		return found;
	say_ambiguous(name, len, newer, m);
	return NULL;
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
	if (row->state == OPTION_NOT_YET && row->set == NULL)
		return message_set(m, -ENOTSUP, "%s is not supported", name);
	if (row->name != NULL &&
	    store_add_given(o->store, row->name, value) < 0)
		return message_errno(m, -ENOMEM, "%s", name);
	return row->set(o, row, name, value, m);
}

static bool
is_number(const char *word)
{
	return *word >= '0' && *word <= '9' &&
	    word[strspn(word, "0123456789.")] == '\0';
}

/*
 * Takes the argument from the next word.  If the argument is optional, and that word cannot
 * be one, *value stays NULL.
 */
static int
next_value(struct options *o, struct words *w, const struct option_row *row,
    const char *name, const char **value, struct message *m)
{
	const char *next = w->at < w->n ? w->list[w->at] : NULL;

	if (row->argument == ARGUMENT_REQUIRED && next == NULL)
		return message_set(m, -EINVAL, "option %s needs an argument",
		    name);
	if (next == NULL || row->argument == ARGUMENT_ATTACHED ||
	    (row->argument == ARGUMENT_OPTIONAL && *next == '-') ||
	    (row->argument == ARGUMENT_OPTIONAL_NUMBER && !is_number(next)))
		return 0;
	if (strncmp(next, ":::", 3) == 0 && row->name != NULL)
		o->swallowed = row->name;
	*value = next;
	w->at++;
	return 0;
}

/* Parses --name, --name=value or --name value; w->at is already behind the word. */
static int
parse_long(struct options *o, struct words *w, const char *word,
    struct message *m)
{
	size_t len = strcspn(word + 2, "=");
	const char *value = word[2 + len] == '=' ? word + 3 + len : NULL;
	const struct option_row *row;
	char name[64];
	int r;

	if ((row = find_long(word + 2, len, m)) == NULL)
		return -EINVAL;
	message_set(m, 0, "%s%s", row->name && len > 1 ? "--" : "-",
	    row->name && len > 1 ? row->name :
				   (const char[]){ row->letter, '\0' });
	strlcpy(name, m->text, sizeof name);
	if (row->argument == ARGUMENT_NONE && value != NULL)
		return message_set(m, -EINVAL, "option %s takes no argument",
		    name);
	if (row->argument != ARGUMENT_NONE && value == NULL &&
	    (r = next_value(o, w, row, name, &value, m)) < 0)
		return r;
	return set(o, row, name, value, m);
}

/* Parses -k, -kj2 or -j 2.  Only the last letter of a word can have an argument. */
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
		/* "-lk" means "-l -k", as k is no number for -l. */
		if (row->argument == ARGUMENT_OPTIONAL_NUMBER &&
		    value != NULL && digits == 0) {
			if ((r = set(o, row, name, NULL, m)) < 0)
				return r;
			continue;
		}
		if (value == NULL &&
		    (r = next_value(o, w, row, name, &value, m)) < 0)
			return r;
		return set(o, row, name, value, m);
	}
	return 0;
}

int
options_parse_words(struct options *o, struct words *w, struct message *m)
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

bool
options_is_one(const char *word)
{
	const struct option_row *row;
	const size_t len = strlen(word);

	if (strcmp(word, "-k") == 0 ||
	    (strncmp(word, "-j", 2) == 0 && is_number(word + 2)))
		return true;
	if (strncmp(word, "--", 2) != 0 || len < 4)
		return false;
	for (row = options_rows; row < options_rows + options_nrows; row++)
		if (option_is_shown(row) && row->name != NULL &&
		    strcmp(row->name, word + 2) == 0)
			return true;
	return false;
}

const struct option_row *
options_find(const char *word, struct message *m)
{
	const struct option_row *row;

	if (strncmp(word, "--", 2) == 0)
		return find_long(word + 2, strcspn(word + 2, "="), m);
	row = find_short(word[1]);
	if (row == NULL)
		message_set(m, 0, "unknown option: %s", word);
	return row;
}
