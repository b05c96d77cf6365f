/* SPDX-License-Identifier: ISC */

/* Answers questions about a report for which its options are enough. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/report_options.h"

static bool
ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len >= n && strcmp(s + len - n, end) == 0;
}

enum results_kind
report_results(const struct report_options *o)
{
	if (o->results == NULL)
		return RESULTS_NONE;
	if (ends_with(o->results, ".csv"))
		return RESULTS_CSV;
	if (ends_with(o->results, ".tsv"))
		return RESULTS_TSV;
	return ends_with(o->results, ".json") ? RESULTS_JSON : RESULTS_FILES;
}

bool
report_wants_total(const struct report_options *o)
{
	return (o->progress || o->bar || o->eta) && o->total_jobs == 0;
}

int
report_open_file(const struct report_options *o, const char *path, int flags)
{
	int fd;

	if (o != NULL && o->open != NULL)
		return o->open(o->open_arg, path, flags);
	fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0666);
	/* cppcheck-suppress resourceLeak */
	return fd != -1 ? fd : -errno;
}

int
report_open_output(const struct report_options *o, const char *path, int flags)
{
	int fd;

	if (strcmp(path, "-") != 0)
		return report_open_file(o, path, flags);
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	/* cppcheck-suppress resourceLeak */
	return fd != -1 ? fd : -errno;
}

enum ci_system
report_ci(const struct report_options *o)
{
	static const struct {
		const char *variable;
		enum ci_system system;
	} signs[] = {
		{ "GITHUB_ACTIONS", CI_GITHUB },
		{ "GITLAB_CI", CI_GITLAB },
		{ "BUILDKITE", CI_BUILDKITE },
		{ "TF_BUILD", CI_AZURE },
		{ "TEAMCITY_VERSION", CI_TEAMCITY },
	};

	for (size_t i = 0;
	     o->ci == CI_AUTO && i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (get_variable(signs[i].variable) != NULL)
			return signs[i].system;
	}
	return o->ci == CI_AUTO ? CI_NONE : o->ci;
}

int
report_add_template(const struct report_options *o, struct bytes *out)
{
	int error = o->nwords == 0 ? bytes_add_string(out, "prun") : 0;

	for (size_t i = 0; i < o->nwords && error == 0; i++) {
		if (i > 0)
			error = bytes_add_char(out, ' ');
		if (error == 0)
			error = bytes_add_string(out, o->words[i]);
	}
	return error;
}

bool
report_is_log(void)
{
	return get_variable("CI") != NULL;
}

bool
report_keeps_files(const struct report_options *o)
{
	return o->files || report_results(o) == RESULTS_FILES;
}
