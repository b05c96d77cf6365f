/* SPDX-License-Identifier: ISC */

/*
 * What the environment of a job says of the job.  It knows no options, and the
 * rest of the environment is prun's own.
 */
#ifndef RUN_ENVIRONMENT_H
#define RUN_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command.h"

/* All zero may be taken down. */
struct environment {
	/* "NAME=value" of the job at hand. */
	char seq[48], slot[48], pid[48];
	char *slot_variable; /* NULL: none */
	size_t slot_variable_size;
	const char *slot_name;
	const char **list;
	size_t n; /* of the list; PWD may come behind it */
};

/*
 * slot_name: --process-slot-var, NULL: none; lent.  direct: what a shell would
 * have set, as command_environment() has it; lent.  moved: jobs run in folders of
 * their own.  0 or -ENOMEM.
 */
int environment_init(struct environment *e, const char *slot_name,
    const char *const *direct, bool moved);
void environment_fini(struct environment *e);

/*
 * For prun_spec.setenv, lent until the next call.  folder: "PWD=..." where moved,
 * lent as well; NULL: the job runs where prun does.
 */
const char *const *environment_of_job(struct environment *e,
    const struct command_job *job, const char *folder);

#endif
