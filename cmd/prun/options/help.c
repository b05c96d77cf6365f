/* SPDX-License-Identifier: ISC */

/*
 * --help out of the option table: see help.h.
 */
#include <stdio.h>
#include <string.h>

#include "options/help.h"
#include "options/table.h"

#define COLUMN 30 /* where the explanations begin */

/* "  -j, --jobs N": how wide it is. */
static int
print_names(FILE *out, const struct option_row *row)
{
	int n = 0;

	if (row->letter != '\0')
		n += fprintf(out, "  -%c%s", row->letter,
		    row->name ? ", " : "");
	else
		n += fprintf(out, "      ");
	if (row->name != NULL)
		n += fprintf(out, "--%s", row->name);
	if (row->argument == ARGUMENT_REQUIRED)
		n += fprintf(out, " %s", row->value);
	else if (row->argument != ARGUMENT_NONE)
		n += fprintf(out, row->name ? "[=%s]" : "[%s]", row->value);
	return n;
}

void
help_print(FILE *out)
{
	const struct option_row *row;
	int n;

	fputs("usage: prun [options] [command [arguments]] < list\n"
	      "       prun [options] [command [arguments]] "
	      "(::: arguments | :::: files | :::+ | ::::+) ...\n\n"
	      "Run the command once for each argument, in parallel.\n\n",
	    out);
	for (row = options_rows; row < options_rows + options_nrows; row++) {
		if (row->state != OPTION_READY)
			continue;
		n = print_names(out, row);
		if (n > COLUMN - 2)
			fprintf(out, "\n%*s%s\n", COLUMN, "", row->help);
		else
			fprintf(out, "%*s%s\n", COLUMN - n, "", row->help);
	}
}
