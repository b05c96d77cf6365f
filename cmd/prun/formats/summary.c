/* SPDX-License-Identifier: ISC */

/*
 * The sink of --summary.  When the run has ended, it appends Markdown to a file: a table of
 * the run, and a section for each job that failed.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/job_name.h"
#include "report/sink.h"
#include "text/file.h"
#include "text/utf8.h"

/* GitHub takes at most this many bytes from one step. */
#define SUMMARY_MOST ((size_t)1024 * 1024)
/* Bytes that are kept free for the table, which is made when the run has ended. */
#define HEADER_MOST ((size_t)4096)
#define OUTPUT_TAIL ((size_t)4096)
#define COMMAND_MOST ((size_t)300)

struct summary {
	struct sink sink;
	const char *path;
	int fd;
	size_t room; /* how many bytes the sections may have */
	struct bytes sections;
	struct bytes section; /* the section that is being made */
	uint64_t left_out;
};

/* Adds the text with each character escaped that has a meaning in Markdown or HTML. */
static int
add_plain(struct bytes *out, struct text t)
{
	static const char special[] = "\\`*_{}[]()<>#+!|~&:@";
	struct bytes whole = { 0 };
	int error = utf8_add(&whole, t);
	char c;

	for (size_t i = 0; i < whole.len && error == 0; i++) {
		c = whole.data[i];
		if (c != '\0' && strchr(special, c) != NULL)
			error = bytes_add_format(out, "&#%d;", c);
		else
			error = bytes_add_char(out,
			    (unsigned char)c < ' ' || c == 0x7f ? ' ' : c);
	}
	bytes_fini(&whole);
	return error;
}

static int
add_command(struct bytes *out, struct text command)
{
	struct bytes cut = { 0 };
	int error = job_name_add_cut(&cut, command, COMMAND_MOST);

	if (error == 0)
		error = bytes_add_string(out, "<code>");
	if (error == 0)
		error = add_plain(out, bytes_text(&cut));
	if (error == 0)
		error = bytes_add_string(out, "</code>");
	bytes_fini(&cut);
	return error;
}

/* A code fence must be longer than the longest row of backquotes in the text. */
static size_t
fence_length(struct text t)
{
	size_t longest = 2, row = 0;

	for (size_t i = 0; i < t.len; i++) {
		row = t.data[i] == '`' ? row + 1 : 0;
		if (row > longest)
			longest = row;
	}
	return longest + 1;
}

static int
add_fence(struct bytes *out, size_t n)
{
	int error = 0;

	for (; n > 0 && error == 0; n--)
		error = bytes_add_char(out, '`');
	return error != 0 ? error : bytes_add_char(out, '\n');
}

static int
add_output(struct bytes *out, struct text t)
{
	const size_t n = fence_length(t);
	size_t from;
	int error = add_fence(out, n);

	from = out->len;
	if (error == 0)
		error = utf8_add(out, utf8_trim(t));
	for (size_t i = from; error == 0 && i < out->len; i++) {
		if ((unsigned char)out->data[i] < ' ' && out->data[i] != '\n' &&
		    out->data[i] != '\t')
			out->data[i] = '?';
	}
	if (error == 0 && out->data[out->len - 1] != '\n')
		error = bytes_add_char(out, '\n');
	return error != 0 ? error : add_fence(out, n);
}

static int
add_section(struct bytes *out, const struct report_task *task,
    const struct prun_result *r)
{
	char outcome[OUTCOME_SIZE], tail[OUTPUT_TAIL];
	const struct text last = report_task_tail(task, r, tail, sizeof(tail));
	const bool flaky = report_task_is_flaky(task, r);
	int error = bytes_add_format(out, "\n### %sob %" PRIu64 ": ",
	    flaky ? "Flaky j" : "J", task->seq);

	outcome_text(r, outcome, sizeof(outcome));
	if (error == 0)
		error = add_plain(out,
		    text_of(flaky ? task->failure : outcome));
	if (error == 0)
		error = bytes_add_format(out,
		    flaky ? "\n\nPassed in try %u after %.3f s: " :
			    "\n\nTry %u, after %.3f s: ",
		    r->tries, r->elapsed);
	if (error == 0)
		error = add_command(out, bytes_text(&task->line));
	if (error == 0)
		error = bytes_add_string(out, "\n");
	if (error == 0 && last.len > 0 && !flaky) {
		error = bytes_add_string(out, "\n");
		if (error == 0)
			error = add_output(out, last);
	}
	return error;
}

