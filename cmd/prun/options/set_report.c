/* SPDX-License-Identifier: ISC */

/* Owns the setters of what is told of a run: logs, results, progress, colours. */
#include <errno.h>
#include <stdlib.h>

#include "options/set.h"

#define SETTER(id) \
	int id(struct options *o, const struct option_row *row, \
	    const char *name, const char *value, struct message *m)
#define UNUSED(x) ((void)(x))

/* The field is the value: --resume and its kin, the last of them wins. */
SETTER(set_resume)
{
	UNUSED(name), UNUSED(value), UNUSED(m);
	o->report.resume = (enum resume_kind)row->field;
	return 0;
}

SETTER(set_digest)
{
	UNUSED(name), UNUSED(value), UNUSED(m);
	o->report.digest = (enum report_when)row->field;
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

SETTER(set_total_jobs)
{
	char *end;

	UNUSED(row);
	errno = 0;
	o->report.total_jobs = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0)
		return message_set(m, -EINVAL, "%s: '%s' is no number", name,
		    value);
	return 0;
}
