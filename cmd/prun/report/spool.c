/* SPDX-License-Identifier: ISC */

/* Owns the unlinked file of a report, and copies its bytes into the report at the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/spool.h"
#include "text/file.h"

/* Text is written to the unlinked file when it has so many bytes. */
#define PIECE ((size_t)64 * 1024)

int
spool_open(struct spool *s, const struct sink_context *c, const char *option,
    const char *path, struct message *message)
{
	const int fd = report_open_output(c->options, path,
	    O_WRONLY | O_CREAT | O_TRUNC);

	*s = (struct spool){ .option = option,
		.path = path,
		.tmpdir = c->tmpdir,
		.out = fd < 0 ? -1 : fd,
		.fd = -1 };
	if (fd < 0)
		return message_errno(message, fd, "%s: %s", option, path);
	return 0;
}

void
spool_close(struct spool *s)
{
	if (s->fd != -1)
		(void)close(s->fd);
	if (s->out != -1)
		(void)close(s->out);
	s->fd = s->out = -1;
	bytes_fini(&s->text);
}

static int
open_unlinked(struct spool *s)
{
	if (s->fd != -1)
		return 0;
	s->fd = temporary_file(s->tmpdir);
	if (s->fd >= 0)
		return 0;
	s->error = s->fd;
	s->fd = -1;
	return s->error;
}

void
spool_add(struct spool *s, int error)
{
	if (error == 0 && s->error == 0 && s->text.len >= PIECE) {
		error = open_unlinked(s);
		if (error == 0)
			error = put_all(s->fd, bytes_text(&s->text));
		s->len += s->text.len;
		s->text.len = 0;
	}
	if (error != 0 && s->error == 0)
		s->error = error;
	if (s->error != 0)
		s->text.len = 0;
}

uint64_t
spool_length(const struct spool *s)
{
	return s->len + s->text.len;
}

static int
write_all(struct spool *s, struct text header, struct text footer)
{
	int error = s->error;

	if (error == 0)
		error = put_all(s->out, header);
	if (error == 0)
		error = put_range(s->out, s->fd, 0, s->len);
	if (error == 0)
		error = put_all(s->out, bytes_text(&s->text));
	if (error == 0)
		error = put_all(s->out, footer);
	if (close(s->out) == -1 && error == 0)
		error = -errno;
	s->out = -1;
	return error;
}

void
spool_finish(struct spool *s, struct sink *sink, struct text header,
    struct text footer)
{
	int error = write_all(s, header, footer);

	if (error != 0)
		sink_fail(sink, error, s->option, s->path);
}
