/* SPDX-License-Identifier: ISC */

/*
 * Which files are copied to other hosts with jobs and back: --transferfile, --return and
 * --basefile.  Copies no file itself.
 */
#ifndef JOB_TRANSFERS_H
#define JOB_TRANSFERS_H

#include <stdbool.h>
#include <stddef.h>

#include "prun.h"
#include "template/command.h"
#include "text/text.h"

struct options;

/* A list of files that owns its strings. */
struct transfer_list {
	struct prun_file *list;
	size_t n, size;
};

/* The templates of one option, which may have been given several times. */
struct transfer_templates {
	const char *option;
	struct template **list;
	/* for each template: it is expanded once for all values of a job */
	bool *whole;
	size_t n;
};

/* All zero means that there are no such files. */
struct transfers {
	struct transfer_templates send, fetch;
	struct transfer_list sent,
	    fetched; /* the files of the job that was filled in last */
	unsigned flags; /* the flags for prun_spec */
};

/* Returns 0, or -errno with a message.  The caller closes t in both cases. */
int transfers_open(struct transfers *t, const struct options *options,
    struct command *command, struct message *m);
void transfers_close(struct transfers *t);

/* Are files copied with jobs? */
bool transfers_are_any(const struct transfers *t);

/*
 * Adds the job's files to spec, lent until the next call.  made lists those of --template,
 * see template_files.names.  Returns 0, or -errno with a message.
 */
int transfers_apply(struct transfers *t, const struct command_job *job,
    const struct bytes *made, struct prun_spec *spec, struct message *m);

/*
 * Sets files to those of --basefile, lent from list.  Returns 0, or -errno with a message.
 */
int transfers_base(const struct options *options, struct transfer_list *list,
    struct prun_spec *files, struct message *m);
void transfer_list_fini(struct transfer_list *list);

#endif
