/* SPDX-License-Identifier: ISC */

/* Owns the file of a report, into which the text that was kept is copied at the end. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "report/spool.h"
#include "text/file.h"

int
spool_open(struct spool *s, const struct sink_context *c, const char *option,
    const char *path, struct message *message)
{
	const int fd = report_open_output(c->options, path,
	    O_WRONLY | O_CREAT | O_TRUNC);

	*s = (struct spool){ .option = option,
		.path = path,
		.tmpdir = c->tmpdir,
		.out = fd < 0 ? -1 : fd };
	if (fd < 0)
		return message_errno(message, fd, "%s: %s", option, path);
	return 0;
}

void
spool_close(struct spool *s)
{
	if (s->out != -1)
		(void)close(s->out);
	s->out = -1;
	kept_output_fini(&s->kept);
}

void
spool_add(struct spool *s, int error)
{
	if (error == 0 && s->error == 0)
		error = kept_output_settle(&s->kept, s->tmpdir);
	if (error != 0 && s->error == 0)
		s->error = error;
	if (s->error != 0)
		s->kept.memory.len = 0;
}

uint64_t
spool_length(const struct spool *s)
{
	return kept_output_length(&s->kept);
}

static int
write_all(struct spool *s, struct text header, struct text footer)
{
	int error = s->error;

	if (error == 0)
		error = put_all(s->out, header);
	if (error == 0)
		error = kept_output_put(&s->kept, s->out);
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