static void
ended(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	struct summary *m = (struct summary *)s;
	int error;

	if (outcome_of(r) == OUTCOME_PASSED && !report_task_is_flaky(task, r))
		return;
	m->section.len = 0;
	error = m->left_out == 0 ? add_section(&m->section, task, r) : 0;
	if (m->left_out > 0 || m->sections.len + m->section.len > m->room)
		m->left_out++;
	else if (error == 0)
		error = bytes_add_text(&m->sections, bytes_text(&m->section));
	if (error != 0)
		sink_fail(s, error, "--summary", m->path);
}

static int
add_row(struct bytes *out, const char *name, uint64_t n, const char *suffix)
{
	return n == 0 && *suffix == '\0' ?
	    0 :
	    bytes_add_format(out, "| %s | %" PRIu64 "%s |\n", name, n, suffix);
}

static int
add_table(const struct summary *m, const struct report_end *end,
    struct bytes *out)
{
	const struct tally *t = end->tally;
	struct bytes template = { 0 };
	bool more;
	const uint64_t unstarted = end->unstarted(end->arg, &more);
	int error = report_add_template(m->sink.context->options, &template);

	if (error == 0)
		error = bytes_add_format(out, "## %s ",
		    t->failed + t->skipped > 0 || end->interrupted ?
			"&#10060;" :
			"&#9989;");
	if (error == 0)
		error = add_command(out, bytes_text(&template));
	bytes_fini(&template);
	if (error == 0)
		error = bytes_add_format(out,
		    "\n\n| jobs | |\n|---|---|\n| passed | %" PRIu64 " |\n",
		    t->succeeded);
	if (error == 0)
		error = add_row(out, "of these flaky", t->flaky, "");
	if (error == 0)
		error = add_row(out, "failed", t->failed, "");
	if (error == 0)
		error = add_row(out, "of these timed out", t->timed_out, "");
	if (error == 0)
		error = add_row(out, "stopped", t->stopped, "");
	if (error == 0)
		error = add_row(out, "left out", t->skipped, "");
	return error != 0 ?
	    error :
	    add_row(out, "never started", unstarted, more ? " or more" : "");
}

static void
finished(struct sink *s, const struct report_end *end)
{
	struct summary *m = (struct summary *)s;
	struct bytes header = { 0 };
	int error = add_table(m, end, &header);

	if (error == 0 && m->left_out > 0)
		error = bytes_add_format(&m->sections,
		    "\nand %" PRIu64 " more\n", m->left_out);
	if (error == 0)
		error = bytes_add_text(&header, bytes_text(&m->sections));
	if (error == 0)
		error = bytes_add_char(&header, '\n');
	if (error == 0)
		error = put_all(m->fd, bytes_text(&header));
	if (close(m->fd) == -1 && error == 0)
		error = -errno;
	m->fd = -1;
	if (error != 0)
		sink_fail(s, error, "--summary", m->path);
	bytes_fini(&header);
}

static void
summary_close(struct sink *s)
{
	struct summary *m = (struct summary *)s;

	if (m->fd != -1)
		(void)close(m->fd);
	bytes_fini(&m->sections);
	bytes_fini(&m->section);
	free(m);
}

static const struct sink_ops ops = {
	.ended = ended,
	.finished = finished,
	.close = summary_close,
};

/* The file of the summary; NULL if none was asked for. */
static const char *
summary_path(const struct report_options *o)
{
	const char *path = o->summary;

	if (path == NULL && report_ci(o) == CI_GITHUB)
		path = getenv("GITHUB_STEP_SUMMARY");
	return path != NULL && *path != '\0' ? path : NULL;
}

int
summary_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	const char *path = summary_path(c->options);
	struct summary *m;
	struct stat st;
	int error;

	if (path == NULL || c->dry_run)
		return 0;
	error = sink_new(sizeof(*m), &ops, "--summary", sp, message);
	if (error != 0)
		return error;
	m = (struct summary *)*sp;
	m->path = path;
	m->fd = report_open_file(c->options, path,
	    O_WRONLY | O_CREAT | O_APPEND);
	if (m->fd < 0) {
		error = m->fd;
		m->fd = -1;
		return message_errno(message, error, "--summary: %s", path);
	}
	m->room = SUMMARY_MOST - HEADER_MOST;
	if (fstat(m->fd, &st) == 0 && S_ISREG(st.st_mode))
		m->room -= (size_t)st.st_size < m->room ? (size_t)st.st_size :
							  m->room;
	sink_want_tail(c, OUTPUT_TAIL);
	return 0;
}
