/* SPDX-License-Identifier: ISC */

/*
 * Owns what --dry-run prints for a job, which does not run, and the jobs that are gathered
 * before they are printed.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/run_internal.h"
#include "template/shell.h"

void
gathered_fini(struct gathered *g)
{
	replay_fini(&g->values);
	free(g->list);
	free(g->jobs);
}

int
gathered_add(struct gathered *g, struct command *command,
    const struct command_job *job, struct message *message)
{
	int error = command_expect(command, job, message);

	if (error != 0)
		return error;
	if (g->jobs == NULL)
		g->jobs = calloc(GATHERED_JOBS, sizeof(*g->jobs));
	if (g->jobs == NULL ||
	    replay_add(&g->values, job->values, job->nvalues) != 0)
		return message_errno(message, -ENOMEM, "input");
	g->jobs[g->n++] = *job;
	return g->n == GATHERED_JOBS || g->values.data.len >= GATHERED_BYTES;
}

/* Puts the values of job i into *job. */
static int
list_values(struct gathered *g, size_t i, struct command_job *job)
{
	size_t first, n = replay_list(&g->values, i, &first);
	struct text *list;

	if (n > g->nlist) {
		list = reallocarray(g->list, n, sizeof(*list));
		if (list == NULL)
			return -ENOMEM;
		g->list = list;
		g->nlist = n;
	}
	for (size_t v = 0; v < n; v++)
		g->list[v] = replay_value(&g->values, first + v);
	*job = g->jobs[i];
	job->values = g->list;
	job->ends = &job->nvalues;
	return 0;
}

int
gathered_flush(struct gathered *g, struct command *command,
    int (*each)(void *arg, const struct command_job *job,
	struct message *message),
    void *arg, struct message *message)
{
	struct command_job job;
	int error = 0;

	if (g->n > 0)
		error = command_collect(command, message);
	for (size_t i = 0; i < g->n && error == 0; i++) {
		if (list_values(g, i, &job) != 0)
			error = message_errno(message, -ENOMEM, "input");
		else
			error = each(arg, &job, message);
	}
	replay_clear(&g->values);
	g->n = 0;
	return error;
}

/* Is the job's input a part of a file, and shall the user see how it is read? */
static bool
run_prints_part(const struct run *run)
{
	return run->options->output.verbose > 1 && run->options->pipe.part &&
	    run->block != NULL && run->block->data == NULL &&
	    run->block->fd != -1;
}

/*
 * -vv: adds a command that writes the job's part of the file to the job's stdin.  Returns 0
 * or -errno.
 */
static int
run_add_part(const struct run *run, struct text line, struct bytes *out)
{
	const struct block *block = run->block;
	char open_file[48], path[PATH_MAX];
	ssize_t n;
	int error = 0;

	(void)snprintf(open_file, sizeof(open_file), "/proc/self/fd/%d",
	    block->fd);
	/* The link is first: NOLINTNEXTLINE(readability-suspicious-call-argument) */
	if ((n = readlink(open_file, path, sizeof(path))) == -1)
		return -errno;
	if (block->header.len > 0 &&
	    (error = bytes_add_string(out, "(printf %s ")) == 0 &&
	    (error = quote_add(out, block->header, SHELL_POSIX)) == 0)
		error = bytes_add_string(out, "; ");
	if (error == 0)
		error = bytes_add_format(out, "tail -c +%jd -- ",
		    (intmax_t)block->offset + 1);
	if (error == 0)
		error = quote_add(out, (struct text){ path, (size_t)n },
		    SHELL_POSIX);
	if (error == 0)
		error = bytes_add_format(out, " | head -c %zu%s | (",
		    block->len, block->header.len > 0 ? ")" : "");
	if (error == 0)
		error = bytes_add_text(out, line);
	return error == 0 ? bytes_add_char(out, ')') : error;
}

int
run_print(struct run *run, const struct command_job *job,
    const struct command_line *line, struct message *message)
{
	struct text text = { line->line, line->line_len };
	struct bytes part = { 0 };
	const char *tag;
	int error = run_tag(run, job, &tag, message);

	if (error == 0 && run_prints_part(run)) {
		run_check(run_add_part(run, text, &part));
		text = bytes_text(&part);
	}
	if (error != 0)
		return error;
	if (run->options->output.trace) {
		(void)fflush(stdout);
		(void)fprintf(stderr, "%.*s\n", (int)text.len, text.data);
	}
	if (tag != NULL)
		(void)fputs_unlocked(tag, stdout);
	(void)fwrite_unlocked(text.data, 1, text.len, stdout);
	bytes_fini(&part);
	if (putc_unlocked('\n', stdout) == EOF || ferror_unlocked(stdout)) {
		run->mainloop.error = -errno;
		run->mainloop.stop = true;
	}
	return 0;
}
