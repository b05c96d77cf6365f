/* SPDX-License-Identifier: ISC */

/* Owns the end of prun for want of memory and the like. */
#include <err.h>
#include <stddef.h>

#include "run/signals.h"

void
run_check(int error)
{
	if (error < 0)
		errc(EXIT_OWN, -error, NULL);
}
