/* SPDX-License-Identifier: ISC */

/*
 * Owns the setters of the options about the command, how it runs, and its output: see set.h.
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
