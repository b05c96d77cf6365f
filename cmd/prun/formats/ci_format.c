/* SPDX-License-Identifier: ISC */

/* Owns the words of CI systems. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "formats/ci_format.h"
#include "report/job_name.h"

#define TITLE_MOST ((size_t)200)
#define SECTION "\033[0Ksection_"

/* How the byte c of a value is written for the system; NULL: as it is. */
static const char *
escape_of(enum ci_system system, char c, bool property)
{
	static const char *const bars[] = { "||", "|'", "|[", "|]", "|n",
		"|r" };
	static const char special[] = "|'[]\n\r";
	const char *found;

	if (system == CI_TEAMCITY) {
		found = c != '\0' ? strchr(special, c) : NULL;
		return found != NULL ? bars[found - special] : NULL;
	}
	if (c == '%')
		return system == CI_AZURE ? "%AZP25" : "%25";
	if (c == '\r')
		return "%0D";
	if (c == '\n')
		return "%0A";
	if (property && c == ':')
		return "%3A";
	return property && c == ',' ? "%2C" : NULL;
}

static int
add_escaped(struct bytes *out, enum ci_system system, struct text t,
    bool property)
{
	const char *escape;
	int error = 0;

	for (size_t i = 0; i < t.len && error == 0; i++) {
		escape = escape_of(system, t.data[i], property);
		error = escape != NULL ? bytes_add_string(out, escape) :
					 bytes_add_char(out, t.data[i]);
	}
	return error;
}

/* Makes "job 3: command", one line that no system takes for a command. */
static int
make_title(const struct ci_group *g, struct bytes *title)
{
	size_t from;
	int error = bytes_add_format(title, "job %" PRIu64 ": ", g->seq);

	from = title->len;
	if (error == 0)
		error = job_name_add_cut(title, g->command, TITLE_MOST);
	if (error == 0 && g->failed)
		error = bytes_add_format(title, " (%s)", g->outcome);
	for (size_t i = from; error == 0 && i < title->len; i++) {
		if ((unsigned char)title->data[i] < ' ' ||
		    title->data[i] == 0x7f)
			title->data[i] = ' ';
		/* "##[" and "##teamcity[" would begin a command. */
		if (title->data[i] == '#' && title->data[i - 1] == '#')
			title->data[i] = ' ';
	}
	return error;
}

static int
add_title_line(struct bytes *out, const char *before, struct text title,
    const char *behind)
{
	int error = bytes_add_string(out, before);

	if (error == 0)
		error = bytes_add_text(out, title);
	return error != 0 ? error : bytes_add_string(out, behind);
}

static int
add_section(struct bytes *out, const struct ci_group *g, const char *what,
    double when, const char *options)
{
	return bytes_add_format(out,
	    SECTION "%s:%.0f:prun_%ld_%" PRIu64 "%s\r\033[0K", what, when,
	    (long)getpid(), g->seq, options);
}

static int
add_block(struct bytes *out, const char *what, struct text title)
{
	int error = bytes_add_format(out, "##teamcity[%s name='", what);

	if (error == 0)
		error = add_escaped(out, CI_TEAMCITY, title, false);
	return error != 0 ? error : bytes_add_string(out, "']\n");
}

static int
add_begin(struct bytes *out, const struct ci_group *g, struct text title)
{
	int error;

	switch (g->system) {
	case CI_GITHUB:
		return add_title_line(out, g->failed ? "" : "::group::", title,
		    "\n");
	case CI_AZURE:
		return add_title_line(out, g->failed ? "" : "##[group]", title,
		    "\n");
	case CI_BUILDKITE:
		return add_title_line(out, g->failed ? "+++ " : "--- ", title,
		    "\n");
	case CI_TEAMCITY:
		return add_block(out, "blockOpened", title);
	default:
		error = add_section(out, g, "start", g->started,
		    g->failed ? "" : "[collapsed=true]");
		return error != 0 ? error :
				    add_title_line(out, "", title, "\n");
	}
}

int
ci_add_begin(struct bytes *out, const struct ci_group *g)
{
	struct bytes title = { 0 };
	int error = make_title(g, &title);

	if (error == 0)
		error = add_begin(out, g, bytes_text(&title));
	bytes_fini(&title);
	return error;
}

int
ci_add_end(struct bytes *out, const struct ci_group *g)
{
	struct bytes title = { 0 };
	int error;

	switch (g->system) {
	case CI_GITHUB:
		return bytes_add_string(out, g->failed ? "" : "::endgroup::\n");
	case CI_AZURE:
		return bytes_add_string(out, g->failed ? "" : "##[endgroup]\n");
	case CI_BUILDKITE:
		return 0;
	case CI_TEAMCITY:
		error = make_title(g, &title);
		if (error == 0)
			error = add_block(out, "blockClosed",
			    bytes_text(&title));
		bytes_fini(&title);
		return error;
	default:
		error = add_section(out, g, "end", g->started + g->elapsed, "");
		return error != 0 ? error : bytes_add_char(out, '\n');
	}
}

