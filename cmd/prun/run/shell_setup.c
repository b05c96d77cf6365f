/* SPDX-License-Identifier: ISC */

/*
 * Owns the text of $PARALLEL_ENV: see shell_setup.h.  It stands in a file, which may
 * be longer than an argument or a variable of a job.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/mainloop.h"
#include "run/shell_setup.h"
#include "text/put.h"

#define VARIABLE "PARALLEL_ENV"
#define PIECE 65536

bool
shell_setup_is_wanted(void)
{
	const char *value = getenv(VARIABLE);

	return value != NULL && *value != '\0';
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

static int
read_file(struct mainloop *mainloop, const char *path, struct bytes *text)
{
	int fd = mainloop_open_file(mainloop, path, O_RDONLY);
	int error;

	if (fd < 0)
		return fd;
	error = read_all(mainloop, fd, text);
	(void)close(fd);
	return error;
}

/* The file without a name is opened by its number among prun's descriptors. */
static int
make_file(struct shell_setup *s, enum shell_kind kind, struct text text)
{
	int error;

	if ((s->fd = memfd_create("prun-" VARIABLE, MFD_CLOEXEC)) == -1)
		return -errno;
	s->wanted = true;
	if ((error = put_all(s->fd, text)) < 0)
		return error;
	error = bytes_add_format(&s->line, "%s /proc/%ld/fd/%d\n",
	    kind == SHELL_FISH || kind == SHELL_CSH ? "source" : ".",
	    (long)getpid(), s->fd);
	return error;
}

int
shell_setup_open(struct shell_setup *s, enum shell_kind kind,
    struct mainloop *mainloop, struct message *m)
{
	const char *value = getenv(VARIABLE);
	struct bytes text = { 0 };
	int error;

	error = is_file(value) ? read_file(mainloop, value, &text) :
				 bytes_add_string(&text, value);
	if (error == 0)
		error = make_file(s, kind, bytes_text(&text));
	bytes_fini(&text);
	if (error < 0 && error != -ECANCELED)
		return message_errno(m, error, "$" VARIABLE);
	(void)unsetenv(VARIABLE);
	return error;
}

void
shell_setup_close(struct shell_setup *s)
{
	if (s->wanted)
		(void)close(s->fd);
	bytes_fini(&s->line);
	bytes_fini(&s->job);
	s->wanted = false;
}

const char *
shell_setup_line(struct shell_setup *s, struct text line)
{
	s->job.len = 0;
	if (bytes_add_text(&s->job, bytes_text(&s->line)) < 0 ||
	    bytes_add_text(&s->job, line) < 0 || bytes_terminate(&s->job) < 0)
		return NULL;
	return s->job.data;
}
