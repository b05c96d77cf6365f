/* SPDX-License-Identifier: ISC */

/*
 * Owns the setters of the options about the command, how it runs, its output, and reports:
 * logs, results, progress, colours.  See set.h.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "options/set.h"
#include "prun.h"

SETTER(set_shell_quote)
{
	o->command.shell_quote++;
	o->output.dry_run = true;
	return 0;
}

SETTER(set_exec)
{
	static const char *const words[] = { "auto", "shell", NULL };
	int i = word_parse(name, value, words, m);

	if (i < 0)
		return i;
	o->command.execution = i == 1 ? EXECUTION_SHELL : EXECUTION_AUTO;
	return 0;
}

SETTER(set_control)
{
	if (value != NULL && *value == '\0')
		return message_set(m, -EINVAL, "%s: the name is empty", name);
	o->run.control = value != NULL ? value : "";
	return 0;
}

SETTER(set_jobserver_serve)
{
	static const char *const words[] = { "pipe", "fifo", NULL };
	int i = value != NULL ? word_parse(name, value, words, m) : 0;

	if (i < 0)
		return i;
	o->run.jobserver_serve = i == 1 ? JOBSERVER_FIFO : JOBSERVER_PIPE;
	return 0;
}

/* main() handles --ctl if it is the first argument, so here it is an error. */
SETTER(set_ctl)
{
	return message_set(m, -EINVAL, "%s must be the first argument", name);
}

SETTER(set_timeout)
{
	size_t len = strlen(value);
	char *end;

	o->policy.timeout_percent = o->run.timeout = 0;
	o->policy.timeout = strchr(value, '{') != NULL ? value : NULL;
	if (o->policy.timeout != NULL)
		return 0;
	if (len == 0 || value[len - 1] != '%')
		return duration_parse(name, value, &o->run.timeout, m);
	if (strspn(value, "0123456789.") == len - 1)
		o->policy.timeout_percent = strtod(value, &end);
	if (o->policy.timeout_percent <= 0)
		return message_set(m, -EINVAL, "%s: '%s' is no percentage",
		    name, value);
	return 0;
}

SETTER(set_termseq)
{
	if (prun_termseq_check(value) != 0)
		return message_set(m, -EINVAL,
		    "%s: '%s' is not SIGNAL,MILLISECONDS,SIGNAL,...", name,
		    value);
	o->run.termseq = value;
	return 0;
}

SETTER(set_group_limit)
{
	size_t size;
	int error = size_parse(name, value, &size, m);

	if (error == 0)
		o->output.group_limit = size != 0 ? size : SIZE_MAX;
	return error;
}

SETTER(set_group)
{
	o->store->group = true;
	o->output.mode = OUTPUT_GROUP;
	return 0;
}

SETTER(set_line_buffer)
{
	o->store->line_buffer = true;
	o->output.mode = OUTPUT_LINE;
	return 0;
}

SETTER(set_ungroup)
{
	o->store->ungroup = true;
	o->output.mode = OUTPUT_UNGROUP;
	return 0;
}

