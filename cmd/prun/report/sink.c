/* SPDX-License-Identifier: ISC */

/* Owns how a sink speaks to the user. */
#include <err.h>

#include "report/sink.h"

void
sink_message(const struct sink *s, bool begin)
{
	if (s->context->screen != NULL)
		screen_message(s->context->screen, begin);
}

int
sink_warn(const struct sink *s, int error, const char *option, const char *path)
{
	sink_message(s, true);
	warnc(-error, "%s: %s", option, path);
	sink_message(s, false);
	return error;
}
