/* SPDX-License-Identifier: ISC */

/*
 * Owns the text of -h, and prints --help: see options.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "options/option_row.h"
#include "options/options.h"
#include "options/parse.h"
#include "prun.h"

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

static void
print_row(FILE *out, const struct option_row *row)
{
	int n = print_names(out, row);

	if (n > COLUMN - 2)
		fprintf(out, "\n%*s%s\n", COLUMN, "", row->help);
	else
		fprintf(out, "%*s%s\n", COLUMN - n, "", row->help);
}

void
help_usage(FILE *out)
{
	fputs(
	    "usage: prun [options] [command] ::: value ...\n"
	    "       prun [options] [command] < list\n\n"
	    "Run the command once for each value, in parallel.\n\n"
	    "  prun gzip ::: *.log                   as many at a time as there are CPUs\n"
	    "  prun -j4 --tag ping -c1 :::: hosts    four at a time, each line with its host\n"
	    "  find . -name '*.wav' -print0 | prun -0 --bar flac -o {.}.flac {}\n\n"
	    "  -j N               N jobs at a time; 50%, +2 and -1 of the CPUs\n"
	    "  -k                 print output in the order of the input\n"
	    "  --tag              begin each line of output with the value\n"
	    "  --dry-run          print the commands instead of running them\n"
	    "  --bar              show how far it is, and when it will be done\n"
	    "  --halt now,fail=1  stop everything when a job fails\n"
	    "  --timeout TIME     kill a job after TIME, such as 90 or 1m30s\n"
	    "  --retries N        try a failing job up to N times\n"
	    "  --joblog FILE      log each job; --resume goes on where a log ends\n"
	    "  --pipe             give each job a part of stdin\n\n"
	    "prun --help has all options, prun --help TOPIC those of input, command, jobs,\n"
	    "output, streams, ..., and prun --help --OPTION what the manual says of one.\n",
	    out);
}

static void
print_all(FILE *out)
{
	const struct option_row *row;

	fputs("usage: prun [options] [command [arguments]] < list\n"
	      "       prun [options] [command [arguments]] "
	      "(::: arguments | :::: files | :::+ | ::::+) ...\n\n"
	      "Run the command once for each argument, in parallel.\n",
	    out);
	for (row = options_rows; row < options_rows + options_nrows; row++) {
		if (row->state == OPTION_HEADING)
			fprintf(out, "\n%s:\n", row->help);
		else if (option_is_shown(row))
			print_row(out, row);
	}
}

/* Does the name of the topic begin with these letters, small or large? */
static bool
is_topic(const struct option_row *row, const char *about)
{
	return row->state == OPTION_HEADING &&
	    strncasecmp(row->help, about, strlen(about)) == 0;
}

static int
no_topic(const char *about, struct message *m)
{
	const struct option_row *row;
	struct message topics = { "" };

	for (row = options_rows; row < options_rows + options_nrows; row++) {
		if (row->state != OPTION_HEADING)
			continue;
		if (*topics.text != '\0')
			(void)strlcat(topics.text, ", ", sizeof(topics.text));
		(void)strlcat(topics.text, row->help, sizeof(topics.text));
	}
	return message_set(m, -EINVAL, "--help: '%s' is none of %s", about,
	    topics.text);
}

static int
print_topic(FILE *out, const char *about, struct message *m)
{
	const struct option_row *row = options_rows;
	const struct option_row *end = options_rows + options_nrows;

	while (row < end && !is_topic(row, about))
		row++;
	if (row == end)
		return no_topic(about, m);
	fprintf(out, "%s:\n", row->help);
	for (row++; row < end && row->state != OPTION_HEADING; row++) {
		if (option_is_shown(row))
			print_row(out, row);
	}
	return 0;
}

/* How many blanks the line begins with. */
static size_t
indentation(const char *line)
{
	return strspn(line, " ");
}

/* Does a line of the manual, which names options, name that option? */
static bool
names_option(const char *line, const char *flag)
{
	const size_t len = strlen(flag);
	const char *at = line;

	if (line[indentation(line)] != '-')
		return false;
	while ((at = strstr(at, flag)) != NULL) {
		if ((at == line || strchr(" ,", at[-1]) != NULL) &&
		    strchr(" ,=[", at[len]) != NULL)
			return true;
		at += len;
	}
	return false;
}

/* man(1) prints a bold letter twice, with a backspace between: leaves one of them. */
static void
make_plain(char *line)
{
	char *to = line;

	for (const char *from = line; *from != '\0'; from++) {
		if (*from != '\b')
			*to++ = *from;
		else if (to > line)
			to--;
	}
	*to = '\0';
}

/*
 * Prints the paragraph of the option from the manual as man(1) shows it.  False: there is no
 * manual, or the manual does not have the option.
 */
static bool
print_manual(FILE *out, const char *flag)
{
	const char *argv[] = { "man", "1", "prun", NULL };
	const char *env[] = { "MANPAGER=cat", "PAGER=cat", "MANWIDTH=78",
		NULL };
	const struct prun_spec spec = {
		.size = sizeof(spec),
		.argv = argv,
		.setenv = env,
		.err = { .kind = PRUN_STDIO_NULL },
	};
	bool inside = false, found = false;
	char *text = NULL, *rest, *line;
	size_t indent = 0;

	if (prun_check_output(&spec, &text, NULL, NULL) != 0) {
		free(text);
		return false;
	}
	make_plain(rest = text);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (inside && *line != '\0' && indentation(line) <= indent)
			inside = false;
		if (!found && names_option(line, flag)) {
			inside = found = true;
			indent = indentation(line);
		}
		if (inside)
			fprintf(out, "%s\n", line);
	}
	free(text);
	return found;
}

static int
print_option(FILE *out, const char *word, struct message *m)
{
	const struct option_row *row = options_find(word, m);
	struct message flag;

	if (row == NULL)
		return -EINVAL;
	if (row->name != NULL)
		message_set(&flag, 0, "--%s", row->name);
	else
		message_set(&flag, 0, "-%c", row->letter);
	if (option_is_shown(row) && print_manual(out, flag.text))
		return 0;
	if (!option_is_shown(row))
		return message_set(m, -ENOTSUP, "%s is not supported%s%s",
		    flag.text, row->set == NULL ? "" : ": ",
		    row->set == NULL ? "" : row->help);
	print_row(out, row);
	return 0;
}

int
help_print(FILE *out, const char *about, struct message *m)
{
	if (about != NULL && *about == '-')
		return print_option(out, about, m);
	if (about != NULL && *about != '\0')
		return print_topic(out, about, m);
	print_all(out);
	return 0;
}
