/* SPDX-License-Identifier: ISC */

/* Owns the setters of options about reports: logs, results, progress, colours. */
#include <errno.h>
#include <string.h>

#include "options/set.h"

/* A plus in front of the name says that the log is appended to. */
SETTER(set_joblog)
{
	UNUSED(row);
	if (path_check(name, value + (*value == '+'), m) != 0)
		return -EINVAL;
	o->report.joblog = value;
	return 0;
}

SETTER(set_files_nul)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->report.files = o->report.files_nul = true;
	return 0;
}

SETTER(set_color_tag)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->output.tag = o->report.color = true;
	return 0;
}

SETTER(set_color_tagstring)
{
	o->report.color = true;
	return set_tagstring(o, row, name, value, m);
}

SETTER(set_ci)
{
	static const char *const systems[] = {
		[CI_AUTO] = "auto",
		[CI_GITHUB] = "github",
		[CI_GITLAB] = "gitlab",
		[CI_BUILDKITE] = "buildkite",
		[CI_AZURE] = "azure",
		[CI_TEAMCITY] = "teamcity",
	};

	UNUSED(row);
	o->report.ci = CI_AUTO;
	for (int i = CI_AUTO; value != NULL && i <= CI_TEAMCITY; i++) {
		if (strcmp(value, systems[i]) == 0) {
			o->report.ci = (enum ci_system)i;
			return 0;
		}
	}
	return value == NULL ?
	    0 :
	    message_set(m, -EINVAL,
		"%s: '%s' is none of auto, github, gitlab, buildkite, azure, teamcity",
		name, value);
}

SETTER(set_total_jobs)
{
	UNUSED(row);
	return count_parse(name, value, &o->report.total_jobs, m);
}

SETTER(set_compress_program)
{
	UNUSED(row);
	if (*value == '\0')
		return message_set(m, -EINVAL, "%s: '' is no program", name);
	o->report.compress = true;
	o->report.compress_program = value;
	return 0;
}
