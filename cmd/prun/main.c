/* SPDX-License-Identifier: ISC */

/*
 * prun: run a command many times in parallel.  Owns the order in which the
 * program is set up, and nothing else.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "help.h"
#include "limits.h"
#include "options.h"
#include "prun.h"
#include "run.h"
#include "semaphore.h"
#include "signals.h"

#define EXIT_OWN 255

static void
print_version(void)
{
	(void)printf("prun %s\n", PRUN_VERSION);
}

static int
act(const struct options *o)
{
	struct signals signals;

	switch (o->action) {
	case ACTION_HELP:
		help_print(stdout);
		break;
	case ACTION_VERSION:
		print_version();
		break;
	case ACTION_RUN:
	default:
		if (o->semaphore.enabled)
			return semaphore_main(o);
		signals_init(&signals);
		return run(o, &signals);
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct options options = { 0 };
	struct message message;
	int status;

	limits_hold_stdio();
	if (options_parse(argc, argv, &options, &message) != 0)
		errx(EXIT_OWN, "%s", message.text);
	status = act(&options);
	if (fflush(stdout) == EOF)
		err(EXIT_OWN, "stdout");
	options_fini(&options);
	return status;
}
