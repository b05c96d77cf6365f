/* SPDX-License-Identifier: ISC */

/*
 * Owns what the completions know about the arguments of options: see programs.h.  How each
 * shell uses that is in cmd/prun/functions/complete_*.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "control/request.h"
#include "file_text.h"
#include "options/option_row.h"
#include "programs.h"

FILE_TEXT(complete_bash);
FILE_TEXT(complete_fish);
FILE_TEXT(complete_zsh);

/* The kinds of arguments. */
enum kind {
	KIND_VALUE, /* nothing is known about it */
	KIND_WORDS, /* one word of a list */
	KIND_LIST, /* some words of a list, with commas between */
	KIND_FILE,
	KIND_FOLDER,
	KIND_COMMAND,
	KIND_VARIABLE,
	KIND_USER,
	KIND_HOST,
};

/*
 * For each kind its name in bash, its action in zsh, and the end of an option's line in
 * fish.
 */
static const struct {
	const char *bash, *zsh, *fish;
} kinds[] = {
	[KIND_VALUE] = { "value", "", " -f" },
	[KIND_WORDS] = { "words", NULL, NULL },
	[KIND_LIST] = { "list", NULL, NULL },
	[KIND_FILE] = { "file", "_files", " -F" },
	[KIND_FOLDER] = { "folder", "_files -/",
	    " -f -a '(__fish_complete_directories)'" },
	[KIND_COMMAND] = { "command", "_command_names -e",
	    " -f -a '(__fish_complete_command)'" },
	[KIND_VARIABLE] = { "variable", "_parameters",
	    " -f -a '(set --names)'" },
	[KIND_USER] = { "user", "_users", " -f -a '(__fish_complete_users)'" },
	[KIND_HOST] = { "host", "_hosts", " -f -a '(__fish_print_hostnames)'" },
};

/* Arguments, found by the name of the option, or by their own name. */
static const struct argument {
	const char *option, *name;
	enum kind kind;
	const char *words;
} arguments[] = {
	{ "trim", NULL, KIND_WORDS, "n l r lr rl" },
	{ "header", NULL, KIND_WORDS, ": 0" },
	{ "exec", NULL, KIND_WORDS, "auto shell" },
	{ "worker", NULL, KIND_WORDS, "fork shared" },
	{ "jobserver-serve", NULL, KIND_WORDS, "pipe fifo" },
	{ "term-seq", NULL, KIND_WORDS,
	    "TERM,200,TERM,100,TERM,50,KILL,25 INT,3000,KILL,25" },
	{ "leak", NULL, KIND_WORDS, "warn kill ignore" },
	{ "remote", NULL, KIND_WORDS, "agent ssh" },
	{ "halt", NULL, KIND_WORDS,
	    "never soon,fail=1 soon,fail=10% soon,success=1 soon,done=1 "
	    "now,fail=1 now,fail=10% now,success=1 now,done=1" },
	{ "retry-on", NULL, KIND_LIST, "fail timeout signal status=" },
	{ "rlimit", NULL, KIND_LIST,
	    "as= core= cpu= data= fsize= locks= memlock= msgqueue= nice= nofile= nproc= rss= "
	    "rtprio= rttime= sigpending= stack=" },
	{ "ci", NULL, KIND_WORDS,
	    "auto github gitlab buildkite azure teamcity" },
	{ "color", NULL, KIND_WORDS, "auto always never" },
	{ "digest", NULL, KIND_LIST, "all slow" },
	{ "records", NULL, KIND_WORDS, "csv fasta fastq json" },
	{ "shell-completion", NULL, KIND_WORDS, "auto bash zsh fish" },
	{ "shell-functions", NULL, KIND_WORDS,
	    "auto bash zsh fish ksh mksh dash sh" },
	{ "env", NULL, KIND_VARIABLE, NULL },
	{ "process-slot-var", NULL, KIND_VARIABLE, NULL },
	{ "results", NULL, KIND_FILE, NULL },
	{ "sudo", NULL, KIND_USER, NULL },
	{ NULL, "FILE", KIND_FILE, NULL },
	{ NULL, "FILE=NAME", KIND_FILE, NULL },
	{ NULL, "DIR", KIND_FOLDER, NULL },
	{ NULL, "PATH", KIND_COMMAND, NULL },
	{ NULL, "COMMAND", KIND_COMMAND, NULL },
	{ NULL, "PROGRAM", KIND_COMMAND, NULL },
	{ NULL, "HOSTS", KIND_HOST, NULL },
};

