/* SPDX-License-Identifier: ISC */

/*
 * Reads the options of a run from the command line, the environment and the config files.
 * This is the interface of the room, which knows all options and starts no process.
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
 * argv[0] may be any name; "sem" means --semaphore.  Options are read from the config files
 * or profiles, then from $PARALLEL, $PRUN and argv.  If an option is given twice, the last
 * one counts.  argv and the environment must outlive *o.  0, or -errno with a message that
 * names the option.  Call options_fini() after a failure too.
 */
int options_parse(int argc, char *const argv[], struct options *o,
    struct message *m);
void options_fini(struct options *o);

/*
 * --record-env: writes the names of all variables of the environment to the file
 * ignored_vars.  0, or -errno and a message.
 */
int ignored_names_record(struct message *m);

/* Prints a line for each option, "name short argument state", which tests read. */
int options_list(FILE *out);

/*
 * -h and --help, whose texts come from the option table and the manual.
 */

/* -h: prints one screen.  The caller looks for write errors with ferror(3). */
void help_usage(FILE *out);

/*
 * Prints what about says: NULL: all options under their topics; a topic: its options; an
 * option ("--name", "-x"): what the manual says of it.  0, or -EINVAL and a message if there
 * is no such topic or option.
 */
int help_print(FILE *out, const char *about, struct message *m);

#endif