/* In the tag, "\t" becomes a tab and "\n" a newline.  An empty string is no tag. */
SETTER(set_tagstring)
{
	char *copy = store_keep(o->store, strdup(value)), *from = copy,
	     *to = copy;

	if (copy == NULL)
		return message_errno(m, -ENOMEM, "%s", name);
	while (*from != '\0') {
		if (from[0] == '\\' && (from[1] == 't' || from[1] == 'n')) {
			*to++ = from[1] == 't' ? '\t' : '\n';
			from += 2;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	o->output.tag |= *copy != '\0';
	o->output.tagstring = *copy != '\0' ? copy : NULL;
	return 0;
}

SETTER(set_keep_order)
{
	o->output.keep_order = !o->store->no_keep_order;
	return 0;
}

/* If both this option and -k are given, this one counts, in either order. */
SETTER(set_no_keep_order)
{
	o->store->no_keep_order = true;
	o->output.keep_order = false;
	return 0;
}

SETTER(set_verbose)
{
	o->output.verbose += !o->store->silent;
	return 0;
}

/* If both this option and -v are given, this one counts, in either order. */
SETTER(set_silent)
{
	o->store->silent = true;
	o->output.verbose = 0;
	return 0;
}

SETTER(set_sudo)
{
	/* sudo would take "-x" as an option, and no user has an empty name. */
	if (value != NULL && (*value == '\0' || *value == '-'))
		return message_set(m, -EINVAL, "%s: '%s' is no user", name,
		    value);
	o->sudo.enabled = true;
	o->sudo.user = value;
	return 0;
}

/* If --sudo-password-file and --sudo-password-fd are both given, the last one counts. */
SETTER(set_sudo_password_file)
{
	if (path_check(name, value, m) != 0)
		return -EINVAL;
	o->sudo.file = value;
	o->sudo.has_fd = false;
	return 0;
}

SETTER(set_sudo_password_fd)
{
	long long fd;
	int error = number_parse(name, value, 0, INT_MAX, &fd, m);

	if (error != 0)
		return error;
	o->sudo.fd = (int)fd;
	o->sudo.has_fd = true;
	o->sudo.file = NULL;
	return 0;
}

int
sudo_finish(struct options *o, struct message *m)
{
	if (!o->sudo.enabled && (o->sudo.file != NULL || o->sudo.has_fd))
		return message_set(m, -EINVAL, "%s needs --sudo",
		    o->sudo.file != NULL ? "--sudo-password-file" :
					   "--sudo-password-fd");
	o->sudo.preserve = o->env.names;
	return 0;
}

/* A plus before the name means that prun appends to the log. */
SETTER(set_joblog)
{
	if (path_check(name, value + (*value == '+'), m) != 0)
		return -EINVAL;
	o->report.joblog = value;
	return 0;
}

SETTER(set_files_nul)
{
	o->report.files = o->report.files_nul = true;
	return 0;
}

/* Without a value it colours the output of jobs, as in GNU parallel. */
SETTER(set_color)
{
	static const char *const words[] = {
		[REPORT_AUTO] = "auto",
		[REPORT_ALWAYS] = "always",
		[REPORT_NEVER] = "never",
		NULL,
	};

	int i = value != NULL ? word_parse(name, value, words, m) : 0;

	if (i < 0)
		return i;
	if (value == NULL)
		o->report.color = true;
	else
		o->report.colors = (enum report_when)i;
	return 0;
}

SETTER(set_tag_color)
{
	o->output.tag = o->report.color_tag = true;
	return 0;
}

SETTER(set_color_tag)
{
	o->output.tag = o->report.color = true;
	return 0;
}

SETTER(set_color_tagstring)
{
	o->report.color = true;
	return set_tagstring(o, row, name, value, m);
}

/* Is the first word of the list `text` equal to word?  *len becomes its length. */
static bool
is_word(const char *text, const char *word, size_t *len)
{
	*len = strcspn(text, ",");
	return strlen(word) == *len && strncmp(text, word, *len) == 0;
}

SETTER(set_digest)
{
	size_t len = 0;

	o->report.digest = REPORT_ALWAYS;
	for (const char *word = value; word != NULL;
	     word = word[len] == ',' ? word + len + 1 : NULL) {
		if (is_word(word, "all", &len))
			o->report.digest_all = true;
		else if (is_word(word, "slow", &len))
			o->report.digest_slow = true;
		else
			return message_set(m, -EINVAL,
			    "%s: '%s' is none of all, slow", name, value);
	}
	return 0;
}

SETTER(set_ci)
{
	static const char *const words[] = { "auto", "github", "gitlab",
		"buildkite", "azure", "teamcity", NULL };

	int i = value != NULL ? word_parse(name, value, words, m) : 0;

	if (i >= 0)
		o->report.ci = (enum ci_system)(CI_AUTO + i);
	return i < 0 ? i : 0;
}

SETTER(set_total_jobs)
{
	return count_parse(name, value, &o->report.total_jobs, m);
}

SETTER(set_compress_program)
{
	if (*value == '\0')
		return message_set(m, -EINVAL, "%s: '' is no program", name);
	o->report.compress = true;
	o->report.compress_program = value;
	return 0;
}