static const struct argument *
argument_of(const struct option_row *row)
{
	static const struct argument other = { .kind = KIND_VALUE };

	for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++) {
		const struct argument *a = &arguments[i];

		if (a->option != NULL ?
			row->name != NULL && strcmp(row->name, a->option) == 0 :
			row->value != NULL && strcmp(row->value, a->name) == 0)
			return a;
	}
	return &other;
}

/* Prints the topics of --help, each by its first word. */
static void
print_topics(FILE *out)
{
	for (size_t i = 0; i < options_nrows; i++)
		if (options_rows[i].state == OPTION_HEADING)
			fprintf(out, " %.*s",
			    (int)strcspn(options_rows[i].help, " ,"),
			    options_rows[i].help);
}

static bool
is_help(const struct option_row *row)
{
	return row->name != NULL && strcmp(row->name, "help") == 0;
}

/*
 * The word by which the functions know how an option takes an argument: none, needs, may,
 * number or any.
 */
static const char *
how_it_takes(const struct option_row *row)
{
	static const char *const names[] = {
		[ARGUMENT_NONE] = "none",
		[ARGUMENT_REQUIRED] = "needs",
		[ARGUMENT_OPTIONAL] = "may",
		[ARGUMENT_OPTIONAL_NUMBER] = "number",
		[ARGUMENT_ATTACHED] = "none",
		[ARGUMENT_ANY] = "any",
	};

	return names[row->argument];
}

/* Prints all names of the option, each after the text `between`. */
static void
print_names(FILE *out, const struct option_row *row, const char *between)
{
	const char *alias = row->aliases;
	const char *first = "";

	if (row->letter != '\0') {
		fprintf(out, "-%c", row->letter);
		first = between;
	}
	if (row->name != NULL) {
		fprintf(out, "%s--%s", first, row->name);
		first = between;
	}
	while (alias != NULL && *alias != '\0') {
		const size_t n = strcspn(alias, " ");

		fprintf(out, "%s--%.*s", first, (int)n, alias);
		alias += n + strspn(alias + n, " ");
	}
}

/* Does the option take an argument? */
static bool
has_argument(const struct option_row *row)
{
	return row->state != OPTION_HEADING && row->argument != ARGUMENT_NONE;
}

static void
print_verbs(FILE *out, const char *before, const char *behind, bool of_jobs)
{
	fputs(before, out);
	for (int i = 0; i < VERB_COUNT; i++)
		if (!of_jobs || verb_rows[i].argument == REQUEST_JOB ||
		    verb_rows[i].argument == REQUEST_MAY_JOB)
			fprintf(out, "%s ", verb_rows[i].name);
	fprintf(out, "%s%s\n", of_jobs ? "" : "top", behind);
}

static void
print_bash(FILE *out)
{
	const struct option_row *row, *end = options_rows + options_nrows;

	fputs("_prun_options='", out);
	for (row = options_rows; row < end; row++) {
		if (!option_is_shown(row))
			continue;
		if (row->name != NULL)
			fprintf(out, "--%s ", row->name);
		if (row->letter != '\0')
			fprintf(out, "-%c ", row->letter);
	}
	print_verbs(out, "'\n_prunctl_verbs='", "'", false);
	print_verbs(out, "_prunctl_job_verbs='", "'", true);
	fputs(
	    "\n# In REPLY: whether the option takes the next word, and what its argument is.\n"
	    "_prun_argument()\n{\n\tcase $1 in\n",
	    out);
	for (row = options_rows; row < end; row++) {
		const struct argument *a = argument_of(row);

		if (!has_argument(row))
			continue;
		fputc('\t', out);
		print_names(out, row, " | ");
		fprintf(out, ") REPLY='%s %s %s", how_it_takes(row),
		    is_help(row) ? "words" : kinds[a->kind].bash,
		    a->words != NULL ? a->words : "");
		if (is_help(row))
			print_topics(out);
		fputs("' ;;\n", out);
	}
	fputs("\t*) REPLY=none ;;\n\tesac\n}\n", out);
	fputs(functions_complete_bash, out);
}

/* Writes text that stands between apostrophes: each apostrophe in it becomes '\''. */
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

/*
 * Prints the action for the option's argument: "_files", "(auto shell)", or code for words
 * with commas between.
 */
static void
print_zsh_action(FILE *out, const struct option_row *row)
{
	const struct argument *a = argument_of(row);

	if (is_help(row)) {
		fputc('(', out);
		print_topics(out);
		fputc(')', out);
	} else if (a->kind == KIND_WORDS) {
		fputc('(', out);
		print_quoted(out, a->words, ":");
		fputc(')', out);
	} else if (a->kind == KIND_LIST) {
		fprintf(out, "{compset -P \"*,\"; compadd -S \"\" -- %s}",
		    a->words);
	} else {
		fputs(kinds[a->kind].zsh, out);
	}
}

