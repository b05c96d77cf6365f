/* SPDX-License-Identifier: ISC */

/* Owns how prun exits when it lacks memory or the like. */
#include <err.h>
#include <stddef.h>

#include "loop/signals.h"
#include "text/text.h"

void
run_check(int error)
{
	if (error < 0)
		errc(EXIT_OWN, -error, NULL);
}

void
run_require(int error, const struct message *message)
{
	if (error < 0)
		errx(EXIT_OWN, "%s", message->text);
}
