/* SPDX-License-Identifier: ISC */

/*
 * Which files go with jobs to other hosts and come back: --transferfile, --return and
 * --basefile.  Moves no byte.
 */
#ifndef RUN_TRANSFERS_H
#define RUN_TRANSFERS_H

#include <stdbool.h>
#include <stddef.h>

#include "prun.h"
#include "template/command.h"
#include "text/text.h"

struct options;

/* Files with strings of their own. */
struct transfer_list {
	struct prun_file *list;
	size_t n, size;
};

/* Of one option that was given once or more. */
struct transfer_templates {
	const char *option;
	struct template **list;
	bool *whole; /* for each: it is expanded once for all values of a job */
	size_t n;
};

/* All zero: there are none. */
struct transfers {
	struct transfer_templates send, fetch;
	struct transfer_list sent,
	    fetched; /* of the job that was filled in last */
	unsigned flags; /* of specs */
};

/* 0, or -errno and a message.  The caller closes t in both cases. */
int transfers_open(struct transfers *t, const struct options *options,
    struct command *command, struct message *m);
void transfers_close(struct transfers *t);

/* Do files go with jobs? */
bool transfers_are_any(const struct transfers *t);

/*
 * Adds the job's files to spec, lent until the next call; made: as template_files.names.
 * 0, or -errno and a message.
 */
int transfers_apply(struct transfers *t, const struct command_job *job,
    const struct bytes *made, struct prun_spec *spec, struct message *m);

/* Sets files to those of --basefile, lent from list.  0, or -errno and a message. */
int transfers_base(const struct options *options, struct transfer_list *list,
    struct prun_spec *files, struct message *m);
void transfer_list_fini(struct transfer_list *list);

#endif
