/* SPDX-License-Identifier: ISC */

/*
 * The options of a run, from the command line, the environment and the config
 * files.  This is the interface of the room, which knows all options and starts
 * nothing.
 */
#ifndef OPTIONS_OPTIONS_H
#define OPTIONS_OPTIONS_H

#include <stdio.h>

#include "options/settings.h"
#include "options/value.h"
#include "text/text.h"

/* The version of GNU parallel whose command line this is; for --minversion. */
#define OPTIONS_GNU_VERSION "20221122"

/*
 * r = options_parse(argc, argv, &options, &message);
 *
 * argv[0] may be any name; "sem" means --semaphore.  Options are read from the
 * config files or profiles, then $PARALLEL, then $PRUN, then argv; the last one
 * counts.  argv and the environment must outlive *o.  0, or -errno with a message
 * that names the option.  Call options_fini() after a failure too.
 */
int options_parse(int argc, char *const argv[], struct options *o,
    struct message *m);
void options_fini(struct options *o);

/* One line per option for the tests: "name short argument state". */
int options_list(FILE *out);

/*
 * -h and --help, made from the option table and the manual.
 */

/* -h: one screen.  Write errors stay in the stream: see ferror(3). */
void help_usage(FILE *out);

/*
 * All options under their topics (about NULL), those of one topic, or what the manual says
 * of an option ("--name", "-x").  0; -EINVAL and a message: there is no such thing.
 */
int help_print(FILE *out, const char *about, struct message *m);

#endif
