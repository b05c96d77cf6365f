/* SPDX-License-Identifier: ISC */

/*
 * The options of a run, taken from the command line, the environment and the config
 * files by way of the option table.  The face of this room.  It knows all options and
 * starts nothing.
 */
#ifndef OPTIONS_OPTIONS_H
#define OPTIONS_OPTIONS_H

#include <stdio.h>

#include "options/settings.h"
#include "options/value.h"
#include "text/text.h"

/* The GNU parallel whose command line this is: what --minversion compares with. */
#define OPTIONS_GNU_VERSION "20221122"

/*
 * r = options_parse(argc, argv, &options, &message);
 *
 * argv[0] may be any name; "sem" means --semaphore.  Options come, the later
 * winning, from the config files or profiles, $PARALLEL, $PRUN and argv.
 * argv and the environment are lent to *o.  0, or -errno with a message that
 * names the option.  options_fini() also after a failure.
 */
int options_parse(int argc, char *const argv[], struct options *o,
    struct message *m);
void options_fini(struct options *o);

/* One line per option for the tests: "name short argument state". */
int options_list(FILE *out);

#endif
