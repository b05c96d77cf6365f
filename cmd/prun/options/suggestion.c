/* SPDX-License-Identifier: ISC */

/*
 * Compares names: see suggestion.h.  Knows the names of the option table only.
 */
#include <ctype.h>
#include <string.h>

#include "options/suggestion.h"
#include "options/table.h"

#define NAME_BYTES 48 /* nothing is suggested for a longer name */

/* The name without hyphens, in small letters.  False: it is too long. */
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
 * By how many typing errors the names differ: a letter too many, one that is missing,
 * a wrong one, or two that have changed places.
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

const char *
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
