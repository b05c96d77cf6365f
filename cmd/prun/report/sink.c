/* SPDX-License-Identifier: ISC */

/* Owns what many sinks do in the same way: being made, warning, holding the output. */
#include <err.h>
#include <errno.h>
#include <stdlib.h>

#include "report/sink.h"
#include "text/shown.h"

int
sink_new(size_t size, const struct sink_ops *ops, const char *option,
    struct sink **sp, struct message *message)
{
	*sp = calloc(1, size);
	if (*sp == NULL)
		return message_errno(message, -ENOMEM, "%s", option);
	(*sp)->ops = ops;
	return 0;
}

void
sink_hold_output(struct sink *s, struct prun_pool_opts *opts)
{
	(void)s;
	opts->output = PRUN_OUTPUT_GROUP;
	opts->flags |= PRUN_POOL_HOLD;
}

void
sink_want_tail(struct sink_context *c, size_t size)
{
	if (c->tail < size)
		c->tail = size;
}

bool
sink_may_draw(int fd)
{
	return !report_is_log() && screen_is_possible(fd);
}

void
sink_message(const struct sink *s, bool begin)
{
	if (s->context->screen != NULL)
		screen_message(s->context->screen, begin);
}

int
sink_warn(const struct sink *s, int error, const char *option, const char *path)
{
	struct shown text;

	sink_message(s, true);
	warnc(-error, "%s: %s", option, shown(&text, text_of(path)));
	sink_message(s, false);
	return error;
}

void
sink_fail(struct sink *s, int error, const char *option, const char *path)
{
	(void)sink_warn(s, error, option, path);
	s->context->failed = true;
}
