/* SPDX-License-Identifier: ISC */

/* The variables that prun sets for each job: its numbers, its slot, its folder. */
#ifndef RUN_JOB_ENVIRONMENT_H
#define RUN_JOB_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command.h"

/* The variables of the job at hand, as "NAME=value". */
struct job_environment {
	char seq[48], slot[48], threads[48], pid[48];
	char *slot_variable; /* NULL: none */
	size_t slot_variable_size;
	char *old_folder; /* "OLDPWD=" and prun's folder; NULL: unset */
	const char *slot_name;
	char *groups[2]; /* of --hostgroups; NULL: none */
	const char **list;
	size_t n; /* of the list; PWD may come behind it */
};

/*
 * slot_name is the variable of --process-slot-var; NULL: there is none.  shell lists the
 * variables that a shell would have set.  moved: jobs run in folders of their own.
 * colors: jobs are to write in colours though their stdout is no terminal.
 * -errno; what is there is freed by _fini() all the same.
 */
int job_environment_init(struct job_environment *e, const char *slot_name,
    const char *const *shell, bool moved, bool colors);
/* One more variable, which is lent; NULL: none.  Call it once at most. */
void job_environment_add(struct job_environment *e, const char *variable);

void job_environment_fini(struct job_environment *e);

/*
 * Returns the variables of this job, lent until the next call.  folder is "PWD=..."; NULL:
 * the job runs in prun's folder.
 */
const char *const *job_environment_set(struct job_environment *e,
    const struct command_job *job, const char *folder);

#endif
