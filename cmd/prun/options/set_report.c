/* SPDX-License-Identifier: ISC */

/* Owns the setters of options about reports: logs, results, progress, colours. */
#include <errno.h>
#include <string.h>

#include "options/set.h"

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
