/* SPDX-License-Identifier: ISC */

/*
 * --help and the completions of shells from the option table: see help.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "options/help.h"
#include "options/table.h"

#define COLUMN 30 /* where the explanations begin */

/* Prints "  -j, --jobs N", and returns how wide it is. */
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
		if (!option_is_shown(row))
			continue;
		n = print_names(out, row);
		if (n > COLUMN - 2)
			fprintf(out, "\n%*s%s\n", COLUMN, "", row->help);
		else
			fprintf(out, "%*s%s\n", COLUMN - n, "", row->help);
	}
}

/* The text stands between apostrophes: write each apostrophe in it as '\''. */
static void
print_quoted(FILE *out, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			fputs("'\\''", out);
			continue;
		}
		if (strchr(special, *text) != NULL)
			putc('\\', out);
		putc(*text, out);
	}
}

static bool
wants_file(const struct option_row *row)
{
	return row->value != NULL && strcmp(row->value, "FILE") == 0;
}

static void
print_bash(FILE *out)
{
	const struct option_row *row;

	fputs("_prun()\n{\n\tlocal options='", out);
	for (row = options_rows; row < options_rows + options_nrows; row++) {
		if (!option_is_shown(row))
			continue;
		if (row->name != NULL)
			fprintf(out, "--%s ", row->name);
		if (row->letter != '\0')
			fprintf(out, "-%c ", row->letter);
	}
	fputs(
	    "'\n"
	    "\tif [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then\n"
	    "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
	    "\telif ((COMP_CWORD == 1)) || [[ ${COMP_WORDS[COMP_CWORD-1]} == -* ]]; then\n"
	    "\t\tCOMPREPLY=($(compgen -cf -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
	    "\telse\n"
	    "\t\tCOMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
	    "\tfi\n"
	    "}\n"
	    "complete -o filenames -F _prun prun\n",
	    out);
}

static void
print_zsh_option(FILE *out, const struct option_row *row, const char *dashes,
    const char *name, size_t len)
{
	fprintf(out, "\t    '*%s%.*s[", dashes, (int)len, name);
	print_quoted(out, row->help, "[]:\\");
	putc(']', out);
	if (row->argument != ARGUMENT_NONE)
		fprintf(out, "%s:%s:%s",
		    row->argument == ARGUMENT_REQUIRED ? "" : ":",
		    row->argument == ARGUMENT_REQUIRED &&
			    strchr(row->value, '\'') == NULL ?
			row->value :
			"value",
		    wants_file(row) ? "_files" : "");
	fputs("' \\\n", out);
}

static void
print_zsh(FILE *out)
{
	const struct option_row *row;

	fputs("#compdef prun\n_prun()\n{\n\t_arguments -S \\\n", out);
	for (row = options_rows; row < options_rows + options_nrows; row++) {
		if (!option_is_shown(row))
			continue;
		if (row->name != NULL)
			print_zsh_option(out, row, "--", row->name,
			    strlen(row->name));
		if (row->letter != '\0')
			print_zsh_option(out, row, "-", &row->letter, 1);
	}
	fputs(
	    "\t    '(-)1:command:_command_names -e' '*::arguments:_normal'\n}\n"
	    "compdef _prun prun\n",
	    out);
}

static void
print_fish(FILE *out)
{
	const struct option_row *row;

	for (row = options_rows; row < options_rows + options_nrows; row++) {
		if (!option_is_shown(row))
			continue;
		fputs("complete -c prun", out);
		if (row->letter != '\0')
			fprintf(out, " -s %c", row->letter);
		if (row->name != NULL)
			fprintf(out, " -l %s", row->name);
		if (row->argument == ARGUMENT_REQUIRED)
			fputs(wants_file(row) ? " -r" : " -x", out);
		fputs(" -d '", out);
		for (const char *c = row->help; *c != '\0'; c++) {
			if (*c == '\'' || *c == '\\')
				putc('\\', out);
			putc(*c, out);
		}
		fputs("'\n", out);
	}
}

int
help_completion(FILE *out, const char *shell, struct message *m)
{
	if (strcmp(shell, "bash") == 0)
		print_bash(out);
	else if (strcmp(shell, "zsh") == 0)
		print_zsh(out);
	else if (strcmp(shell, "fish") == 0)
		print_fish(out);
	else
		return message_set(m, -EINVAL,
		    "--shell-completion: '%s' is none of bash, zsh, fish",
		    shell);
	return 0;
}