static int
add_message(struct bytes *out, const struct ci_group *g, const char *end)
{
	int error = add_escaped(out, g->system, text_of(g->outcome), false);

	if (error == 0)
		error = bytes_add_string(out, ": ");
	if (error == 0)
		error = add_escaped(out, g->system, g->command, false);
	return error != 0 ? error : bytes_add_string(out, end);
}

int
ci_add_error(struct bytes *out, const struct ci_group *g)
{
	int error;

	switch (g->system) {
	case CI_GITHUB:
		error = bytes_add_format(out,
		    "::error title=job %" PRIu64 "::", g->seq);
		return error != 0 ? error : add_message(out, g, "\n");
	case CI_AZURE:
		error = bytes_add_string(out,
		    "##vso[task.logissue type=error;]");
		return error != 0 ? error : add_message(out, g, "\n");
	case CI_BUILDKITE:
		return bytes_add_string(out, "^^^ +++\n");
	case CI_TEAMCITY:
		error = bytes_add_format(out,
		    "##teamcity[buildProblem identity='prun_%" PRIu64
		    "' description='",
		    g->seq);
		return error != 0 ? error : add_message(out, g, "']\n");
	default:
		return 0;
	}
}

/*
 * Is there a command of GitHub in the lines?  ::command:: is one at the beginning of a line,
 * also behind blanks or a carriage return; ##[command] is one anywhere.
 */
static bool
has_github_command(struct text lines)
{
	bool at_start = true;

	if (memmem(lines.data, lines.len, "##[", 3) != NULL)
		return true;
	for (size_t i = 0; i + 1 < lines.len; i++) {
		if (at_start && lines.data[i] == ':' &&
		    lines.data[i + 1] == ':')
			return true;
		at_start = lines.data[i] == '\n' || lines.data[i] == '\r' ||
		    (at_start && text_is_blank(lines.data[i]));
	}
	return false;
}

/* The one of the strings with which t begins; NULL: none. */
static const char *
begins_with_any(struct text t, const char *const *strings)
{
	for (; *strings != NULL; strings++) {
		if (text_begins(t, *strings))
			return *strings;
	}
	return NULL;
}

/*
 * Adds the lines with a blank inside each word that the system would take for a command.
 * Buildkite's commands stand at the beginning of a line, so the blank comes before them.
 */
static int
add_spaced(struct bytes *out, enum ci_system system, struct text lines)
{
	static const char *const anywhere[] = { "##[", "##vso[", "##teamcity[",
		"section_start:", "section_end:", NULL };
	static const char *const first[] = { "--- ", "+++ ", "~~~ ", "^^^ ",
		"---\n", "+++\n", "~~~\n", "^^^ +++", NULL };
	const char *found;
	struct text rest;
	bool at_start = true;
	int error = 0;

	for (size_t i = 0; i < lines.len && error == 0; i++) {
		rest = (struct text){ lines.data + i, lines.len - i };
		found = system != CI_BUILDKITE ?
		    begins_with_any(rest, anywhere) :
		    at_start ? begins_with_any(rest, first) :
			       NULL;
		if (found != NULL && (system == CI_BUILDKITE || *found == '#'))
			error = bytes_add_string(out,
			    system == CI_BUILDKITE ? " " : "# ");
		if (error == 0 && found != NULL && *found == '#')
			i++;
		if (error == 0)
			error = bytes_add_char(out, lines.data[i]);
		/* "section_start:" becomes "s ection_start:". */
		if (error == 0 && found != NULL && *found == 's')
			error = bytes_add_char(out, ' ');
		at_start = lines.data[i] == '\n';
	}
	return error;
}

int
ci_add_lines(struct bytes *out, const struct ci_group *g, struct text lines,
    bool always, bool *stopped)
{
	int error = 0;

	if (g->system != CI_GITHUB)
		return add_spaced(out, g->system, lines);
	if (!*stopped && (always || has_github_command(lines))) {
		*stopped = true;
		error = bytes_add_format(out, "::stop-commands::%s\n",
		    g->token);
	}
	return error != 0 ? error : bytes_add_text(out, lines);
}

int
ci_add_resume(struct bytes *out, const struct ci_group *g, bool stopped)
{
	return stopped ? bytes_add_format(out, "::%s::\n", g->token) : 0;
}
