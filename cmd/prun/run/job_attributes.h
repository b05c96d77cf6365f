/* SPDX-License-Identifier: ISC */

/*
 * What a job is given besides its command: its folder, its limits, its niceness,
 * the terminal, its weight, and the question whether it shall be run at all.
 */
#ifndef RUN_JOB_ATTRIBUTES_H
#define RUN_JOB_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "template/command.h"
#include "text/text.h"

struct mainloop;
struct resources;
struct options;

struct job_attributes {
	const struct options *options;
	struct mainloop *mainloop;
	struct template *workdir, *weight; /* NULL: unset */
	bool own_folder; /* --workdir ... */
	int tty; /* -1: not open */
	int nice; /* to be added */
	struct prun_rlimit *rlimits;
	size_t nrlimits;
	struct bytes folder; /* of the job at hand, absolute */
	struct bytes variable; /* "PWD=" and the same */
};

/* -errno with a message. */
int job_attributes_open(struct job_attributes *f, const struct options *options,
    struct mainloop *mainloop, struct command *command,
    const struct resources *limits, struct message *m);
void job_attributes_close(struct job_attributes *f);

/* -p: shall this line be run?  1, 0, or -errno with a message. */
int job_attributes_ask(struct job_attributes *f, const char *line,
    struct message *m);

/* How many slots it takes.  -errno with a message. */
int job_attributes_weight(struct job_attributes *f,
    const struct command_job *job, unsigned *weight, struct message *m);

/*
 * Into spec: cwd, nice, rlimit, flags, stdin; all lent until the next call.  The
 * folder is made.  variable is "PWD=...", NULL when the folder is ours.
 * -errno with a message.
 */
int job_attributes_dress(struct job_attributes *f,
    const struct command_job *job, struct prun_spec *spec,
    const char **variable, struct message *m);

#endif
