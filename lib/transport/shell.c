/* SPDX-License-Identifier: ISC */

/*
 * Owns how a job becomes a line for the shell of another machine, and how that shell learns
 * that the job is not wanted any more.  Knows no connection.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/tuning.h"
#include "remote/job.h"
#include "transport/shell.h"

/*
 * The most that a pipe holds without privileges: the line must fit, since nobody reads
 * the pipe before the program is started.
 */
#define LINE_MOST (FD_PIPE_WIDE - 4096)

/*
 * What the shell on the other machine runs around the job.  sshd makes a process group
 * for each command, which contains this shell and the job.  When the job has ended, or
 * is not wanted any more, the whole group gets TERM and then KILL.  A watcher in the
 * group sees at the end of stdin that the job is not wanted.  If stdin is the job's
 * own, the watcher sees it only when the whole connection has ended, which ends the
 * shell's parent.
 */
static const char begin[] =
    "n=$(printf '\\012x'); n=${n%x}; p=$PPID; exec 3<&0; trap : HUP INT TERM; "
    "k() { trap '' HUP INT TERM; kill -TERM 0; sleep 1; kill -KILL 0; }; ";
static const char watch_stdin[] =
    "{ read -r x <&3; k; } >/dev/null 2>&1 & exec </dev/null 3<&-; ";
static const char watch_parent[] =
    "{ while kill -0 $p; do sleep 1; done; k; } </dev/null >/dev/null 2>&1 3<&- & exec 3<&-; ";
static const char
    end[] = "); s=$?; trap '' HUP INT TERM; kill -TERM 0; exit $s\n";

/* After the first error nothing more is written, and the error stays. */
struct line_writer {
	struct buf *out;
	int error;
};

static void
put(struct line_writer *w, const char *text)
{
	if (w->error == 0)
		w->error = buf_add(w->out, text, strlen(text));
}

/*
 * A newline would end the line, so it is written as the variable n; other bytes stand
 * in quotes.
 */
static void
put_quoted(struct line_writer *w, const char *text)
{
	put(w, " '");
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			put(w, "'\\''");
		else if (*text == '\n')
			put(w, "'\"$n\"'");
		else
			put(w, (const char[]){ *text, '\0' });
	}
	put(w, "'");
}

static void
put_all(struct line_writer *w, const char *const *words)
{
	for (; words != NULL && *words != NULL; words++)
		put_quoted(w, *words);
}

/*
 * "env" takes a word with "=" for a variable, so such a command needs a shell.  SHLVL
 * is set since a bash that takes itself for the login shell would read ~/.bashrc.
 */
static void
put_command(struct line_writer *w, const struct prun_spec *spec)
{
	const char *const shell[] = { plan_shell(spec), "-c", spec->command,
		NULL };
	const char *const *argv = spec->argv != NULL ? spec->argv : shell;
	char nice[32];

	put(w, "exec env SHLVL=1");
	put_all(w, spec->setenv);
	(void)snprintf(nice, sizeof(nice), " nice -n %d", spec->nice);
	if (spec->nice != 0)
		put(w, nice);
	if (strchr(argv[0], '=') != NULL)
		put(w, " /bin/sh -c 'exec \"$@\"' sh");
	put_all(w, argv);
	if (spec->err.kind == PRUN_STDIO_STDOUT)
		put(w, " 2>&1");
}

static int
make_line(struct buf *out, const struct prun_spec *spec)
{
	struct line_writer w = { .out = out };
	char umask[32];

	put(&w, begin);
	put(&w, spec->in.kind == PRUN_STDIO_PIPE ? watch_parent : watch_stdin);
	put(&w, "(");
	if (spec->cwd != NULL) {
		put(&w, "cd --");
		put_quoted(&w, spec->cwd);
		put(&w, " || exit 126; ");
	}
	(void)snprintf(umask, sizeof(umask), "umask %o; ",
	    (unsigned)spec->umask);
	if (spec->flags & PRUN_SPEC_SET_UMASK)
		put(&w, umask);
	put_command(&w, spec);
	put(&w, end);
	return w.error;
}

static int
get_line(struct shell_job *s, const struct buf *bytes,
    const char *const *variables)
{
	struct field_reader r = { .data = bytes->data, .len = bytes->len };
	struct job_spec job;
	const struct prun_spec *spec = &job.spec;
	int error = job_get_spec(&r, variables, &job);

	if (error == 0 &&
	    (spec->task != NULL || spec->sudo != NULL || spec->nrlimit > 0 ||
		spec->input_path != NULL || spec->out.kind == PRUN_STDIO_PTY))
		error = -ENOTSUP;
	if (error == 0)
		error = make_line(&s->line, spec);
	if (error == 0 && s->line.len > LINE_MOST)
		error = -E2BIG;
	job_spec_fini(&job);
	return error == -EPROTO ? -EINVAL : error;
}

/*
 * The program here is executed as the job itself would be: with the job's variables, by
 * which its processes are found.
 */
static int
get_plan(struct shell_job *s, const char *const *argv, const struct plan *plan)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.sigmask = &plan->mask };
	struct plan_base base;
	int error;

	plan_base_init(&base);
	error = plan_set(&s->plan, &spec, &base, NULL);
	if (error != 0)
		return error;
	s->plan.envp = plan->envp;
	s->plan.flags = plan->flags & ~(unsigned)PRUN_SPEC_SET_UMASK;
	s->plan.rlimit_mark = plan->rlimit_mark;
	memcpy(s->plan.reset, plan->reset, sizeof(plan->reset));
	s->plan.nreset = plan->nreset;
	return 0;
}

int
shell_job_new(struct shell_job **sp, const struct buf *bytes,
    const char *const *argv, const char *const *variables,
    const struct plan *plan)
{
	struct shell_job *s = calloc(1, sizeof(*s));
	int error;

	if (s == NULL)
		return -ENOMEM;
	s->hold = -1;
	error = get_line(s, bytes, variables);
	if (error == 0)
		error = get_plan(s, argv, plan);
	if (error != 0)
		shell_job_free(s);
	else
		*sp = s;
	return error;
}

void
shell_job_free(struct shell_job *s)
{
	if (s == NULL)
		return;
	shell_job_detach(s);
	plan_fini(&s->plan);
	buf_fini(&s->line);
	free(s);
}

/* The line goes into the pipe first, ahead of the job's own input. */
static int
put_line(const struct shell_job *s, int fd)
{
	ssize_t n;

	if (s->line.len > FEED_PIPE_ORDINARY &&
	    fd_widen_pipe(fd, FD_PIPE_WIDE) != 0)
		return -E2BIG;
	n = fd_put(fd, s->line.data, s->line.len);
	if (n < 0)
		return (int)n;
	return (size_t)n == s->line.len ? 0 : -E2BIG;
}

int
shell_job_attach(struct shell_job *s, const struct prun_stdio kinds[3],
    struct stdio *stdio)
{
	int fds[2], error;

	if (kinds[0].kind == PRUN_STDIO_PIPE)
		return put_line(s, stdio->parent[0]);
	error = fd_pipe(fds);
	if (error != 0)
		return error;
	error = fd_nonblock(fds[1]);
	if (error == 0)
		error = put_line(s, fds[1]);
	if (error != 0) {
		fd_close_pair(fds);
		return error;
	}
	stdio->child[0] = fds[0];
	stdio->owned[0] = true;
	s->hold = fds[1];
	return 0;
}

void
shell_job_detach(struct shell_job *s)
{
	if (s->hold != -1)
		fd_close(&s->hold);
}
