/* SPDX-License-Identifier: ISC */

/*
 * Owns the text of $PARALLEL_ENV: see shell_setup.h.  It is put into a file, because it may
 * be longer than an argument or a variable of a job may be.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/shell_setup.h"
#include "loop/mainloop.h"
#include "template/shell.h"
#include "text/file.h"

#define VARIABLE "PARALLEL_ENV"
#define PIECE 65536
#define UNREADABLE "prun: the job may not read $" VARIABLE

bool
shell_setup_is_wanted(void)
{
	return get_variable(VARIABLE) != NULL;
}

static bool
is_file(const char *value)
{
	struct stat st;

	return value != NULL && stat(value, &st) == 0 &&
	    (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) ||
		S_ISCHR(st.st_mode));
}

static int
read_all(struct mainloop *mainloop, int fd, struct bytes *text)
{
	ssize_t n;
	int error;

	do {
		if ((error = bytes_reserve(text, PIECE)) < 0)
			return error;
		n = mainloop_read(mainloop, fd, text->data + text->len, PIECE);
		text->len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	return (int)n;
}

/* If the path is /dev/fd/N, jobs must not inherit that descriptor. */
static void
keep_from_jobs(const char *path)
{
	static const char folder[] = "/dev/fd/";
	long fd;

	if (strncmp(path, folder, strlen(folder)) != 0)
		return;
	fd = strtol(path + strlen(folder), NULL, 10);
	if (fd > STDERR_FILENO && fd < INT_MAX)
		(void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
}

static int
read_file(struct mainloop *mainloop, const char *path, struct bytes *text)
{
	int fd = mainloop_open_file(mainloop, path, O_RDONLY);
	int error;

	if (fd < 0)
		return fd;
	error = read_all(mainloop, fd, text);
	(void)close(fd);
	keep_from_jobs(path);
	return error;
}

/*
 * Adds the statement that reads the file.  A job of another user cannot read the file: the
 * shell must exit then, or it would run the line without what the text defines.
 */
static int
add_statement(struct bytes *line, enum shell_kind kind, const char *path)
{
	switch (kind) {
	case SHELL_FISH:
		return bytes_add_format(line,
		    "test -r %s; or begin; echo '" UNREADABLE
		    "' >&2; exit 255; end\nsource %s\n",
		    path, path);
	case SHELL_CSH:
		return bytes_add_format(line,
		    "if (! -r %s) exit 255\nsource %s\n", path, path);
	case SHELL_POSIX:
	case SHELL_DASH:
	case SHELL_BASH:
	default:
		return bytes_add_format(line,
		    "[ -r %s ] || { echo '" UNREADABLE
		    "' >&2; exit 255; }\n. %s\n",
		    path, path);
	}
}

/* The file has no name: the shells open it through /proc as a descriptor of prun. */
static int
make_file(struct shell_setup *s, const char *shell, struct text text)
{
	char path[64];
	int error;

	if ((s->fd = memfd_create("prun-" VARIABLE, MFD_CLOEXEC)) == -1)
		return -errno;
	s->wanted = true;
	if ((error = put_all(s->fd, text)) < 0)
		return error;
	(void)snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)getpid(),
	    s->fd);
	return add_statement(&s->line, shell_kind_of(shell), path);
}

/* Other hosts do not have the file: for them the line of each job holds the text. */
static int
make_line(struct shell_setup *s, const char *shell, bool away, struct text text)
{
	int error = away ? bytes_add_text(&s->line, text) :
			   make_file(s, shell, text);

	s->wanted = true;
	s->quotes = shell_reads_ahead(shell);
	if (error == 0 && s->quotes)
		error = bytes_add_string(&s->line, "eval ");
	return error;
}

/* For these shells, env_parallel of GNU parallel writes this byte for a newline. */
static void
restore_newlines(struct bytes *text, enum shell_kind kind)
{
	if (kind == SHELL_FISH || kind == SHELL_CSH)
		for (size_t i = 0; i < text->len; i++)
			if (text->data[i] == '\001')
				text->data[i] = '\n';
}

int
shell_setup_open(struct shell_setup *s, const char *shell, bool away,
    struct mainloop *mainloop, struct message *m)
{
	const char *value = getenv(VARIABLE);
	struct bytes text = { 0 };
	int error;

	s->fd = -1;
	error = is_file(value) ? read_file(mainloop, value, &text) :
				 bytes_add_string(&text, value);
	restore_newlines(&text, shell_kind_of(shell));
	/* tcsh ignores a line that has no newline at its end. */
	if (error == 0)
		error = bytes_add_char(&text, '\n');
	if (error == 0)
		error = make_line(s, shell, away, bytes_text(&text));
	bytes_fini(&text);
	if (error < 0 && error != -ECANCELED)
		return message_errno(m, error, "$" VARIABLE);
	(void)unsetenv(VARIABLE);
	return error;
}

void
shell_setup_close(struct shell_setup *s)
{
	if (s->wanted && s->fd != -1)
		(void)close(s->fd);
	bytes_fini(&s->line);
	bytes_fini(&s->job);
	s->wanted = false;
}

const char *
shell_setup_line(struct shell_setup *s, struct text line)
{
	int error;

	s->job.len = 0;
	if ((error = bytes_add_text(&s->job, bytes_text(&s->line))) == 0)
		error = s->quotes ? quote_add(&s->job, line, SHELL_POSIX) :
				    bytes_add_text(&s->job, line);
	if (error == 0)
		error = bytes_terminate(&s->job);
	return error == 0 ? s->job.data : NULL;
}