/*
 * Prints "'*--jobs=[help]:N:' \"; after a letter "+" comes instead of "=".  An alias is
 * known but not offered: its line begins with "!".
 */
static void
print_zsh_option(FILE *out, const struct option_row *row, const char *dashes,
    const char *name, size_t len, bool alias)
{
	const bool attached = row->argument == ARGUMENT_ATTACHED;

	fprintf(out, "\t\t'%s*%s%.*s", alias ? "!" : "", dashes, (int)len,
	    name);
	if (row->argument != ARGUMENT_NONE)
		fprintf(out, "%s",
		    attached             ? "=-" :
			dashes[1] == '-' ? "=" :
					   "+");
	if (!alias) {
		putc('[', out);
		print_quoted(out, row->help, "[]:\\");
		putc(']', out);
	}
	if (row->argument != ARGUMENT_NONE) {
		fputs(row->argument == ARGUMENT_REQUIRED ? ":" : "::", out);
		print_quoted(out, row->value, ":");
		putc(':', out);
		print_zsh_action(out, row);
	}
	fputs("' \\\n", out);
}

static void
print_zsh(FILE *out)
{
	const struct option_row *row;

	fputs("#compdef prun sem prunctl parallel\n", out);
	print_verbs(out, "_prunctl_verbs=(", ")", false);
	print_verbs(out, "_prunctl_job_verbs=(", ")", true);
	fputs("\n_prun_arguments()\n{\n\t_arguments -s -S -A '-*' \\\n", out);
	for (row = options_rows; row < options_rows + options_nrows; row++) {
		const char *alias = row->aliases;

		if (!option_is_shown(row))
			continue;
		if (row->name != NULL)
			print_zsh_option(out, row, "--", row->name,
			    strlen(row->name), false);
		if (row->letter != '\0')
			print_zsh_option(out, row, "-", &row->letter, 1, false);
		while (alias != NULL && *alias != '\0') {
			const size_t n = strcspn(alias, " ");

			print_zsh_option(out, row, "--", alias, n, true);
			alias += n + strspn(alias + n, " ");
		}
	}
	fputs(
	    "\t\t'(-)1:command:_command_names -e' '*::arguments:_prun_rest'\n}\n",
	    out);
	fputs(functions_complete_zsh, out);
}

/* Prints a line such as "complete -c prun -s j -l jobs -x -d 'N jobs at a time'". */
static void
print_fish_option(FILE *out, const struct option_row *row)
{
	const struct argument *a = argument_of(row);

	fputs("complete -c prun -n __prun_no_command", out);
	if (row->letter != '\0')
		fprintf(out, " -s %c", row->letter);
	if (row->name != NULL)
		fprintf(out, " -l %s", row->name);
	if (row->argument == ARGUMENT_REQUIRED)
		fputs(" -r", out);
	if (is_help(row)) {
		fputs(" -f -a '", out);
		print_topics(out);
		fputc('\'', out);
	} else if (a->kind == KIND_WORDS) {
		fprintf(out, " -f -a '%s'", a->words);
	} else if (a->kind == KIND_LIST) {
		fprintf(out, " -f -a '(__fish_append , %s)'", a->words);
	} else if (row->argument != ARGUMENT_NONE) {
		fputs(kinds[a->kind].fish, out);
	}
	fputs(" -d '", out);
	for (const char *c = row->help; *c != '\0'; c++) {
		if (*c == '\'' || *c == '\\')
			putc('\\', out);
		putc(*c, out);
	}
	fputs("'\n", out);
}

static void
print_fish(FILE *out)
{
	const struct option_row *row, *end = options_rows + options_nrows;

	print_verbs(out, "set -g __prunctl_verbs ", "", false);
	print_verbs(out, "set -g __prunctl_job_verbs ", "", true);
	fputs("\n# Whether the option takes the next word.\n"
	      "function __prun_argument\n    switch $argv[1]\n",
	    out);
	for (row = options_rows; row < end; row++) {
		if (!has_argument(row))
			continue;
		fputs("        case ", out);
		print_names(out, row, " ");
		fprintf(out, "\n            echo %s\n", how_it_takes(row));
	}
	fputs("        case '*'\n            echo none\n    end\nend\n", out);
	fputs(functions_complete_fish, out);
	for (row = options_rows; row < end; row++)
		if (option_is_shown(row))
			print_fish_option(out, row);
}

int
shell_completion_print(FILE *out, const char *shell, struct message *m)
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
